"""What a decision has to keep so that its screening can be repeated, and what changes when a policy does."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from kyc.lists import Entry
from kyc.screening.corroborate import normal
from kyc.screening.index import Index
from kyc.screening.policy import Policy
from kyc.screening.scripts import fold
from kyc.screening.subject import Subject

_LIBRARIES = ("anyascii", "rapidfuzz", "tantivy")


@cache
def fingerprint() -> str:
    """Hash over the code, the tables and the libraries of the engine: where it is the same, so are the scores."""
    digest = hashlib.sha256(f"python {sys.version_info[:2]}".encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    for package in ("kyc.lists", "kyc.screening", "kyc.screening.tables"):
        for file in sorted(_sources(files(package)), key=lambda f: f.name):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]


def _sources(folder: Traversable) -> Iterable[Traversable]:
    return (file for file in folder.iterdir() if file.name.endswith((".py", ".yaml")))


def matching_hash(subject: Subject, entry: Entry) -> str:
    """Hash over what is compared of one party and one entry: an allowance holds as long as it stays the same.

    What the publisher's format adds (remarks, order, programme) is not in it, so CSV and XML give the same.
    """
    born = sorted({(str(span.first), str(span.last)) for span in entry.born})
    listed = {
        "id": entry.id, "kind": entry.kind, "born": born, "countries": sorted(entry.countries), "gender": entry.gender,
        "names": sorted({(_plain(name.text), name.weak) for name in entry.names}),
        "identifiers": sorted({normal(i.value) for i in entry.identifiers}),
    }  # fmt: skip
    asked = {
        "kind": subject.kind, "names": sorted(map(_plain, subject.names)), "born": str(subject.birth or ""),
        "countries": sorted(subject.countries), "gender": subject.gender,
        "identifiers": sorted(normal(i.value) for i in subject.identifiers),
    }  # fmt: skip
    return hashlib.sha256(json.dumps([listed, asked], sort_keys=True).encode()).hexdigest()[:32]


def _plain(name: str) -> str:
    """A name without case, accents and order of its words."""
    return " ".join(sorted(fold(name).replace(",", " ").split()))


class Shift(NamedTuple):
    """One party under two policies: entries that become hits, and entries that no longer are."""

    subject: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def backtest(index: Index, subjects: Sequence[Subject], before: Policy, after: Policy, now: datetime) -> list[Shift]:
    """Screens past inputs again under both policies; only the parties whose hits differ are in the answer."""
    shifts = []
    for subject in subjects:
        old, new = ({hit.entry for hit in index.screen(subject, policy, now).hits} for policy in (before, after))
        if old != new:
            shifts.append(Shift(subject.id, tuple(sorted(new - old)), tuple(sorted(old - new))))
    return shifts


def loses_confirmed(shifts: Sequence[Shift], confirmed: dict[str, set[str]]) -> list[Shift]:
    """Shifts that lose an entry which a reviewer once confirmed (subject → entries): they bar the new policy."""
    return [shift for shift in shifts if set(shift.lost) & confirmed.get(shift.subject, set())]
