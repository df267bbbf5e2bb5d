"""The monthly sample of near misses: which screenings were drawn, and that a month was sampled at all."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.keys import Erased, Vault
from records.rows import Row
from records.sealing import Content, unseal
from records.tables import HouseEntry, SampleRecord, ScreeningRecord

SAMPLED = "near_misses_sampled"


class Stored(Row):
    id: str
    case_id: str
    evidence: Content


async def sampled(session: AsyncSession, month: str) -> bool:
    """Whether the sample of a month, `2026-03`, was drawn: the journal of the house says so."""
    query = select(exists().where(HouseEntry.what == SAMPLED, HouseEntry.about == month))
    return bool(await session.scalar(query))


async def screenings(session: AsyncSession, vault: Vault, month: date) -> AsyncIterator[Stored]:
    """The screenings of the month before, opened, one after the other; what was erased is left out."""
    until = datetime(month.year, month.month, 1, tzinfo=UTC)
    since = (until - timedelta(days=1)).replace(day=1)
    query = (
        select(ScreeningRecord)
        .where(ScreeningRecord.at >= since, ScreeningRecord.at < until, ScreeningRecord.evidence.is_not(None))
        .order_by(ScreeningRecord.id)
    )
    for row in (await session.scalars(query)).all():
        try:
            evidence = await unseal(session, vault, row.case_id, row.evidence, f"screening/{row.case_id}/{row.key}")
        except Erased:
            continue
        yield Stored(id=row.id, case_id=row.case_id, evidence=evidence or {})


async def draw(session: AsyncSession, month: str, screening_id: str, task_id: str) -> None:
    """Notes that a screening was drawn, and the task that asks somebody to look at it."""
    values = {"month": month, "screening_id": screening_id, "task_id": task_id}
    await session.execute(insert(SampleRecord).values(**values).on_conflict_do_nothing())


async def drawn(session: AsyncSession, month: str) -> list[str]:
    """The screenings that were drawn in a month."""
    query = select(SampleRecord.screening_id).where(SampleRecord.month == month).order_by(SampleRecord.screening_id)
    return list(await session.scalars(query))
