"""Structures to be judged: holdings as edges of the subject `S`, and short ways to read what came of them."""

from datetime import date
from fractions import Fraction
from typing import Any

from kyc import ownership
from kyc.ownership import Interest

BEFORE, AFTER = date(2027, 7, 9), date(2027, 7, 10)  # the day before the AMLR applies, and the day
Edge = tuple[str, str, Any]


def judged(holdings: list[Any], on: date = AFTER, policy: str | None = None, **rest: Any) -> ownership.Ownership:
    structure = ownership.parse({"subject": "S", "holdings": [list(edge) for edge in holdings], **rest})
    return ownership.beneficial_owners(structure, on, policy)


def grounds(result: ownership.Ownership) -> dict[str, set[str]]:
    return {owner.person: {reason.ground.value for reason in owner.reasons} for owner in result.owners}


def capital(result: ownership.Ownership) -> dict[str, Fraction]:
    return result.shares[Interest.CAPITAL]


def gaps(result: ownership.Ownership) -> dict[tuple[str, ...], tuple[str, Fraction]]:
    return {gap.parties: (gap.code, gap.share) for gap in result.gaps if gap.code != "no_beneficial_owner"}
