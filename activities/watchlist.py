"""The watch lists as this worker holds them: one index over every source in force, built anew when one changes.

Sources at hand as files are read again when a file changes; those with an address are fetched by the refreshing.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kyc.lists import BrokenList, Entry, ListSource, Store
from kyc.screening import Index, Policy, Screening, Subject
from kyc.screening.admission import admit
from kyc.screening.quality import PoorRecall
from kyc.screening.replay import find
from onboarding.errors import OnboardingError

FILE_SOURCE = "ofac-sdn"  # the one list that is a plain setting, in OFAC's format
COMPANIONS = ("add.csv", "alt.csv")  # addresses and other names, as OFAC publishes them beside sdn.csv
KEPT = 5  # indexes, the newest: decisions are repeated on the one they were made with

State = tuple[tuple[int, int], ...]


class ListMissing(OnboardingError):
    """There is no watch list to screen against."""

    code = "list_missing"


class ListUnreadable(OnboardingError):
    """The watch list cannot be read, and no good one was read before."""

    code = "list_unreadable"


def file_source(file: Path) -> ListSource:
    """The plain list file, in OFAC's format, with its companions beside it."""
    return ListSource(name=FILE_SOURCE, files=(str(file), *(str(file.with_name(name)) for name in COMPANIONS)))


@dataclass(frozen=True)
class InForce:
    """Which version of each source is in force: `sources` and `answered` (its last good answer) by publisher's code."""

    versions: tuple[str, ...]
    sources: Mapping[str, ListSource]
    answered: Mapping[str, datetime]
    missing: tuple[str, ...]


def in_force(store: Store, sources: Sequence[ListSource]) -> InForce:
    versions, known, answered, missing = [], {}, {}, []
    for source in sources:
        answer = store.answered(source.name)
        version = store.current(answer.source) if answer else None
        if answer and version:
            versions.append(version)
            known[answer.source], answered[answer.source] = source, answer.at
        elif source.required:
            missing.append(source.name)
    return InForce(tuple(sorted(set(versions))), known, answered, tuple(missing))


class Watchlist:
    """A file's last change is taken for its source's last good answer: whoever copies lists touches it even when
    nothing changed. Versions are kept in `store`, indexes under `folder` by their content, built in `pool`."""

    def __init__(
        self, store: Store, folder: Path, pool: Executor, sources: Sequence[ListSource], policy: Policy | None = None
    ) -> None:
        self._store = store
        self._folder = folder
        self._pool = pool
        self._sources = sources
        self._policy = policy or Policy.read()
        self._lock = asyncio.Lock()
        self._seen: dict[str, State] = {}
        self._index: Index | None = None
        self._versions: tuple[str, ...] = ()

    async def screen(self, subjects: Sequence[Subject], now: datetime, policy: Policy | None = None) -> list[Screening]:
        """Every party against the lists as they are now; `now` is real time, for the age of the lists."""
        index, lists = await self._current()
        return await asyncio.to_thread(self._screen, index, lists, subjects, now, policy or self._policy)

    async def index(self) -> Index:
        """The index of the lists as they are now."""
        return (await self._current())[0]

    async def records(self, screenings: Sequence[Screening]) -> dict[str, Entry]:
        """The records of all hits by id. One that the lists no longer have as it was is left out."""
        index, _ = await self._current()
        return await asyncio.to_thread(_records, index, screenings)

    async def standing(self, entries: Mapping[str, str]) -> set[str]:
        """Those of these entries, id → what it says by its hash, that still are on a list in force: under their id, or
        saying the same under another, as when a publisher numbers anew."""
        _, lists = await self._current()
        return await asyncio.to_thread(self._standing, lists.versions, entries)

    def _standing(self, versions: Sequence[str], entries: Mapping[str, str]) -> set[str]:
        manifests = [self._store.manifest(version) for version in versions]
        said = {content for manifest in manifests for content in manifest.values()}
        return {id_ for id_, content in entries.items() if content in said or any(id_ in each for each in manifests)}

    def _screen(
        self, index: Index, lists: InForce, subjects: Sequence[Subject], now: datetime, policy: Policy
    ) -> list[Screening]:
        found = (index.screen(subject, policy, now, lists.answered) for subject in subjects)
        return [self._covered(screening, lists, policy) for screening in found]

    def _covered(self, screening: Screening, lists: InForce, policy: Policy) -> Screening:
        """The screening with each list's age judged by its own source, and with the sources that were not there."""
        gaps = [gap for gap in screening.not_covered if not gap.startswith("list_old:")]
        gaps += [f"list_missing:{name}" for name in lists.missing]
        for used in screening.lists:
            source = lists.sources[used.source]
            if source.required and used.age_days > (source.oldest_days or policy.lists.oldest_days):
                gaps.append(f"list_old:{used.source}")
        outcome = "incomplete" if gaps else "hits" if screening.hits else "clear"
        return screening.model_copy(update={"outcome": outcome, "not_covered": tuple(gaps)})

    async def _current(self) -> tuple[Index, InForce]:
        async with self._lock:
            for source in self._sources:
                if not source.remote:
                    await self._read(source)
            lists = await asyncio.to_thread(in_force, self._store, self._sources)
            if not lists.versions:
                raise ListMissing
            if self._index is None or lists.versions != self._versions:
                self._index, self._versions = await self._built(lists.versions), lists.versions
            return self._index, lists

    async def _read(self, source: ListSource) -> None:
        """A file that cannot be read leaves the good list in force, which grows old and then holds the screening."""
        seen = await asyncio.to_thread(_state, source)
        if not seen or seen == self._seen.get(source.name):
            return
        answered, loop = datetime.fromtimestamp(seen[0][0] / 1e9, UTC), asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._pool, admit, self._store, source, source.paths, answered, self._policy)
        except (BrokenList, PoorRecall) as broken:
            if self._store.answered(source.name) is None:
                raise ListUnreadable from broken
        self._seen[source.name] = seen

    async def _built(self, versions: tuple[str, ...]) -> Index:
        loop = asyncio.get_running_loop()
        path = await loop.run_in_executor(self._pool, build, self._store, versions, self._folder)
        return await asyncio.to_thread(Index.open, path)


def build(store: Store, versions: Sequence[str], folder: Path) -> Path:
    """The folder with the index of these versions, built beside the others unless it is there."""
    path = folder / hashlib.sha256(" ".join(versions).encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True)
    Index.kept(path, lambda: [store.open(version) for version in versions])
    os.utime(path)
    _forget_old(folder)
    return path


def _records(index: Index, screenings: Sequence[Screening]) -> dict[str, Entry]:
    hits = {hit.entry: hit for screening in screenings for hit in screening.hits}
    entries = {number: find(index, number) for number in hits}
    return {number: entry for number, entry in entries.items() if entry and entry.hash == hits[number].content}


def _forget_old(folder: Path) -> None:
    """A process that still reads one of the old indexes has its files mapped, so nothing is taken from under it."""
    kept = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in kept[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _state(source: ListSource) -> State:
    """What tells whether a file changed; empty when the list itself is not there."""
    files = [Path(file) for file in source.files]
    if not files[0].is_file():
        return ()
    return tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())
