"""Every POST may be repeated: the same Idempotency-Key and body give the same answer, another body is a conflict."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import SignedIn, TheDoor
from api.door import Door
from records.idempotency import Answer, Claim

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The caller's own name for this request; repeated with the same body it gives the same answer.",
        examples=["4c7b9a52-0d5e-4a53-8f0b-6f3f1c1f2a10"],
    ),
]


class Repeated(Exception):
    """This request was answered before, and this is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Once:
    """The right to do the work of one request. `message_id` is the id of the message that it becomes."""

    def __init__(self, door: Door, claim: Claim, message_id: str) -> None:
        self.message_id = message_id
        self._door = door
        self._claim = claim

    async def keep(self, session: AsyncSession, answer: BaseModel, status: int = 200) -> Response:
        """Keeps the answer in the session of the work itself: both are stored, or neither."""
        body = answer.model_dump_json().encode()
        await self._door.idempotency.finish(session, self._claim, status, body)
        return Response(body, status, media_type="application/json")

    async def answer(self, answer: BaseModel, status: int = 200) -> Response:
        """Keeps the answer of work that was done elsewhere, as by the story."""
        async with self._door.database.session() as session:
            return await self.keep(session, answer, status)


@asynccontextmanager
async def doing_once(door: Door, scope: str, key: str, body: bytes) -> AsyncIterator[Once]:
    """Repeated for a request that was answered; a failure inside gives the key back. `scope`: who and what, in ids."""
    claim = await door.idempotency.claim(scope, key, body)
    if isinstance(claim, Answer):
        raise Repeated(claim)
    try:
        yield Once(door, claim, door.message_id(scope, key))
    except BaseException:
        await door.idempotency.release(claim)
        raise


async def _once(request: Request, door: TheDoor, caller: SignedIn, key: Key) -> AsyncIterator[Once]:
    async with doing_once(door, scope_of(request, caller.id), key, await request.body()) as once:
        yield once


def scope_of(request: Request, actor: str) -> str:
    return f"{actor} {request.method} {request.url.path}"


OnceOnly = Annotated[Once, Depends(_once)]


def install(app: FastAPI) -> None:
    app.add_exception_handler(Repeated, _again)


async def _again(request: Request, repeated: Exception) -> Response:
    assert isinstance(repeated, Repeated)
    answer = repeated.answer
    headers = {"Idempotent-Replayed": "true"}
    return Response(answer.body, answer.status, headers, media_type="application/json")
