"""Processes, seen from outside (Linux)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what will happen; the limit only ends a test that has failed."""
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.05)


async def until_gone(*pids: int) -> None:
    async def gone() -> bool:
        return not any(_alive(pid) for pid in pids)

    await until(gone)


def descendants(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we were looking
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


def listening_addresses(pids: set[int]) -> set[str]:
    """The local addresses on which these processes listen, as the kernel prints them: 0100007F is 127.0.0.1."""
    sockets = {link for pid in pids for link in _links(pid)}
    lines = [line for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    rows = [line.split() for line in lines]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def _links(pid: int) -> list[str]:
    links = []
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.append(str(link.readlink()))
    return links


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
