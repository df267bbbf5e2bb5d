"""The watch list as this worker holds it: read once, read again when the file changes, never on the event loop."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path

from kyc.lists import BrokenList, load
from kyc.screening import Index, Policy, Screening, Subject
from onboarding.errors import OnboardingError

COMPANIONS = ("add.csv", "alt.csv")  # addresses and other names, as OFAC publishes them beside sdn.csv


class ListMissing(OnboardingError):
    """There is no watch list to screen against."""

    code = "list_missing"


class ListUnreadable(OnboardingError):
    """The watch list cannot be read, and no good one was read before."""

    code = "list_unreadable"


class Watchlist:
    """`file` is in OFAC's format. Its last change is taken for its source's last good answer: whoever fetches lists
    touches it even when nothing changed. Indexes are kept under `folder` by their content and built in `pool`."""

    def __init__(self, file: Path, folder: Path, pool: Executor, policy: Policy | None = None) -> None:
        self._file = file
        self._folder = folder
        self._pool = pool
        self._policy = policy or Policy.read()
        self._lock = asyncio.Lock()
        self._seen: tuple[tuple[int, int], ...] = ()
        self._index: Index | None = None
        self._answered = datetime.min.replace(tzinfo=UTC)

    async def screen(self, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
        """Every party against the list as it is now; `now` is real time, for the list's age."""
        index = await self._current()
        return await asyncio.to_thread(self._screen, index, subjects, now)

    def _screen(self, index: Index, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
        checked = {version["source"]: self._answered for version in index.versions}
        return [index.screen(subject, self._policy, now, checked) for subject in subjects]

    async def _current(self) -> Index:
        async with self._lock:
            seen = await asyncio.to_thread(_state, self._files())
            if not seen:
                raise ListMissing
            if self._index is None or seen != self._seen:
                await self._reload(seen)
            assert self._index
            return self._index

    async def _reload(self, seen: tuple[tuple[int, int], ...]) -> None:
        """A file that cannot be read leaves the good list in force, which grows old and then holds the screening."""
        loop = asyncio.get_running_loop()
        try:
            path = await loop.run_in_executor(self._pool, build, self._files(), self._folder)
            self._index = await asyncio.to_thread(Index.open, path)
            self._answered = datetime.fromtimestamp(seen[0][0] / 1e9, UTC)
        except BrokenList as broken:
            if self._index is None:
                raise ListUnreadable from broken
        self._seen = seen

    def _files(self) -> list[Path]:
        return [self._file, *(self._file.with_name(name) for name in COMPANIONS)]


def build(files: Sequence[Path], folder: Path) -> Path:
    """The folder with the index of these files, built unless it is there. Runs in another process."""
    present = [file for file in files if file.is_file()]
    digest = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in present)).hexdigest()[:32]
    path = folder / digest
    if not (path / "index.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{digest}.{os.getpid()}"
        answered = datetime.fromtimestamp(present[0].stat().st_mtime, UTC)
        Index.build([load(present, checked=answered)], part)
        try:
            part.rename(path)
        except OSError:  # another worker was quicker
            return part
    return path


def _state(files: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    """What tells whether a file changed; empty when the list itself is not there."""
    if not files[0].is_file():
        return ()
    return tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())
