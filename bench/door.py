"""The door: POST /cases against a bare insert and start, in turns, on the same servers.

    python -m bench.door                   50 of each

Like is compared with like: both are asked over HTTP, by the same client, of a FastAPI program in a process of its own;
both commit to the same PostgreSQL and start on the same Temporal server. What the bare one lacks is what ours is for:
see bench/bare_door.py. The same insert and start without any HTTP are shown beside it. No worker runs, so nothing but
these calls is under way; what a worker would do first is done for it, or the sweep would start our cases once more.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from bench.bare_door import Bare
from bench.table import Row, at_most, show
from onboarding.case import Role
from onboarding.settings import Settings
from records import staff
from records.database import Database
from run.caller import Caller
from run.local.stack import Stack
from tests.conftest import free_ports

WARM_UP = 10  # calls that are not counted: statements are prepared after five


def body(number: int) -> dict[str, object]:
    person = {"name": f"Sample Person {number}", "birth_date": "1980-04-01", "email": f"p{number}@client.example"}
    client = {"kind": "person", "country": "SE", "timezone": "Europe/Stockholm", "person": person}
    return {"playbook": "saas", "client": client}


async def measure(calls: int) -> list[Row]:
    home = Path(tempfile.mkdtemp(prefix="aboard-bench-"))
    try:
        async with Stack(home, free_ports(), lambda _: None) as stack:
            await stack.start("api")
            return await _measure(stack.settings, calls)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measure(settings: Settings, calls: int) -> list[Row]:
    owner, temporal = settings.database.owner_url.get_secret_value(), settings.temporal.address
    async with (
        Caller(settings.public_url, await _hire(settings)) as api,
        _served(free_ports().api, owner, temporal) as bare_api,
        Bare.connected(owner, temporal) as bare,
    ):

        async def ours(number: int) -> None:
            await api.post("/cases", body(number), key=uuid.uuid4().hex)

        async def bare_over_http(number: int) -> None:
            await bare_api.post("/cases", body(number))

        async def bare_in_process(number: int) -> None:
            await bare.open_case(body(number))

        times = []
        for number in range(WARM_UP + calls):
            times.append([await _timed(deed, number) for deed in (ours, bare_over_http, bare_in_process)])
            await bare.say_started()
    return _rows(times[WARM_UP:])


@asynccontextmanager
async def _served(port: int, database: str, temporal: str) -> AsyncIterator[Caller]:
    """The bare program; the caller waits until it answers."""
    command = [sys.executable, "-m", "bench.bare_door", str(port), database, temporal]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL)
    try:
        async with Caller(f"http://127.0.0.1:{port}", "") as caller:
            yield caller
    finally:
        process.terminate()
        await process.wait()


async def _hire(settings: Settings) -> str:
    """Somebody who may start cases, and somebody who owns them; the token of the first."""
    database = Database(settings.database.url.get_secret_value())
    async with database.session() as session:
        await staff.create(session, name="Owner", email="owner@aboard.example", roles=[Role.CSM])
        _, token = await staff.create(session, name="Desk", email="desk@aboard.example", roles=[Role.STAFF])
    await database.dispose()
    return token


async def _timed(deed: Callable[[int], Awaitable[None]], number: int) -> float:
    began = time.monotonic()
    await deed(number)
    return time.monotonic() - began


def _rows(times: list[list[float]]) -> list[Row]:
    ours, over_http, in_process = (median(column) * 1000 for column in zip(*times, strict=True))
    return [
        at_most("POST /cases against a bare insert and start", ours / over_http, 2, note=f"medians of {len(times)}"),
        Row("  POST /cases", f"{ours:.1f} ms"),
        Row("  bare insert and start behind HTTP", f"{over_http:.1f} ms"),
        Row("  the same without HTTP", f"{in_process:.1f} ms", note=f"{ours / in_process:.2f} times"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50)
    show("The door", asyncio.run(measure(parser.parse_args().calls)))


if __name__ == "__main__":
    main()
