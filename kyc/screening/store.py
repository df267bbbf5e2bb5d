"""What an index keeps beside its keys: entries as they were listed, and their names already taken apart."""

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kyc.lists import Entry, Kind
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed

_NAME = struct.Struct("=QIHB")  # where its text ends, the entry's number, the place among its names, the kind
_ENTRY = struct.Struct("=QI")  # where its text ends, the number of its first name
_KINDS = tuple(Kind)
HASH = 32  # hexadecimal digits before each record


class Listed(NamedTuple):
    """A listed name: whose it is, its words for ranking, and its readings to be parsed when they are needed."""

    entry: int
    place: int
    kind: Kind
    words: str
    readings: str

    def parsed(self) -> list[Parsed]:
        return [Parsed.from_json(reading) for reading in self.readings.split("\n")]


class Writer:
    """Writes entries and names one after the other; memory stays small whatever the size of the list."""

    def __init__(self, folder: Path) -> None:
        self._entries, self._names = (folder / "entries.bin").open("wb"), (folder / "names.bin").open("wb")
        self._entry_index, self._name_index = (folder / "entries.idx").open("wb"), (folder / "names.idx").open("wb")
        self._count = self._name_count = 0

    def add(self, entry: Entry) -> list[tuple[int, list[Parsed]]]:
        """Stores an entry; its names by number, with their readings. A name that cannot be read is left out."""
        self._entry_index.write(_ENTRY.pack(self._entries.tell(), self._name_count))
        self._entries.write(entry.hash.encode() + entry.to_json())
        found = []
        for place, name in enumerate(entry.names[:0xFFFF]):
            if readings := parse(name.text, entry.kind):
                found.append((self._name(place, entry.kind, readings), list(readings)))
        self._count += 1
        return found

    def _name(self, place: int, kind: Kind, readings: Sequence[Parsed]) -> int:
        words = readings[0].words if len(readings) == 1 else ""
        text = "\n".join([words, *(reading.to_json() for reading in readings)])
        self._name_index.write(_NAME.pack(self._names.tell(), self._count, place, _KINDS.index(kind)))
        self._names.write(text.encode())
        self._name_count += 1
        return self._name_count - 1

    def close(self) -> None:
        self._entry_index.write(_ENTRY.pack(self._entries.tell(), self._name_count))
        self._name_index.write(_NAME.pack(self._names.tell(), 0, 0, 0))
        for file in (self._entries, self._names, self._entry_index, self._name_index):
            file.close()


class Reader:
    """Entries and names by number, from mapped files: processes on one machine share the pages."""

    def __init__(self, folder: Path) -> None:
        self._entries, self._names = _mapped(folder / "entries.bin"), _mapped(folder / "names.bin")
        self._entry_index, self._name_index = _mapped(folder / "entries.idx"), _mapped(folder / "names.idx")

    def __len__(self) -> int:
        return len(self._entry_index) // _ENTRY.size - 1

    def entry(self, number: int) -> tuple[Entry, str]:
        """An entry and the hash of its content."""
        start, _ = _ENTRY.unpack_from(self._entry_index, number * _ENTRY.size)
        end, _ = _ENTRY.unpack_from(self._entry_index, (number + 1) * _ENTRY.size)
        record = self._entries[start:end]
        return Entry.from_json(record[HASH:]), record[:HASH].decode()

    def name(self, number: int) -> Listed:
        start, entry, place, kind = _NAME.unpack_from(self._name_index, number * _NAME.size)
        (end,) = struct.unpack_from("=Q", self._name_index, (number + 1) * _NAME.size)
        words, _, readings = self._names[start:end].decode().partition("\n")
        return Listed(entry, place, _KINDS[kind], words, readings)

    def names_of(self, number: int) -> list[Listed]:
        """All the names of an entry."""
        _, first = _ENTRY.unpack_from(self._entry_index, number * _ENTRY.size)
        _, end = _ENTRY.unpack_from(self._entry_index, (number + 1) * _ENTRY.size)
        return [self.name(n) for n in range(first, end)]


def _mapped(path: Path) -> mmap.mmap | bytes:
    """The file as memory; an empty one cannot be mapped and needs not be."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
