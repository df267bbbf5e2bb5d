"""What a decision has to keep so that its screening can be repeated, and what changes when a policy does."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kyc.lists import Entry
from kyc.screening.corroborate import normal
from kyc.screening.index import Index
from kyc.screening.policy import Policy
from kyc.screening.scripts import fold
from kyc.screening.subject import Screening, Subject


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


class Past(BaseModel):
    """One screening as it was kept: who was asked for, when, what came of it, and the records of its hits."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    asked: Subject
    now: AwareDatetime
    screening: Screening
    records: dict[str, dict[str, object]] = Field(default_factory=dict)
    allowed: dict[str, str] = Field(default_factory=dict)


class Difference(NamedTuple):
    """One thing that comes out differently: of which party, what, from what to what."""

    party: str
    what: str
    before: str
    after: str


def again(index: Index, past: Past, policy: Policy) -> list[Difference]:
    """Screens once more as it was done then; an empty list says that it comes out the same."""
    checked = {used.source: used.checked for used in past.screening.lists}
    found = index.screen(past.asked, policy, past.now, checked)
    gaps = tuple(gap for gap in found.not_covered if not _of_a_list(gap))
    gaps += tuple(gap for gap in past.screening.not_covered if _of_a_list(gap))
    outcome = "incomplete" if gaps else "hits" if found.hits else "clear"
    return list(_differences(past.screening, found.model_copy(update={"not_covered": gaps, "outcome": outcome})))


def _of_a_list(gap: str) -> bool:
    """A list that was missing or old: a fact of that day and its settings, not something that is scored."""
    return gap.startswith("list_") or gap == "no_list"


def _differences(before: Screening, after: Screening) -> Iterator[Difference]:
    old, new = _told(before), _told(after)
    for what in sorted(old.keys() | new.keys()):
        was, is_ = old.get(what, "nothing"), new.get(what, "nothing")
        if was != is_:
            yield Difference(before.subject, what, was, is_)


def _told(found: Screening) -> dict[str, str]:
    """What a screening says, thing by thing; how many names were looked at on the way is none of it."""
    told = {"outcome": found.outcome, "not_covered": ", ".join(found.not_covered), "policy": found.policy}
    told |= {f"list {used.source}": used.version for used in found.lists}
    for rank, hit in enumerate((*found.hits, *found.near), 1):
        kind = "hit" if hit.match else "near"
        said = (
            f"{kind}, rank {rank}, score {hit.score!r}, strength {hit.strength!r}, by {hit.name}, record {hit.content}"
        )
        told[f"entry {hit.entry}"] = said
    return told


def find(index: Index, entry_id: str) -> Entry | None:
    """The record of an entry in an index, which holds them in the order of their ids."""
    first, last = 0, len(index.store)
    while first < last:
        middle = (first + last) // 2
        entry, _ = index.entry(middle)
        if entry.id == entry_id:
            return entry
        first, last = (middle + 1, last) if entry.id < entry_id else (first, middle)
    return None
