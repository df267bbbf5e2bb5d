"""The words of a case: who it is about, where it stands, who holds it."""

import re
import secrets
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from unicodedata import category

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing that is misread on the telephone


def new_id(kind: str) -> str:
    """An opaque id such as `case_3k9…`: 100 random bits, never derived from what it names."""
    return f"{kind}_" + "".join(_ALPHABET[byte % 32] for byte in secrets.token_bytes(20))


def is_id(text: str, kind: str) -> bool:
    return re.fullmatch(rf"{kind}_[0-9a-hjkmnp-tv-z]{{20}}", text) is not None


class CaseStatus(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    LAPSED = "lapsed"

    @property
    def ended(self) -> bool:
        return self in _ENDED


_ENDED = {CaseStatus.COMPLETED, CaseStatus.WITHDRAWN, CaseStatus.REJECTED, CaseStatus.LAPSED}


class StepState(StrEnum):
    PENDING = "pending"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    CLOSED = "closed"  # ended with the case, not by its own work


class Holder(StrEnum):
    """Who holds a case, that is: who has to act next."""

    CLIENT = "client"
    REVIEWER = "reviewer"
    STAFF = "staff"
    VENDOR = "vendor"
    NOBODY = "nobody"


class Role(StrEnum):
    STAFF = "staff"
    REVIEWER = "reviewer"
    SENIOR = "senior"
    CSM = "csm"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    MLRO = "mlro"  # the officer to whom suspicions are reported, and nobody else


class Band(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """To compare bands by: the riskier, the higher."""
        return [*Band].index(self)


class CheckInOutcome(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    BLOCKED = "blocked"


_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they make a name read as another one


def _one_line(text: str) -> str:
    """No control character and no break: they go into letters, headers of mails and papers."""
    if any(category(mark) in ("Cc", "Zl", "Zp") or mark in _TURNING for mark in text):
        raise ValueError("one line of text, without control characters")
    return text


def _legible(text: str) -> str:
    if not any(mark.isalnum() for mark in text):
        raise ValueError("at least one letter or digit")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_one_line),
    AfterValidator(_legible),
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:-]{1,80}$")]
Language = Literal["en", "es", "ms"]


class Strict(BaseModel):
    """Every model that crosses a border: unknown fields are refused, and no value is echoed in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


class Address(Strict):
    lines: list[Name] = Field(min_length=1, max_length=6)
    city: Name
    postcode: Line = Field(default="", max_length=20)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")


class Person(Strict):
    """A natural person: the client, a beneficial owner or the contact of a company."""

    name: Name
    given_names: Line = Field(default="", max_length=300)
    family_name: Line = Field(default="", max_length=300)
    birth_date: date | None = None
    nationality: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    email: Line | None = Field(default=None, max_length=254)
    phone: Line | None = Field(default=None, max_length=32)
    address: Address | None = None
    document_number: Line | None = Field(default=None, max_length=40)


Share = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,9})?%$|^\d{1,9}/[1-9]\d{0,8}$")]
PartyCode = Annotated[str, StringConstraints(pattern=r"^(?:company|(?:owner|entity)_[1-9]\d{0,2})$")]


class Owner(Strict):
    """A person who owns, with the share of the capital held directly, exactly ("1/3", "25%"), 0% for none. Where no
    share is said, `Structure` says how they own, control or manage, or how much they own is an open question."""

    person: Person
    share: Share | None = None


class Entity(Strict):
    """What stands between a company and the people behind it. `unknown` is a holder that nobody could name."""

    kind: Literal["company", "trust", "state", "listed", "unknown"] = "company"
    name: Name | None = None
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    registration_number: Line | None = Field(default=None, max_length=60)


class Holding(Strict):
    """A direct holding. Without `interest` it is one of capital, votes and profit alike."""

    owner: PartyCode
    owned: PartyCode
    share: Share
    interest: Literal["capital", "votes", "profit"] | None = None


class Control(Strict):
    """Control without shares, or a role: `means` such as veto, board, nominee, managing_director, settlor, trustee."""

    controller: PartyCode
    controlled: PartyCode
    means: Code = "stated"


class Structure(Strict):
    """How a company is held beyond its direct owners. Codes name the parties: `company` itself, `owner_1` the first of
    its owners, `entity_1` the first of the entities."""

    entities: list[Entity] = Field(default_factory=list, max_length=100)
    holdings: list[Holding] = Field(default_factory=list, max_length=500)
    control: list[Control] = Field(default_factory=list, max_length=200)
    managers: list[PartyCode] = Field(default_factory=list, max_length=50)
    together: list[list[PartyCode]] = Field(default_factory=list, max_length=50)


class Company(Strict):
    """`category` is one of the ownership policy's, such as `higher_risk`, whose threshold is lower: whoever opens the
    case says so, or its playbook does; the client does not."""

    name: Name
    registration_number: Line | None = Field(default=None, max_length=60)
    vat_number: str | None = Field(default=None, max_length=30)
    lei: str | None = Field(default=None, max_length=30)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    address: Address | None = None
    owners: list[Owner] = Field(default_factory=list, max_length=100)
    structure: Structure | None = None
    category: Code | None = None


class Client(Strict):
    """Whom we take aboard: `person` always tells whom to write to; `company` is there when the client is one."""

    kind: Literal["person", "company"]
    person: Person
    company: Company | None = None
    country: str = Field(pattern=r"^[A-Z]{2}$")
    language: Language = "en"
    timezone: str = Field(default="UTC", max_length=64)

    @property
    def name(self) -> str:
        return self.company.name if self.company else self.person.name


class Moment(Strict):
    """A domain time with what it was meant to be and why it moved."""

    nominal: AwareDatetime
    effective: AwareDatetime
    reason: Code | None = None
