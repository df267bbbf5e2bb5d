"""Ids of entries: each of its own within a list, after the name under which the list is kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from kyc.lists.entry import Entry


def distinct(entries: Iterable[Entry], source: str) -> list[Entry]:
    """Every entry under an id of its own, `source:number`, in the order of the ids.

    Publishers give an id twice now and then. Who is behind the second is screened as well: the same said again is
    kept once, anything else under the id with a number, so that no name is ever lost.
    """
    given = [_under(entry, source) for entry in entries]
    taken = {entry.id for entry in given}
    alike: dict[str, list[Entry]] = defaultdict(list)
    for entry in given:
        if all(replace(known, id=entry.id) != entry for known in alike[entry.id]):
            alike[entry.id].append(replace(entry, id=_free(entry.id, taken)) if alike[entry.id] else entry)
    return sorted((entry for entries in alike.values() for entry in entries), key=lambda entry: entry.id)


def _under(entry: Entry, source: str) -> Entry:
    before, _, number = entry.id.partition(":")
    return entry if before == source else replace(entry, id=f"{source}:{number}")


def _free(number: str, taken: set[str]) -> str:
    found = next(each for each in _numbered(number) if each not in taken)
    taken.add(found)
    return found


def _numbered(number: str) -> Iterator[str]:
    return (f"{number}-{place}" for place in count(2))
