"""What a loader is given and what it gives back."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from kyc.lists.entry import Entry
from kyc.lists.version import BrokenList, Refused, Unread

LARGEST = 2_000_000_000  # bytes; the largest published list (OpenSanctions, whole) is about 1.5 GB


@dataclass(frozen=True)
class File:
    name: str
    content: bytes

    @classmethod
    def open(cls, path: Path) -> "File":
        if not path.is_file():
            raise BrokenList(f"{path.name}: there is no such file", code="no_such_file")
        if not 0 < path.stat().st_size <= LARGEST:
            raise BrokenList(f"{path.name}: the file is empty or larger than 2 GB", code="bad_size")
        return cls(path.name, path.read_bytes())

    @cached_property
    def text(self) -> str:
        """The file as text: UTF-8, UTF-16 by its mark, else Windows-1252 (OFAC's older files)."""
        if self.content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self.content.decode("utf-16", "replace")
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.content.decode("cp1252", "replace")


@dataclass(frozen=True)
class Gathered:
    """What a loader found: the source's code, its entries, the records it refused, the date that the list bears, and
    what of the entries it could not read."""

    source: str
    entries: list[Entry]
    refused: list[Refused] = field(default_factory=list)
    list_date: date | None = None
    unread: list[Unread] = field(default_factory=list)


def two_versions(one: File, other: File) -> BrokenList:
    """Neither may hide what the other says, and together they are no list that anybody published."""
    return BrokenList(
        f"{one.name} and {other.name} are two versions, or two lists: load them one by one", code="two_versions"
    )
