"""The door: POST /cases against one bare insert and one bare start, one after the other, on the same servers.

    python -m bench.door                   50 of each, in turns

The bare ones have no HTTP, no encryption, no journal and no idempotency: one row, committed, and one workflow, started.
No worker runs, so nothing but these calls is under way.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import psycopg
from psycopg.types.json import Json
from temporalio.client import Client

from bench.table import Row, at_most, show
from onboarding.case import Role
from onboarding.settings import Settings
from records import staff
from records.database import Database
from run.caller import Caller
from run.local.stack import Stack
from tests.conftest import free_ports

WARM_UP = 5  # calls that are not counted


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
    client = await Client.connect(settings.temporal.address, namespace=settings.temporal.namespace)
    owner = settings.database.owner_url.get_secret_value()
    async with (
        Caller(settings.public_url, await _hire(settings)) as api,
        await psycopg.AsyncConnection.connect(owner) as rows,
    ):
        await rows.execute("CREATE TABLE bare (id text PRIMARY KEY, content jsonb NOT NULL)")
        await rows.commit()

        async def ours(number: int) -> None:
            await api.post("/cases", body(number), key=uuid.uuid4().hex)

        async def bare(number: int) -> None:
            id = uuid.uuid4().hex
            content = Json(body(number))
            await rows.execute("INSERT INTO bare VALUES (%s, %s)", (id, content))
            await rows.commit()
            await client.start_workflow("Bare", id, id=f"bare-{id}", task_queue="bare")

        times = [(await _timed(ours, n), await _timed(bare, n)) for n in range(WARM_UP + calls)][WARM_UP:]
    return _rows(times)


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


def _rows(times: list[tuple[float, float]]) -> list[Row]:
    ours, bare = (median(column) * 1000 for column in zip(*times, strict=True))
    return [
        at_most("POST /cases against a bare insert and start", ours / bare, 2, note=f"medians of {len(times)}"),
        Row("  POST /cases", f"{ours:.0f} ms"),
        Row("  insert and start", f"{bare:.0f} ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50)
    show("The door", asyncio.run(measure(parser.parse_args().calls)))


if __name__ == "__main__":
    main()
