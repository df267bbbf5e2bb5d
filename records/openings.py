"""Who opened which evidence: the first time counts, and nothing is taken back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.rows import Row
from records.tables import OpeningRecord


class OpeningRow(Row):
    """`what` is `signal`, `extract` (what was read from a document) or `document`, `subject` the id."""

    actor: str
    what: str
    subject: str
    at: datetime


async def opened(session: AsyncSession, case_id: str, actor: str, what: str, subjects: Sequence[str]) -> None:
    """Notes that this person saw the evidence of these signals, or read these documents."""
    if subjects:
        rows = [{"actor": actor, "subject": subject, "case_id": case_id, "what": what} for subject in subjects]
        await session.execute(insert(OpeningRecord).values(rows).on_conflict_do_nothing())


async def openings(session: AsyncSession, case_id: str) -> list[OpeningRow]:
    query = select(OpeningRecord).where(OpeningRecord.case_id == case_id).order_by(OpeningRecord.at)
    return [OpeningRow.model_validate(row) for row in await session.scalars(query)]
