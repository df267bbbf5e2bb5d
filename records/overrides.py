"""Overrides: another band than the rating gave. One person proposes it, a second confirms or declines it."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, Code, Strict
from records.rows import Row, found
from records.tables import OverrideRecord


class NewOverride(Strict):
    """`note` is the id of the justification, which is sealed."""

    id: str
    case_id: str
    review_id: str
    before: Band
    band: Band
    reason: Code
    note: str
    proposed_by: str
    proposed_story: datetime


class OverrideRow(Row):
    """`state`: proposed, confirmed or declined; `void` when its review ended first."""

    id: str
    case_id: str
    review_id: str
    before: Band
    band: Band
    reason: str
    note: str
    proposed_by: str
    proposed_story: datetime
    state: str
    second: str | None
    decided_story: datetime | None


async def propose(session: AsyncSession, new: NewOverride) -> None:
    """Proposed again under the same id it is the same."""
    statement = insert(OverrideRecord).values(**new.model_dump(), state="proposed")
    await session.execute(statement.on_conflict_do_nothing())


async def decide(session: AsyncSession, override_id: str, state: str, *, second: str, story: datetime) -> OverrideRow:
    """Confirms or declines it, once. The database refuses a second person who is the first."""
    await session.execute(
        update(OverrideRecord)
        .where(OverrideRecord.id == override_id, OverrideRecord.state == "proposed")
        .values(state=state, second=second, decided_story=story)
    )
    return await override(session, override_id)


async def void(session: AsyncSession, review_id: str) -> None:
    """What nobody confirmed while its review was open has come to nothing."""
    await session.execute(
        update(OverrideRecord)
        .where(OverrideRecord.review_id == review_id, OverrideRecord.state == "proposed")
        .values(state="void")
    )


async def override(session: AsyncSession, override_id: str) -> OverrideRow:
    return OverrideRow.model_validate(await found(session, OverrideRecord, override_id, "override_not_found"))


async def overrides(session: AsyncSession, case_id: str) -> list[OverrideRow]:
    rows = await session.scalars(
        select(OverrideRecord)
        .where(OverrideRecord.case_id == case_id)
        .order_by(OverrideRecord.at)
        .execution_options(populate_existing=True)
    )
    return [OverrideRow.model_validate(row) for row in rows]
