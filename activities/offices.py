"""Politically exposed persons, their relatives and associates: what an entry says of them, and what the rating makes
of it. A signal holds no personal data in the open, so its code says what counts: `pep_of_us`, `pep_family`."""

from collections.abc import Collection, Iterable

from kyc.lists import Entry, Kind
from kyc.screening import Hit

UNSAID = "pep_hit"  # an office whose country the entry does not say, or a listing whose reason it does not
FAMILY, ASSOCIATE = "pep_family", "pep_associate"
_OF = "pep_of_"  # and the country, where the entry names one alone
_HEAVIEST_FIRST = ("foreign", "family", "associate", "domestic")


def code_of(hit: Hit, entry: Entry | None) -> str | None:
    """The code of the signal that a hit is for an office; None where it is listed for something else.

    OpenSanctions' flat file gives no reason for whoever is not sanctioned: a person in it counts as a politician,
    who most of them are, until a reviewer has looked.
    """
    topics = {topic.removeprefix("role.") for topic in hit.topics}
    if "pep" in topics:
        return f"{_OF}{entry.countries[0].lower()}" if entry and len(entry.countries) == 1 else UNSAID
    if topics & {"pep.related", "rca"}:
        family = entry is not None and any(relation.role == "family" for relation in entry.relations)
        return FAMILY if family else ASSOCIATE
    return UNSAID if topics == {"listed"} and hit.kind in (Kind.PERSON, Kind.PARTY) else None


def rated(codes: Iterable[str], home: Collection[str]) -> str:
    """The rating's value of what stands; an office is domestic only where its country is one of the `home` ones."""
    values = {_value(code, home) for code in codes}
    return next((value for value in _HEAVIEST_FIRST if value in values), "none")


def _value(code: str, home: Collection[str]) -> str:
    if code in (FAMILY, ASSOCIATE):
        return code.removeprefix("pep_")
    return "domestic" if code.startswith(_OF) and code.removeprefix(_OF).upper() in home else "foreign"
