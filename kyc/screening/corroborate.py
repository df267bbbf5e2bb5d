"""What else is known of both sides: each point speaks for or against the two being one party."""

import re
import unicodedata
from collections.abc import Iterator

from kyc.lists import Entry
from kyc.lists import Identifier as Listed
from kyc.lists.dates import Span
from kyc.screening.policy import Policy
from kyc.screening.subject import Identifier, Point, Subject

__all__ = ["Point", "normal", "points", "same_number", "strength"]

EXACT_KINDS = ("passport", "national_id", "tax_id", "registration", "lei", "bic", "imo", "mmsi", "tail", "wallet")


def points(subject: Subject, entry: Entry, policy: Policy) -> tuple[Point, ...]:
    """Every attribute that both sides could have, those that one side lacks as "unknown"."""
    return (*_identifiers(subject, entry, policy), *_birth(subject, entry, policy), *_rest(subject, entry, policy))


def strength(score: float, found: tuple[Point, ...], policy: Policy) -> float:
    """The evidence that both are one party: the name's part first, then every point; from 0 to 1."""
    total = policy.strength.base * score + sum(p.worth for p in found)
    return round(min(1.0, max(0.0, total)), 4)


def normal(value: str) -> str:
    """Numbers are compared by their letters and digits alone, in whatever script the digits are; a ship's is the same
    with IMO before it. Empty where there is none."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", value).upper() if c.isalnum())
    number = _IMO.sub("", "".join(str(unicodedata.decimal(c, c)) for c in plain))
    return "" if number in _NONE or not number.strip("0") else number


_NONE = ("NA", "NONE", "NIL", "NULL", "UNKNOWN", "NOTAVAILABLE")  # written where there is no number
_IMO = re.compile(r"^IMO(?=\d{7}$)")


def same_number(mine: Identifier, theirs: Listed) -> bool:
    """Whether two numbers are one: the same digits are another number of another kind or country, and three or fewer
    say little without both."""
    countries = {mine.country, theirs.country} - {""}
    number = normal(mine.value)
    if not number or number != normal(theirs.value) or len(countries) > 1:
        return False
    if len(number) < _TELLING:
        return mine.kind == theirs.kind and mine.country == theirs.country != ""
    return mine.kind == theirs.kind or bool(_families(mine.kind) & _families(theirs.kind))


_TELLING = 4  # letters and digits
_FAMILIES = (  # kinds that publishers take for one another
    {"passport", "national_id", "tax_id"},
    {"registration", "tax_id", "lei", "national_id"},
    {"imo", "mmsi", "call_sign"},
)


def _families(kind: str) -> set[int]:
    """One of a kind that nobody names may be of any."""
    return {number for number, kinds in enumerate(_FAMILIES) if kind in kinds or kind in ("", "other")}


def _identifiers(subject: Subject, entry: Entry, policy: Policy) -> Iterator[Point]:
    shared = sorted(
        (normal(mine.value), mine.kind, theirs.kind)
        for mine in subject.identifiers for theirs in entry.identifiers if same_number(mine, theirs)
    )  # fmt: skip
    if shared:
        _, said, listed = shared[0]
        yield Point(about="identifier", verdict="for", said=said, listed=listed, worth=policy.strength.identifier)
    elif unequal := _unequal(subject, entry):
        yield Point(about="identifier", verdict="against", said=unequal, listed=unequal,
                    worth=policy.strength.against_identifier)  # fmt: skip


def _unequal(subject: Subject, entry: Entry) -> str:
    """A kind of number that both sides give for the same country, and differently: a person has few of each."""
    mine = {(i.kind, i.country) for i in subject.identifiers if i.kind in EXACT_KINDS and i.country}
    theirs = {(i.kind, i.country) for i in entry.identifiers}
    return min((kind for kind, _ in mine & theirs), default="")


def _birth(subject: Subject, entry: Entry, policy: Policy) -> Iterator[Point]:
    mine, listed = subject.birth, ", ".join(map(str, entry.born))
    if mine is None or not entry.born:
        if mine or entry.born:
            yield Point(about="birth_date", verdict="unknown", said=str(mine or ""), listed=listed)
        return
    yield _dated(mine, entry.born, listed, policy)


def _dated(mine: Span, born: tuple[Span, ...], listed: str, policy: Policy) -> Point:
    said = str(mine)
    if any(span.exact and mine.exact and span == mine for span in born):
        return Point(about="birth_date", verdict="for", said=said, listed=listed, worth=policy.strength.birth_date)
    if any(span.meets(mine) for span in born):
        return Point(about="birth_date", verdict="for", said=said, listed=listed, worth=policy.strength.birth_year)
    if min(span.gap_years(mine) for span in born) <= policy.birth_years_apart:
        return Point(about="birth_date", verdict="unknown", said=said, listed=listed)
    return Point(about="birth_date", verdict="against", said=said, listed=listed,
                 worth=policy.strength.against_birth_date)  # fmt: skip


def _rest(subject: Subject, entry: Entry, policy: Policy) -> Iterator[Point]:
    weigh = policy.strength
    theirs = sorted({*entry.countries, *(p.country for p in (*entry.addresses, *entry.birth_places) if p.country)})
    if subject.countries and theirs:
        agrees = bool(set(subject.countries) & set(theirs))
        yield Point(about="country", verdict="for" if agrees else "against", said=", ".join(subject.countries),
                    listed=", ".join(theirs), worth=weigh.country if agrees else weigh.against_country)  # fmt: skip
    if subject.gender and entry.gender:
        agrees = subject.gender == entry.gender
        yield Point(about="gender", verdict="for" if agrees else "against", said=subject.gender, listed=entry.gender,
                    worth=weigh.gender if agrees else weigh.against_gender)  # fmt: skip
    if subject.birth_place and _place_agrees(subject.birth_place, entry):
        yield Point(about="place", verdict="for", said=subject.birth_place,
                    listed="; ".join(p.text for p in entry.birth_places), worth=weigh.place)  # fmt: skip


def _place_agrees(said: str, entry: Entry) -> bool:
    words = {word.casefold() for word in said.replace(",", " ").split() if len(word) > 3}
    return any(words & {w.casefold() for w in p.text.replace(",", " ").split()} for p in entry.birth_places)
