"""Holds: while one stands, or a sanctions hit is confirmed, no commercial mail goes to the client; it is kept."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from records.rows import Row
from records.signals import SignalState
from records.tables import CaseRecord, HoldRecord, KeptMail, SignalRecord

SANCTIONS = ("list_hit", "sanctioned_ownership")  # kinds of signals that hold a client once they are confirmed


class Hold(Row):
    id: str
    reason: str
    actor: str
    since_story: datetime


async def place(session: AsyncSession, client_id: str, *, reason: str, actor: str, story: datetime) -> None:
    """Holds a client; one that is held already stays held as it was."""
    if await standing(session, client_id) is None:
        session.add(HoldRecord(id=new_id("hold"), client_id=client_id, reason=reason, actor=actor, since_story=story))
        await session.flush()


async def lift(session: AsyncSession, client_id: str, *, actor: str, story: datetime) -> None:
    await session.execute(
        update(HoldRecord)
        .where(HoldRecord.client_id == client_id, HoldRecord.lifted_story.is_(None))
        .values(lifted_by=actor, lifted_story=story)
    )


async def standing(session: AsyncSession, client_id: str) -> Hold | None:
    row = await session.scalar(
        select(HoldRecord).where(HoldRecord.client_id == client_id, HoldRecord.lifted_story.is_(None))
    )
    return Hold.model_validate(row) if row else None


async def held(session: AsyncSession, case_id: str) -> bool:
    """Whether the client of this case is held, by a hold or by a confirmed hit in one of its cases."""
    client_id = await session.scalar(select(CaseRecord.client_id).where(CaseRecord.id == case_id))
    if client_id is None:
        return False
    confirmed = (
        select(SignalRecord.id)
        .join(CaseRecord, CaseRecord.id == SignalRecord.case_id)
        .where(
            CaseRecord.client_id == client_id,
            SignalRecord.kind.in_(SANCTIONS),
            SignalRecord.state == SignalState.CONFIRMED,
        )
    )
    return await standing(session, client_id) is not None or await session.scalar(confirmed.limit(1)) is not None


async def keep_mail(session: AsyncSession, case_id: str, key: str, notice: dict[str, object]) -> None:
    """Keeps the order of a mail, in ids and codes, for the end of the hold."""
    statement = insert(KeptMail).values(case_id=case_id, key=key, notice=notice)
    await session.execute(statement.on_conflict_do_nothing())


async def kept_mails(session: AsyncSession, client_id: str) -> list[dict[str, object]]:
    """The orders that wait, the oldest first."""
    rows = await session.scalars(
        select(KeptMail.notice)
        .join(CaseRecord, CaseRecord.id == KeptMail.case_id)
        .where(CaseRecord.client_id == client_id, KeptMail.sent.is_(None))
        .order_by(KeptMail.kept, KeptMail.key)
    )
    return list(rows)


async def mail_sent(session: AsyncSession, case_id: str, key: str) -> None:
    await session.execute(
        update(KeptMail)
        .where(KeptMail.case_id == case_id, KeptMail.key == key, KeptMail.sent.is_(None))
        .values(sent=func.clock_timestamp())
    )
