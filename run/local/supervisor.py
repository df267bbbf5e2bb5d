"""Starts the parts in the order of their needs, keeps them up, and stops them in the reverse order."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from run.local.part import NotUp, Part

_HERE = Path(__file__).parent
_BARE_PYTHON = (sys.executable, "-I", "-S")  # starts in 10 ms, with the standard library only
_POLL = 0.05
_BACKOFF = (0.1, 10.0)  # seconds before starting again: the first time, and at most
_STEADY = 30.0  # seconds after which a part that dies is again treated as if it never had
_LOG_LIMIT = 20_000_000  # bytes


class Supervisor:
    """One of it at a time for each state folder; see `Stack`, which takes the lock."""

    def __init__(
        self, parts: Sequence[Part], logs: Path, say: Callable[[str], None], env: Mapping[str, str] | None = None
    ) -> None:
        self._parts = {part.name: replace(part, env={**(env or {}), **part.env}) for part in parts}
        self._logs = logs
        self._say = say
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._kept: dict[str, _Kept] = {}
        self._guardian: Process | None = None

    async def start(self, *names: str) -> None:
        """Bring up these parts and what they need, until all are ready. Raises NotUp for the first that fails."""
        self._logs.mkdir(parents=True, exist_ok=True)
        if self._guardian is None:
            self._guardian = await asyncio.create_subprocess_exec(
                *_BARE_PYTHON, str(_HERE / "guardian.py"), stdin=PIPE, start_new_session=True
            )
        await asyncio.gather(*(self._come_up(name) for name in names))

    async def stop(self) -> None:
        """Stop everything, each part after those that need it; what does not stop within its grace is killed."""
        for task in self._coming.values():
            task.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)
        await asyncio.gather(*(self._go_down(name) for name in self._kept))
        if self._guardian:
            assert self._guardian.stdin
            self._guardian.stdin.close()
            await self._guardian.wait()

    async def take_away(self, name: str) -> None:
        """An outage: this part is down, and stays down until `bring_back`. What needs it is left to cope."""
        await self._kept[name].stop()

    async def bring_back(self, name: str) -> None:
        await self._kept[name].come_up()

    def pids(self) -> dict[str, int]:
        """The processes that are running now, by the name of their part."""
        return {name: kept.process.pid for name, kept in self._kept.items() if kept.process}

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _come_up(self, name: str) -> asyncio.Task[None]:
        if name not in self._coming:
            self._coming[name] = asyncio.create_task(self._bring_up(self._parts[name]))
        return self._coming[name]

    async def _bring_up(self, part: Part) -> None:
        await asyncio.gather(*(asyncio.shield(self._come_up(need)) for need in part.needs))
        for setting, port in part.ports.items():
            await _demand_free(part, setting, port)
        await part.prepare()
        self._kept[part.name] = kept = _Kept(part, self.log_of(part.name), self._watch, self._say)
        await kept.come_up()
        await part.settle()

    def _go_down(self, name: str) -> asyncio.Task[None]:
        if name not in self._going:
            self._going[name] = asyncio.create_task(self._take_down(name))
        return self._going[name]

    async def _take_down(self, name: str) -> None:
        users = [user for user in self._kept if name in self._parts[user].needs]
        await asyncio.gather(*(asyncio.shield(self._go_down(user)) for user in users))
        await self._kept[name].stop()

    def _watch(self, word: str) -> None:
        """Tell the guardian; that it is gone matters only once we are gone, too."""
        if self._guardian and self._guardian.stdin and not self._guardian.stdin.is_closing():
            self._guardian.stdin.write(word.encode() + b"\n")


class _Kept:
    """A part that is kept up, and the process that it is just now."""

    def __init__(self, part: Part, log: Path, watch: Callable[[str], None], say: Callable[[str], None]) -> None:
        self.part, self._log, self._watch, self._say = part, log, watch, say
        self.process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def come_up(self) -> None:
        process = await self._launch()
        if self.part.once:
            code = await process.wait()
            self._ended(process)
            if code != 0:
                raise self._failed("failed")
            return
        await self._until_ready(process)
        self._keeper = asyncio.create_task(self._keep(process))

    async def stop(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(self.part.stop_signal)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), self.part.grace)
        process = self.process
        self._ended(process)
        await process.wait()

    async def _keep(self, process: Process) -> None:
        first, most = _BACKOFF
        delay, loop = first, asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await process.wait()
            self._ended(process)
            delay = first if loop.time() - started > _STEADY else delay
            self._say(f"{self.part.title} ended ({_ending(code)}); starting it again. Its log: {self._log}")
            await asyncio.sleep(delay)
            delay = min(delay * 2, most)
            process = await self._launch()

    async def _launch(self) -> Process:
        part = self.part
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        user = "ordinary" if part.refuses_root else "same"
        launch = (*_BARE_PYTHON, str(_HERE / "launch.py"), str(os.getpid()), str(int(part.last_signal)), user)
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *launch,
                *part.command,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                env={**os.environ, **part.env},
                start_new_session=True,
            )
        self._watch(f"+ {self.process.pid} {int(part.last_signal)}")
        return self.process

    async def _until_ready(self, process: Process) -> None:
        try:
            async with asyncio.timeout(self.part.patience):
                while not await self.part.ready():
                    if process.returncode is not None:
                        raise self._failed(f"did not come up ({_ending(process.returncode)})")
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise self._failed(f"did not come up within {self.part.patience:.0f} s") from None

    def _ended(self, process: Process) -> None:
        """Whatever the process has started ends with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self._watch(f"- {process.pid}")
        self.process = None

    def _failed(self, what: str) -> NotUp:
        lines = self._log.read_text(errors="replace").strip().splitlines() or ["(nothing)"]
        return NotUp(f"{self.part.title} {what}: {lines[-1][:300]} — its log: {self._log}")


async def _demand_free(part: Part, setting: str, port: int) -> None:
    for _ in range(40):  # two seconds: servers of a supervisor that was killed just now are still ending
        if _is_free(port):
            return
        await asyncio.sleep(_POLL)
    raise NotUp(f"Port {port} ({part.title}) is taken: free it, or choose another with {setting}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
