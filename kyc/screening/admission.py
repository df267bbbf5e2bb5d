"""Letting a list in: read, tried out on its own entries, and put in force unless it loses too much."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kyc.lists import Admission, ListSource, Store, load
from kyc.screening.policy import Policy
from kyc.screening.quality import check


def admit(store: Store, source: ListSource, paths: Sequence[Path], answered: datetime, policy: Policy) -> Admission:
    """What came of these files of a source, which answered then. CPU-bound: keep it off the event loop.

    Raises BrokenList or PoorRecall, and the version in force stays. A version that is held counts as no good answer,
    so that what is in force grows old while nobody decides.
    """
    version = load(paths, source.format, answered, source.name)
    if version.id == store.current(version.source):
        admission = Admission("in_force", None)
    else:
        if version.id != store.held(version.source):
            check(version, policy)
        admission = store.admit(version)
    if admission.state == "in_force":
        store.answer(source.name, version.source, answered)
    return admission
