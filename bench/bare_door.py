"""The least that can answer POST /cases: a row is inserted and committed, a workflow is started. There are no tokens,
no keys of requests, no checks, no encryption and no journal. It is served as the API is: FastAPI on uvicorn, in a
process of its own, with the same database role's rights to write and the same Temporal server.

    python -m bench.bare_door PORT DATABASE_URL TEMPORAL_ADDRESS
"""

import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI
from psycopg.types.json import Json
from temporalio.client import Client

TABLE = "CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, content jsonb NOT NULL)"


class Bare:
    """One insert and one start, as a program would do them that does nothing else."""

    def __init__(self, rows: psycopg.AsyncConnection, client: Client) -> None:
        self._rows = rows
        self._client = client

    @classmethod
    @asynccontextmanager
    async def connected(cls, database: str, temporal: str) -> AsyncIterator["Bare"]:
        async with await psycopg.AsyncConnection.connect(database) as rows:
            await rows.execute(TABLE)
            await rows.commit()
            yield cls(rows, await Client.connect(temporal))

    async def open_case(self, content: dict[str, object]) -> dict[str, str]:
        id = uuid.uuid4().hex
        await self._rows.execute("INSERT INTO bare VALUES (%s, %s)", (id, Json(content)))
        await self._rows.commit()
        await self._client.start_workflow("Bare", id, id=f"bare-{id}", task_queue="bare")
        return {"case": id}

    async def say_started(self) -> None:
        """What the first activity of each of our cases says."""
        await self._rows.execute("UPDATE cases SET started = clock_timestamp() WHERE started IS NULL")
        await self._rows.commit()


def create_app(database: str, temporal: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Bare.connected(database, temporal) as bare:
            app.add_api_route("/api/v1/cases", bare.open_case, methods=["POST"], status_code=202)
            yield

    return FastAPI(lifespan=lifespan)


if __name__ == "__main__":
    port, database, temporal = sys.argv[1:]
    uvicorn.run(create_app(database, temporal), port=int(port), access_log=False, log_level="warning")
