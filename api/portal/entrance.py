"""The way in: a link of a mail is exchanged, by a deliberate act, for a session. Opening it uses nothing up."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import TheDoor
from api.door import Door
from api.portal.access import Visiting, forget, remember
from api.problems import POSTED, errors
from api.repeats import Key, doing_once
from api.views import asked, example
from onboarding.case import Strict
from onboarding.errors import Gone, NotFound
from records import cases
from records.links import LinkUnknown, Purpose, end_session, session_of
from records.rows import Row

router = APIRouter()


class Token(Strict):
    """The last part of a link's address."""

    model_config = asked({"token": "dGhlIGxhc3QgcGFydCBvZiB0aGUgYWRkcmVzcyBpbiBhIG1haWw"})

    token: str = Field(min_length=20, max_length=100)


class Session(Row):
    """`session` is a secret: the cookie carries it, and a program sends it as a bearer token. `to` is the page that
    the link was about."""

    model_config = example(
        {
            "session": "cGFydCBvZiBhIGNvb2tpZSwgb3IgYSBiZWFyZXIgdG9rZW4",
            "case": "case_2m9q0w3e5r7t1y6z4x8k",
            "name": "Sample Person",
            "language": "en",
            "purpose": "portal",
            "subject": None,
            "to": "/portal",
            "expires": "2026-03-02T21:00:00Z",
        }
    )

    session: str
    case: str
    name: str
    language: str
    purpose: Purpose
    subject: str | None
    to: str
    expires: datetime


@router.post("/sessions", status_code=201, response_model=Session, responses=errors(*POSTED, NotFound, Gone))
async def sessions(body: Token, door: TheDoor, key: Key) -> Response:
    """Exchanges a single-use link for a session of thirty idle minutes, twelve hours at most."""
    return await enter(door, body.token, key)


@router.delete("/sessions", status_code=204)
async def leave(visit: Visiting, response: Response) -> None:
    """Ends the session at once."""
    async with visit.door.database.session() as session:
        await end_session(session, visit.secret)
    forget(response, visit.door)


async def enter(door: Door, token: str, key: str) -> Response:
    """The session, as JSON and as a cookie. The same request again gets the same session: a lost answer costs none."""
    async with (
        doing_once(door, f"link {door.mac('link', token)}", key, b"") as once,
        door.database.session() as session,
    ):
        link = await door.links.peek(session, token)
        if link.purpose is Purpose.SURVEY:
            raise LinkUnknown  # it is answered without a session
        secret = await door.links.exchange(session, token)
        opened = await _opened(session, door, secret)
        response = await once.keep(session, opened, 201)
    remember(response, door, secret)
    return response


async def _opened(session: AsyncSession, door: Door, secret: str) -> Session:
    row = await session_of(session, secret)
    case = await cases.case(session, row.case_id)
    client = await cases.client_of(session, door.vault, case.id)
    await door.journal.write(
        session, case.id, actor=f"client:{case.id}", what="portal_entered", reason=row.purpose,
        story=case.clock.story(datetime.now(UTC)), key=f"entered:{row.link_id}:{row.expires.isoformat()}",
    )  # fmt: skip
    return Session(
        session=secret, case=case.id, name=client.person.name, language=client.language, purpose=row.purpose,
        subject=row.subject, to=page_of(row.purpose, row.subject), expires=row.expires,
    )  # fmt: skip


def page_of(purpose: Purpose, subject: str | None) -> str:
    """The page that a link is about; the home page where that is not said."""
    if purpose is Purpose.SIGN and subject:
        return f"/portal/agreements/{subject}"
    if purpose is Purpose.BOOK and subject:
        return f"/portal/meetings/{subject}"
    return "/portal"
