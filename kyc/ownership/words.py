"""Kinds of parties, kinds of interests, and shares as exact fractions."""

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from onboarding.errors import Invalid


class Interest(StrEnum):
    """What is held: shares of the capital, votes, or rights to profit and liquidation. Solved apart."""

    CAPITAL = "capital"
    VOTES = "votes"
    PROFIT = "profit"


class Kind(StrEnum):
    """`listed` is a company on a regulated market, `unknown` a holder that nobody could name."""

    PERSON = "person"
    COMPANY = "company"
    TRUST = "trust"
    STATE = "state"
    LISTED = "listed"
    UNKNOWN = "unknown"


class ShareBroken(Invalid):
    """A share is a fraction between 0 and 1 ("1/3", 0.25) or a percentage ("25 %")."""

    code = "share_broken"


_DECIMAL = re.compile(r"(\d{1,12}(?:[.,]\d{1,40})?)\s*(%?)")
_QUOTIENT = re.compile(r"(\d{1,40})\s*/\s*(\d{1,40})")


def share_of(text: object) -> Fraction:
    """The exact share. Numbers are read as they are written: 0.1 is a tenth. Raises ShareBroken."""
    if isinstance(text, bool) or not isinstance(text, str | int | float | Decimal):
        raise ShareBroken
    written = _plain(Decimal(repr(text))) if isinstance(text, float) else text
    written = _plain(written) if isinstance(written, Decimal) else str(written).strip()
    if found := _DECIMAL.fullmatch(written):
        share = Fraction(found[1].replace(",", ".")) / (100 if found[2] else 1)
    elif (found := _QUOTIENT.fullmatch(written)) and int(found[2]):
        share = Fraction(int(found[1]), int(found[2]))
    else:
        raise ShareBroken
    if share > 1:
        raise ShareBroken("a share is more than 100 %: write 0.25, 1/4 or 25 %")
    return share


def _plain(number: Decimal) -> str:
    """Without an exponent, unless that would run to thousands of digits."""
    if not number.is_finite() or not -40 <= int(number.as_tuple().exponent) <= 12:
        raise ShareBroken
    return format(number, "f")


def exact(share: Fraction) -> str:
    """As a fraction in lowest terms; a very long one (deep chains) as a decimal with ten places after `~`."""
    return str(share) if share.denominator.bit_length() < 1000 else f"~{float(share):.10f}"
