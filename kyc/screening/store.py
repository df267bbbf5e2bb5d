"""What an index keeps beside its keys: entries as they were listed, and their names already taken apart."""

import mmap
import struct
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from kyc.lists import Entry, Kind
from kyc.screening.names import parse
from kyc.screening.packed import pack
from kyc.screening.parsed import Parsed

_ENTRY = struct.Struct("=QI")  # where its text ends, the number of its first name
_NAMES: dict[str, Literal["Q", "I", "H", "B"]] = {
    "names.at": "Q",
    "names.entry": "I",
    "names.place": "H",
    "names.kind": "B",
}  # one column each, one row a name
_KINDS = tuple(Kind)
HASH = 32  # hexadecimal digits before each record


class Listed(NamedTuple):
    """A listed name: its number, whose it is, which of its names, and its readings as they are packed."""

    number: int
    entry: int
    place: int
    kind: Kind
    packed: str


class Writer:
    """Writes entries and names one after the other; memory stays small whatever the size of the list."""

    def __init__(self, folder: Path) -> None:
        self._entries, self._names = (folder / "entries.bin").open("wb"), (folder / "names.bin").open("wb")
        self._entry_index = (folder / "entries.idx").open("wb")
        self._columns = [((folder / name).open("wb"), code) for name, code in _NAMES.items()]
        self._count = self._name_count = 0

    def add(self, entry: Entry) -> list[tuple[int, Sequence[Parsed]]]:
        """Stores an entry; its names by number, with their readings. A name that cannot be read is left out."""
        self._entry_index.write(_ENTRY.pack(self._entries.tell(), self._name_count))
        self._entries.write(entry.hash.encode() + entry.to_json())
        found: list[tuple[int, Sequence[Parsed]]] = []
        for place, name in enumerate(entry.names[:0xFFFF]):
            if readings := parse(name.text, entry.kind):
                found.append((self._name(place, entry.kind, readings), readings))
        self._count += 1
        return found

    def _name(self, place: int, kind: Kind, readings: Sequence[Parsed]) -> int:
        self._row(self._names.tell(), self._count, place, _KINDS.index(kind))
        self._names.write(pack(readings).encode())
        self._name_count += 1
        return self._name_count - 1

    def _row(self, *values: int) -> None:
        for value, (file, code) in zip(values, self._columns, strict=True):
            file.write(struct.pack(f"={code}", value))

    def close(self) -> None:
        self._entry_index.write(_ENTRY.pack(self._entries.tell(), self._name_count))
        self._row(self._names.tell(), 0, 0, 0)
        for file in (self._entries, self._names, self._entry_index, *(file for file, _ in self._columns)):
            file.close()


class Reader:
    """Entries and names by number, from mapped files: processes on one machine share the pages."""

    def __init__(self, folder: Path) -> None:
        self._entries, self._names = _mapped(folder / "entries.bin"), _mapped(folder / "names.bin")
        self._entry_index = _mapped(folder / "entries.idx")
        columns = (memoryview(_mapped(folder / name)).cast(code) for name, code in _NAMES.items())
        self._at, self._entry, self._place, self._kind = columns

    def __len__(self) -> int:
        return len(self._entry_index) // _ENTRY.size - 1

    def entry(self, number: int) -> tuple[Entry, str]:
        """An entry and the hash of its content."""
        start, _ = _ENTRY.unpack_from(self._entry_index, number * _ENTRY.size)
        end, _ = _ENTRY.unpack_from(self._entry_index, (number + 1) * _ENTRY.size)
        record = self._entries[start:end]
        return Entry.from_json(record[HASH:]), record[:HASH].decode()

    def of_kinds(self, numbers: Iterable[int], kinds: Collection[Kind]) -> list[int]:
        """Those of these names that are of one of the kinds, without reading them."""
        wanted, kind_of = {_KINDS.index(kind) for kind in kinds}, self._kind
        return [number for number in numbers if kind_of[number] in wanted]

    def packed(self, number: int) -> str:
        """The readings of a listed name, packed: enough to tell most names from those that may be near."""
        return self._names[self._at[number] : self._at[number + 1]].decode()

    def entry_of(self, number: int) -> int:
        """The number of the entry whose name this is."""
        return self._entry[number]

    def name(self, number: int) -> Listed:
        kind = _KINDS[self._kind[number]]
        return Listed(number, self._entry[number], self._place[number], kind, self.packed(number))

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
