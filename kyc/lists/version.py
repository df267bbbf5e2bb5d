"""A load of a list is a version: a manifest of content-addressed records. Pinning one is keeping its manifest."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from kyc.lists.entry import Entry
from onboarding.errors import OnboardingError

LOSS_NEEDS_RELEASE = 0.10  # a version that loses more of the previous one is as likely a cut file as a delisting


class BrokenList(OnboardingError):
    """The file cannot be read as a list; the version in force stays."""

    code = "broken_list"
    status = 422


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was left out: `line` counts from 1 in `file`, `reason` is a code."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Something of a record that could not be read: the record is kept without it. `reason` is a code."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class ListVersion:
    """One load of one source. `checked` is the last time the source gave a good answer; a list's age counts from it."""

    source: str
    format: str
    entries: Sequence[Entry]  # in the order of their ids
    checked: datetime
    refused: tuple[Refused, ...] = ()
    list_date: date | None = None
    files: tuple[str, ...] = field(default=())
    unread: tuple[Unread, ...] = ()
    former: tuple[str, ...] = ()  # ids of entries that the source names no more: out of office, watched all the same

    @cached_property
    def manifest(self) -> dict[str, str]:
        """Entry id → hash of what it says, in the order of the ids."""
        return {entry.id: entry.hash for entry in self.entries}

    @cached_property
    def id(self) -> str:
        """Hash over source and manifest: the same records give the same id, whatever file they came in."""
        digest = hashlib.sha256(f"[{_encode(self.source)},{{".encode())
        for place, (number, content) in enumerate(self._records()):
            digest.update(f"{',' if place else ''}{_encode(number)}:{_encode(content)}".encode())
        digest.update(b"}]")
        return digest.hexdigest()[:32]

    def _records(self) -> Iterable[tuple[str, str]]:
        """Ids and hashes one by one: a list too long to be held need not be, for its id."""
        return self.manifest.items() if "manifest" in self.__dict__ else ((e.id, e.hash) for e in self.entries)

    @property
    def names(self) -> int:
        return sum(len(entry.names) for entry in self.entries)


_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Change:
    """From one version to the next. `rekeyed` says the same under another id: (old id, new id). `lost` counts what the
    source names no more, watched further or not, of the `before` that it named."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    rekeyed: tuple[tuple[str, str], ...]
    lost: int
    before: int

    @property
    def needs_release(self) -> bool:
        """More than a tenth of the entries gone: two people must let this version in."""
        return self.lost > LOSS_NEEDS_RELEASE * self.before


def diff(before: ListVersion, after: ListVersion) -> Change:
    """What changed. A record that lost its id but says the same is matched by content first, and is no change."""
    old, new = before.manifest, after.manifest
    rekeyed = _rekeyed({i: old[i] for i in old if i not in new}, {i: new[i] for i in new if i not in old})
    gone, come = {a for a, _ in rekeyed}, {b for _, b in rekeyed}
    removed = tuple(i for i in old if i not in new and i not in gone)
    former = set(before.former)
    return Change(
        added=tuple(i for i in new if i not in old and i not in come),
        removed=removed,
        changed=tuple(i for i in new if i in old and new[i] != old[i]),
        rekeyed=rekeyed,
        lost=sum(i not in former for i in (*removed, *(i for i in after.former if i in old))),
        before=len(old) - len(former),
    )


def _rekeyed(lost: dict[str, str], found: dict[str, str]) -> tuple[tuple[str, str], ...]:
    by_content: dict[str, list[str]] = defaultdict(list)
    for entry_id, content in found.items():
        by_content[content].append(entry_id)
    return tuple((old, by_content[content].pop(0)) for old, content in lost.items() if by_content[content])
