"""What a public registry says of a company: one more column of its evidence matrix, and signals where it is not known,
or no longer registered.

Nothing is decided here, and silence is not taken for good news: a search that failed holds the examination, and where
nothing was asked the column says why. Persons are never asked for.
"""

import hmac
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from activities.evidence import REGISTRY, Found
from activities.parties import Party
from activities.seams import RegistryAnswer, RegistryRecord, RegistryVendor, Standing
from kyc.identifiers import check_number, is_personal
from kyc.statements import Source, Statement
from onboarding.case import Company, Entity, Person
from onboarding.errors import OnboardingError

FAILED = "registry_search_failed"
_ALARMS = {Standing.LAPSED: "registry_lapsed", Standing.RETIRED: "registry_retired",
           Standing.UNKNOWN: "registry_standing_unknown"}  # fmt: skip
_NUMBER = re.compile(r"(?=.*\d)[\w .\-/]{3,30}")  # what else a client wrote into the field does not leave the house
_DIGITS = re.compile(r"\d[\d+/ -]*\d")  # a number among words
_KINDS = ("company", "listed")  # of the entities that stand between; the others are in no registry of companies
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What came of one party: the column, what a reviewer must judge, and the answer as it is kept."""

    column: Statement
    found: list[Found] = field(default_factory=list)
    kept: dict[str, object] | None = None


@dataclass
class Looks:
    """By party; and why they are not whole."""

    of: dict[str, Look] = field(default_factory=dict)
    held: str | None = None

    @property
    def columns(self) -> dict[str, Statement]:
        return {party: look.column for party, look in self.of.items()}

    @property
    def found(self) -> list[Found]:
        return [each for look in self.of.values() for each in look.found]

    @property
    def kept(self) -> dict[str, object]:
        return {party: look.kept for party, look in self.of.items() if look.kept}


class Registry:
    """`vendor` is None where no registry is asked."""

    def __init__(self, vendor: RegistryVendor | None) -> None:
        self._vendor = vendor

    async def look_up(self, parties: Sequence[Party], key: bytes) -> Looks:
        """Every company among the parties. `key` names what was found without telling what it is."""
        looks = Looks()
        for party in parties:
            silent = self._silent(party)
            try:
                looks.of[party.code] = _nothing(silent) if silent else await self._asked(party, key)
            except OnboardingError as error:
                log.warning("a search in the registry failed: %s", error.reason)
                looks.held, looks.of[party.code] = FAILED, _nothing(FAILED)
        return looks

    def _silent(self, party: Party) -> str | None:
        """Why nothing is asked."""
        said = party.said
        if isinstance(said, Person):
            return "persons_are_not_asked_for"
        if self._vendor is None:
            return "no_registry_is_asked"
        if isinstance(said, Entity) and said.kind not in _KINDS:
            return "not_a_company"
        if lei := _lei(said):
            return None if check_number("lei", lei).valid else "lei_invalid"
        number, country = said.registration_number, said.country
        if not number or not country:
            return "no_number_declared"
        if any(is_personal(each, country) for each in (number, *_DIGITS.findall(number))):
            return "number_may_be_a_persons"
        return None if _NUMBER.fullmatch(number) else "number_unreadable"

    async def _asked(self, party: Party, key: bytes) -> Look:
        assert self._vendor and not isinstance(party.said, Person)
        if lei := _lei(party.said):
            answer = await self._vendor.by_lei(lei)
        else:
            answer = await self._vendor.by_number(party.said.registration_number or "", party.said.country or "")
        kept: dict[str, object] = {
            "registry": self._vendor.name,
            "asked": answer.asked,
            "read": answer.read.isoformat(),
            "sha256": sha256(answer.content).hexdigest(),
            "answer": answer.content.decode(errors="replace"),
        }
        return Look(*_judged(party, answer, key, by_lei=bool(lei)), kept)


def _judged(party: Party, answer: RegistryAnswer, key: bytes, by_lei: bool) -> tuple[Statement, list[Found]]:
    """The column, and what is wrong with the record itself; where the fields differ the matrix tells."""
    hash_ = sha256(answer.content).hexdigest()
    if len(answer.records) != 1:
        code = "several_records" if answer.records else "not_in_registry"
        column = Statement(source=Source.REGISTRY, answer=hash_, read=answer.read, silent=code)
        # every LEI is in its registry; of companies it has only those that asked for one
        if not (answer.records or by_lei):
            return column, []
        code = "registry_ambiguous" if answer.records else "lei_not_in_registry"
        mark = _mark(sorted(answer.asked.items()), key)
        return column, [Found(f"{party.code}:registry:{code}:{mark}", party.code, REGISTRY, code, {})]
    (record,) = answer.records
    mark = _mark([record.id, sorted(record.values.items()), record.renewal], key)
    column = Statement(
        source=Source.REGISTRY, document=f"answer_{mark}", record=record.id, answer=hash_, read=answer.read,
        values=record.values, places=record.places,
    )  # fmt: skip
    return column, list(_alarms(party, record, mark))


def _alarms(party: Party, record: RegistryRecord, mark: str) -> Iterator[Found]:
    codes = [] if record.active else ["registry_inactive"]
    codes += [_ALARMS[record.standing]] if record.standing in _ALARMS else []
    shown: dict[str, object] = {
        "record": record.id,
        "entity_status": record.values.get("entity_status"),
        "registration_status": record.values.get("registration_status"),
        "renewal": record.renewal or None,
    }
    for code in codes:
        yield Found(f"{party.code}:registry:{code}:{mark}", party.code, REGISTRY, code, shown)


def _mark(said: object, key: bytes) -> str:
    """An opaque name for what was said: what a reviewer judged is asked again once something else is said."""
    return hmac.new(key, json.dumps(said).encode(), sha256).hexdigest()[:20]


def _lei(said: Person | Company | Entity) -> str:
    given = said.lei if isinstance(said, Company) else None
    return "".join(char for char in given or "" if char.isalnum()).upper()


def _nothing(code: str) -> Look:
    return Look(Statement(source=Source.REGISTRY, silent=code))
