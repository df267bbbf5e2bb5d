"""The client at the door: a session that a link was exchanged for, carried by a cookie or as a bearer token."""

import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import BackgroundTasks, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import TheDoor
from api.door import Door
from api.repeats import doing_once
from onboarding.case import Client, Holder
from onboarding.errors import Forbidden, OnboardingError, Unauthenticated
from onboarding.messages import Evidence, Receipt
from records import cases, tasks
from records.cases import CaseRow
from records.links import ABSOLUTE, SessionRow, session_of

LIFE = 60.0  # real seconds between two signs of life of one session

_bearer = HTTPBearer(auto_error=False, scheme_name="client", description="A session of the portal")


class ForeignOrigin(Forbidden):
    """This was sent from a page that is not ours."""

    code = "foreign_origin"


@dataclass(frozen=True)
class Visit:
    """A client who is signed in."""

    door: Door
    secret: str = field(repr=False)
    session: SessionRow
    case: CaseRow
    client: Client = field(repr=False)

    @property
    def actor(self) -> str:
        return f"client:{self.case.id}"

    @property
    def language(self) -> str:
        return self.client.language

    def now(self) -> datetime:
        """Story time."""
        return self.case.clock.story(datetime.now(UTC))

    async def tell(self, step: str, what: str, evidence: Evidence, message_id: str) -> Receipt:
        return await self.door.story.tell(self.case.id, step, what, self.actor, evidence, message_id)

    async def write(
        self, session: AsyncSession, what: str, key: str, *, reason: str | None = None, **detail: object
    ) -> None:
        """A journal entry by the client; `detail` is sealed."""
        await self.door.journal.write(
            session, self.case.id, actor=self.actor, what=what, reason=reason, story=self.now(), key=key, detail=detail
        )

    @asynccontextmanager
    async def or_take_back(self, undo: Callable[[AsyncSession, str], Awaitable[None]]) -> AsyncIterator[None]:
        """When the story refuses, what was stored for it is taken back, with the reason code. An outage is no refusal:
        the same request under the same key will find what was stored."""
        try:
            yield
        except OnboardingError as refusal:
            if not refusal.retryable:
                async with self.door.database.session() as session:
                    await undo(session, refusal.reason)
            raise

    async def once(
        self, what: str, key: str, body: BaseModel, work: Callable[[str], Awaitable[BaseModel]], status: int = 200
    ) -> Response:
        """Does the work, given the id of its message; the same again under the same key gets the first answer."""
        said = body.model_dump_json().encode()
        async with doing_once(self.door, f"{self.actor} {what}", key, said) as once:
            return await once.answer(await work(once.message_id), status)


class Pulse:
    """Tells the open step, at most once a minute for each session, that its client is here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}

    async def beat(self, visit: Visit) -> None:
        # only a courtesy: the request that brought it has been answered already
        with suppress(OnboardingError):
            if self._due(visit.door.mac("pulse", visit.secret)):
                await self._tell(visit)

    def _due(self, who: str) -> bool:
        now = self._clock()
        if now - self._last.get(who, -LIFE) < LIFE:
            return False
        self._last = {known: at for known, at in self._last.items() if now - at < LIFE} | {who: now}
        return True

    async def _tell(self, visit: Visit) -> None:
        async with visit.door.database.session() as session:
            held = await tasks.tasks(session, case_id=visit.case.id, state="open", holder=Holder.CLIENT)
        for step in sorted({task.step for task in held}):
            about = visit.door.message_id(f"{visit.actor} sign_of_life {step}", f"{datetime.now(UTC):%Y%m%d%H%M}")
            await visit.tell(step, "sign_of_life", {}, about)


async def same_origin(request: Request, door: TheDoor) -> None:
    """Other sites cannot make a client's browser act: the browser itself says where a request comes from."""
    if request.method in ("GET", "HEAD") or "authorization" in request.headers:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = {urlsplit(door.public_url).netloc, request.headers.get("host", "")}
    if site not in ("same-origin", "none") if site else origin is not None and urlsplit(origin).netloc not in ours:
        raise ForeignOrigin


async def visit(
    request: Request,
    door: TheDoor,
    background: BackgroundTasks,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Visit:
    secret = credentials.credentials if credentials else request.cookies.get(cookie_name(door), "")
    if not secret:
        raise Unauthenticated
    known = await visit_of(door, secret)
    if request.method == "GET":
        background.add_task(_pulse(request).beat, known)
    return known


def _pulse(request: Request) -> Pulse:
    state = request.app.state
    if not hasattr(state, "pulse"):
        state.pulse = Pulse()
    return cast(Pulse, state.pulse)


async def visit_of(door: Door, secret: str) -> Visit:
    """The visit under a session's secret id; SessionOver when there is none any more."""
    async with door.database.session() as session:
        row = await session_of(session, secret)
        case = await cases.case(session, row.case_id)
        return Visit(door, secret, row, case, await cases.client_of(session, door.vault, row.case_id))


Visiting = Annotated[Visit, Depends(visit)]


def cookie_name(door: Door) -> str:
    """Browsers take the `__Host-` prefix only with TLS, which loopback does not have."""
    return "__Host-aboard" if _secure(door) else "aboard"


def remember(response: Response, door: Door, secret: str, lasts: timedelta = ABSOLUTE) -> None:
    response.set_cookie(
        cookie_name(door), secret, max_age=int(lasts.total_seconds()), path="/", secure=_secure(door), httponly=True,
        samesite="lax",
    )  # fmt: skip


def forget(response: Response, door: Door) -> None:
    response.delete_cookie(cookie_name(door), path="/", secure=_secure(door), httponly=True, samesite="lax")


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _secure(door: Door) -> bool:
    return door.public_url.startswith("https:")
