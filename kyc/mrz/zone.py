"""What a machine-readable zone says."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from kyc.mrz.layout import Format
from onboarding.errors import Invalid


class ZoneUnreadable(Invalid):
    """This is no machine-readable zone: it takes two lines of 36 or 44 characters, or three of 30."""

    code = "zone_unreadable"


class ZoneUnwritable(Invalid):
    """These fields do not fit into a machine-readable zone."""

    code = "zone_unwritable"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Fields(_Frozen):
    """The fields as read. States are the zone's own codes; `issuer_country` and `nationality_country` are ISO
    alpha-2 where the code names a country. A date that is unknown or impossible is None, its text is in `*_text`."""

    code: str
    issuer: str
    issuer_country: str | None
    number: str
    nationality: str
    nationality_country: str | None
    birth_date: date | None
    birth_text: str
    sex: str
    expiry_date: date | None
    expiry_text: str
    surname: str
    given_names: str
    name_truncated: bool
    optional: str
    optional_2: str


class Warning(_Frozen):
    """Something a reader should know; it does not make the zone invalid unless it speaks of length or alphabet."""

    code: str
    field: str
    message: str


class Suggestion(_Frozen):
    """What may have been meant: never applied. `line` and `column` count from one; `lines` is the whole zone with
    this and every other suggestion of its kind applied, and `valid` says whether that one holds."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    read: str = ""
    meant: str = ""
    lines: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    valid: bool = False


class Zone(_Frozen):
    """`checks` holds doc, dob, exp, comp (not in visas) and opt (TD3 only); `valid` means that lengths, alphabet
    and these digits hold, and nothing more: whether the document has expired is a warning."""

    type: Format
    valid: bool
    checks: dict[str, bool]
    fields: Fields
    warnings: tuple[Warning, ...]
    suggestions: tuple[Suggestion, ...]
    lines: tuple[str, ...]
