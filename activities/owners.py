"""The people behind a company: who they are by the rules of the day, what stays open, what the rating makes of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from kyc import ownership
from kyc.ownership import Gap, Ownership
from kyc.ownership.control import Step
from onboarding.case import Company

OPEN_BY_NATURE = "free_float"  # of a listed company: nobody has to be found behind it
_LAYERS = 3  # levels above the company from which its ownership counts as layered
REGIMES = ("ofac", "eu", "uk")


def ownership_of(company: Company, on: date) -> Ownership:
    """What the declared structure comes to, by the policy in force on that day. Raises StructureBroken."""
    return ownership.beneficial_owners(ownership.of_company(company), on)


def to_verify(company: Company, on: date) -> list[int]:
    """The places, from one, of the owners who must prove who they are. Without a structure everybody was declared as
    a beneficial owner; with one it is those whom the rules name, and those who hold nobody knows how much."""
    if company.structure is None:
        return list(range(1, len(company.owners) + 1))
    found = ownership_of(company, on)
    named = {owner.person for owner in found.owners} | {holder for holder, _ in found.structure.unsized}
    return [place for place in range(1, len(company.owners) + 1) if f"owner_{place}" in named]


def doubts(found: Ownership) -> list[Gap]:
    """The gaps that may hide a beneficial owner: what is open together reaches the threshold, or has no size."""
    gaps = [gap for gap in found.gaps if gap.code != OPEN_BY_NATURE]
    sized = [gap for gap in gaps if gap.code not in ("share_unknown", "no_beneficial_owner")]
    hides = found.policy.bar(found.structure.category).reached(sum((gap.share for gap in sized), Fraction()))
    return [gap for gap in gaps if hides or gap not in sized]


def fact(company: Company, on: date) -> str:
    """The value of the rating's factor `ownership`: the heaviest that holds."""
    found = ownership_of(company, on)
    if not found.owners:
        return "opaque"
    codes = {gap.code for gap in found.gaps} - {OPEN_BY_NATURE}
    if "circular" in codes:
        return "circular"
    if codes:
        return "gaps"
    if found.structure.nominees:
        return "nominee"
    return "cross_border" if _abroad(company) else "layered" if _levels(found) >= _LAYERS else "transparent"


def _abroad(company: Company) -> bool:
    entities = company.structure.entities if company.structure else []
    countries = [owner.person.nationality for owner in company.owners] + [entity.country for entity in entities]
    return any(country not in (None, company.country) for country in countries)


def _levels(found: Ownership) -> int:
    return max((len(path) - 1 for owner in found.owners for path, _ in owner.paths), default=0)


def regimes_of(source: str) -> tuple[str, ...]:
    """The regimes that a list's entries are blocked by; a list of unknown origin counts for all."""
    return tuple(regime for regime in REGIMES if source.startswith(regime)) or REGIMES


class Reach(NamedTuple):
    """How far the sanctions of a regime on the parties behind a company reach: what is blocked through them, with the
    steps, and what may be, for all that is known of the holders' shares."""

    regime: str
    steps: list[Step]
    undecided: list[str]


def blocked_through(company: Company, listed: Mapping[str, Sequence[str]]) -> Iterator[Reach]:
    """What falls under each regime in which parties behind the company are listed; `listed` are their codes."""
    structure = ownership.of_company(company)
    structure.blocked = {regime: set(codes) for regime, codes in listed.items()}
    for regime in structure.blocked:
        yield Reach(regime, ownership.cascade(structure, regime), ownership.undecided(structure, regime))
