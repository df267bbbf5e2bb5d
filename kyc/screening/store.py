"""What an index keeps beside its keys: entries as they were listed, and their names already taken apart."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from kyc.lists import Entry
from kyc.screening.columns import Ints, Table, columns, mapped, spans
from kyc.screening.listed import Names, NameWriter
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed

_ENTRIES = {"entries.at": "q", "entries.name": "I"}  # where its text begins, the number of its first name
HASH = 32  # hexadecimal digits before each record


class Writer:
    """Writes entries and names one after the other; memory stays small whatever the size of the list."""

    def __init__(self, folder: Path) -> None:
        self._records, self._entries = (folder / "entries.bin").open("wb"), Table(folder, _ENTRIES)
        self._names = NameWriter(folder)
        self._count = self._end = 0

    def add(self, entry: Entry) -> list[tuple[int, Sequence[Parsed]]]:
        """Stores an entry; its names by number, with their readings. A name that cannot be read is left out; the first
        stays where none can, for the numbers that the entry bears."""
        self._entries.add(self._end, self._names.count)
        self._end += self._records.write(entry.hash.encode() + entry.to_json())
        found: list[tuple[int, Sequence[Parsed]]] = []
        read = [(place, parse(name.text, entry.kind)) for place, name in enumerate(entry.names)]
        for place, readings in [(place, readings) for place, readings in read if readings] or read[:1]:
            found.append((self._names.add(self._count, place, entry.kind, readings), readings))
        self._count += 1
        return found

    def close(self) -> None:
        self._entries.add(self._end, self._names.count)
        for each in (self._records, self._entries, self._names):
            each.close()


class Reader:
    """Entries by number, and the numbers of their names."""

    def __init__(self, folder: Path) -> None:
        self._records = mapped(folder / "entries.bin")
        self._at, self._name = columns(folder, _ENTRIES)
        self.names = Names(folder)

    def __len__(self) -> int:
        return len(self._at) - 1

    def entry(self, number: int) -> tuple[Entry, str]:
        """An entry and the hash of its content."""
        record = self._records[int(self._at[number]) : int(self._at[number + 1])]
        return Entry.from_json(record[HASH:]), record[:HASH].decode()

    def names_of(self, entries: Iterable[int]) -> Ints:
        """All the names of these entries."""
        numbers = np.fromiter(entries, np.int64)
        return spans(self._name[numbers], self._name[numbers + 1])
