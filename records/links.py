"""Links in mails, and the sessions they are exchanged for. All times here are real.

A link's token is an HMAC over its id and generation: it can be made again for a repeated mail, byte for byte, and only
its hash is stored. Opening a link (`peek`) uses nothing up, since mail scanners do; exchanging it does.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from onboarding.errors import Gone, NotFound, Unauthenticated
from records.rows import Row, found
from records.tables import LinkRecord, SessionRecord

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)


class LinkUnknown(NotFound):
    """This link leads nowhere; it may have been replaced by a newer one."""

    code = "link_unknown"


class LinkExpired(Gone):
    """This link has expired; a new one can be asked for."""

    code = "link_expired"


class LinkUsed(Gone):
    """This link was used already; a new one can be asked for."""

    code = "link_used"


class SessionOver(Unauthenticated):
    """This session is over; a link opens a new one."""

    code = "session_over"


class Purpose(StrEnum):
    PORTAL = "portal"
    SURVEY = "survey"
    SIGN = "sign"
    BOOK = "book"


class LinkRow(Row):
    """`subject` is the id of what the link is about: a survey, an agreement, a meeting."""

    id: str
    case_id: str
    purpose: Purpose
    subject: str | None
    generation: int
    expires: datetime
    used: datetime | None


class SessionRow(Row):
    case_id: str
    link_id: str
    purpose: Purpose
    subject: str | None
    idle_until: datetime
    expires: datetime


class Links:
    """Makes and takes links; `door_key` is 32 secret bytes of the door."""

    def __init__(self, door_key: bytes) -> None:
        self._key = door_key

    async def create(
        self,
        session: AsyncSession,
        case_id: str,
        purpose: Purpose,
        *,
        key: str,
        valid_for: timedelta,
        subject: str | None = None,
    ) -> str:
        """The id of the link. The same `key` in a case is the same link, with its first expiry."""
        link_id = new_id("link")
        statement = insert(LinkRecord).values(
            id=link_id, case_id=case_id, key=key, purpose=purpose, subject=subject, generation=1,
            token_hash=_hash(self._token(link_id, 1)), expires=func.clock_timestamp() + valid_for,
        )  # fmt: skip
        await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "key"]))
        known = await session.scalars(select(LinkRecord.id).where(LinkRecord.case_id == case_id, LinkRecord.key == key))
        return known.one()

    async def mint(self, session: AsyncSession, link_id: str) -> str:
        """The link's token, the same each time until it is renewed. For the mail only: never logged, never stored."""
        row = await found(session, LinkRecord, link_id, LinkUnknown.code)
        return self._token(row.id, row.generation)

    async def peek(self, session: AsyncSession, token: str) -> LinkRow:
        """The link, not used up. LinkUnknown, LinkUsed or LinkExpired when it cannot be exchanged any more."""
        result = await session.execute(
            select(LinkRecord, LinkRecord.expires <= func.clock_timestamp())
            .where(LinkRecord.token_hash == _hash(token))
            .execution_options(populate_existing=True)
        )
        row = result.one_or_none()
        if row is None:
            raise LinkUnknown
        link, expired = row
        if link.used is not None:
            raise LinkUsed
        if expired:
            raise LinkExpired
        return LinkRow.model_validate(link)

    async def known(self, session: AsyncSession, token: str) -> LinkRow:
        """The link whether or not it can still be used: whoever holds it may be told whom to ask. Else LinkUnknown."""
        rows = await session.scalars(select(LinkRecord).where(LinkRecord.token_hash == _hash(token)))
        row = rows.one_or_none()
        if row is None:
            raise LinkUnknown
        return LinkRow.model_validate(row)

    async def exchange(self, session: AsyncSession, token: str) -> str:
        """Uses the link up and answers the secret id of a new session; of two at once, one gets LinkUsed."""
        taken = await session.scalars(
            update(LinkRecord)
            .where(
                LinkRecord.token_hash == _hash(token),
                LinkRecord.used.is_(None),
                LinkRecord.expires > func.clock_timestamp(),
            )
            .values(used=func.clock_timestamp())
            .returning(LinkRecord)
            .execution_options(populate_existing=True)
        )
        link = taken.one_or_none()
        if link is None:
            await self.peek(session, token)  # says why
            raise LinkUsed
        return await _open_session(session, SessionRecord(
            case_id=link.case_id, link_id=link.id, purpose=link.purpose, subject=link.subject,
            expires=await _now(session) + ABSOLUTE,
        ))  # fmt: skip

    def _token(self, link_id: str, generation: int) -> str:
        mac = hmac.new(self._key, f"{link_id}/{generation}".encode(), sha256).digest()
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")


async def revoke(session: AsyncSession, case_id: str) -> None:
    """Ends all links and sessions of a case at once."""
    await session.execute(
        update(LinkRecord)
        .where(LinkRecord.case_id == case_id, LinkRecord.expires > func.clock_timestamp())
        .values(expires=func.clock_timestamp())
    )
    await session.execute(delete(SessionRecord).where(SessionRecord.case_id == case_id))


async def session_of(session: AsyncSession, secret: str) -> SessionRow:
    """The client's session under its secret id, kept awake; SessionOver when there is none any more."""
    rows = await session.scalars(
        update(SessionRecord)
        .where(
            SessionRecord.token_hash == _hash(secret),
            SessionRecord.idle_until > func.clock_timestamp(),
            SessionRecord.expires > func.clock_timestamp(),
        )
        .values(idle_until=func.clock_timestamp() + IDLE)
        .returning(SessionRecord)
        .execution_options(populate_existing=True)
    )
    row = rows.one_or_none()
    if row is None:
        raise SessionOver
    return SessionRow.model_validate(row)


async def end_session(session: AsyncSession, secret: str) -> None:
    await session.execute(delete(SessionRecord).where(SessionRecord.token_hash == _hash(secret)))


async def purge_sessions(session: AsyncSession) -> None:
    """Drops the rows of sessions that are over."""
    await session.execute(delete(SessionRecord).where(SessionRecord.expires < func.clock_timestamp()))


async def _open_session(session: AsyncSession, row: SessionRecord) -> str:
    secret = secrets.token_urlsafe(32)
    row.token_hash = _hash(secret)
    row.idle_until = await _now(session) + IDLE
    session.add(row)
    await session.flush()
    return secret


async def _now(session: AsyncSession) -> datetime:
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
