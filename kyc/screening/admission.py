"""Letting a list in: read, tried out on its own entries, and put in force unless it loses too much."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kyc.lists import Admission, ListSource, ListVersion, Store, load
from kyc.lists.leaving import with_former
from kyc.screening.policy import Policy
from kyc.screening.quality import check


def admit(store: Store, source: ListSource, paths: Sequence[Path], answered: datetime, policy: Policy) -> Admission:
    """What came of these files of a source, which answered then. CPU-bound: keep it off the event loop.

    Raises BrokenList or PoorRecall, and the version in force stays. A version that is held counts as no good answer,
    so that what is in force grows old while nobody decides.
    """
    version = with_those_who_left(store, load(paths, source.format, answered, source.name), policy)
    tried = store.answered(source.name) and version.id in (store.current(source.name), store.held(source.name))
    if not tried:
        check(version, policy)
    admission = store.admit(version)
    if admission.state == "in_force":
        store.answer(source.name, version.source, answered)
    return admission


def with_those_who_left(store: Store, version: ListVersion, policy: Policy) -> ListVersion:
    """The version as it is screened: with those who left office since the version in force.

    One that is held already stays as it was when it came: the day on which it was read again is not their last.
    """
    held, current = store.held(version.source), store.current(version.source)
    if version.id in (held, current):
        return version
    waiting = store.open(held) if held else None
    if waiting and _names_the_same(waiting, version):
        return replace(version, entries=waiting.entries, former=waiting.former)
    return with_former(store.open(current), version, policy.pep_days_after_office) if current else version


def _names_the_same(kept: ListVersion, read: ListVersion) -> bool:
    former = set(kept.former)
    return {number: said for number, said in kept.manifest.items() if number not in former} == read.manifest
