"""`aboard up` as its user meets it: a process, its exit status and its one line."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from onboarding.settings import Ports
from run.local.stack import Stack
from tests.conftest import free_ports
from tests.run.processes import descendants, until, until_gone


@pytest.fixture(scope="module")
def ports() -> Ports:
    return free_ports()


async def aboard(home: Path, ports: Ports, *arguments: str) -> asyncio.subprocess.Process:
    env = {f"ABOARD_PORT_{name.upper()}": str(port) for name, port in ports}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "run.cli", *arguments),
        env={**os.environ, **env, "ABOARD_HOME": str(home), "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_taken_port_ends_the_start_with_one_line(tmp_path: Path, ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", ports.temporal)):
        code, _, err = await ended(await aboard(tmp_path, ports, "up"))

    assert code == 1
    assert err == (
        f"Port {ports.temporal} (Temporal) is taken: free it, or choose another with ABOARD_PORT_TEMPORAL.\n"
    )


async def test_a_second_up_from_one_folder_is_refused_with_one_line(tmp_path: Path, ports: Ports) -> None:
    async with Stack(tmp_path, ports):
        code, _, err = await ended(await aboard(tmp_path, ports, "up"))

    assert code == 1
    assert err.startswith(f"Aboard is already up from {tmp_path} (process {os.getpid()}): `aboard down` stops it")
    assert err.count("\n") == 1


async def test_down_says_when_nothing_is_up(tmp_path: Path, ports: Ports) -> None:
    code, out, _ = await ended(await aboard(tmp_path, ports, "down"))

    assert (code, out) == (0, f"Nothing is up from {tmp_path}.\n")


async def test_a_start_that_is_interrupted_leaves_nothing(tmp_path: Path, ports: Ports) -> None:
    process = await aboard(tmp_path, ports, "up")

    async def some_are_up() -> bool:
        return len(descendants(process.pid)) > 3

    await until(some_are_up)
    pids = descendants(process.pid)

    process.send_signal(signal.SIGTERM)
    await ended(process)

    await until_gone(*pids)
