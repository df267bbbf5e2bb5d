"""Every POST may be repeated: the same Idempotency-Key and body give the same answer, another body is a conflict."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import SignedIn, TheDoor
from api.door import Door
from onboarding.errors import OnboardingError
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


class Going(NamedTuple):
    """Work that is done in one go: its session, the answer, and the database's time at which it was taken up."""

    session: AsyncSession
    answer: Response
    at: datetime


class OneGo:
    """The right to do the work of one request in one transaction of our own records."""

    def __init__(self, door: Door, scope: str, key: str, body: bytes) -> None:
        self._door = door
        self._request = (scope, key, body)

    @asynccontextmanager
    async def at_once(self, answer: BaseModel, status: int = 200) -> AsyncIterator[Going]:
        """A session in which the answer is kept already: what is done in it is stored with the answer, or neither is.
        Repeated for a request that was answered; who repeats it at the same time waits for the first.
        """
        kept = Answer(status, answer.model_dump_json().encode())
        async with self._door.database.session() as session:
            taken = await self._door.idempotency.answer_once(session, *self._request, kept)
            if isinstance(taken, Answer):
                raise Repeated(taken)
            yield Going(session, Response(kept.body, status, media_type="application/json"), taken)


@asynccontextmanager
async def doing_once(door: Door, scope: str, key: str, body: bytes) -> AsyncIterator[Once]:
    """Repeated for a request that was answered. `scope`: who and what, in ids.

    A refusal inside gives the key back: nothing was done, so the request may be mended under it. After anything else,
    an outage or a crash, the story may have heard the message: the same request goes on, another is a conflict.
    """
    claim = await door.idempotency.claim(scope, key, body)
    if isinstance(claim, Answer):
        raise Repeated(claim)
    try:
        yield Once(door, claim, door.message_id(scope, key))
    except BaseException as error:
        await door.idempotency.give_back(claim, mendable=_is_refusal(error))
        raise


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, RequestValidationError) or (isinstance(error, OnboardingError) and not error.retryable)


async def _once(request: Request, door: TheDoor, caller: SignedIn, key: Key) -> AsyncIterator[Once]:
    async with doing_once(door, scope_of(request, caller.id), key, await request.body()) as once:
        yield once


async def _one_go(request: Request, door: TheDoor, caller: SignedIn, key: Key) -> OneGo:
    return OneGo(door, scope_of(request, caller.id), key, await request.body())


def scope_of(request: Request, actor: str) -> str:
    return f"{actor} {request.method} {quote(request.url.path)}"  # a path may hold bytes that no column takes


OnceOnly = Annotated[Once, Depends(_once)]
InOneGo = Annotated[OneGo, Depends(_one_go)]


def install(app: FastAPI) -> None:
    app.add_exception_handler(Repeated, _again)


async def _again(request: Request, repeated: Exception) -> Response:
    assert isinstance(repeated, Repeated)
    answer = repeated.answer
    headers = {"Idempotent-Replayed": "true"}
    return Response(answer.body, answer.status, headers, media_type="application/json")
