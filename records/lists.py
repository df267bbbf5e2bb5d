"""Sources of lists as the refreshing found them last, and who let in a version that loses much."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.rows import Row
from records.tables import ListReleaseRecord, ListSourceRecord


class SourceRow(Row):
    """`reason` says why the last asking came to nothing, since `failed_since`; all times are real."""

    name: str
    marks: dict[str, object]
    asked: datetime | None
    answered: datetime | None
    version: str | None
    held: str | None
    failed_since: datetime | None
    reason: str | None
    alerted: str | None
    swept: str | None


async def source(session: AsyncSession, name: str) -> SourceRow:
    """What is known of a source; nothing at first."""
    await session.execute(insert(ListSourceRecord).values(name=name).on_conflict_do_nothing())
    return SourceRow.model_validate(await session.get_one(ListSourceRecord, name, populate_existing=True))


async def sources(session: AsyncSession) -> list[SourceRow]:
    return [
        SourceRow.model_validate(row)
        for row in await session.scalars(select(ListSourceRecord).order_by(ListSourceRecord.name))
    ]


async def answered(
    session: AsyncSession, name: str, at: datetime, *, marks: Mapping[str, object], version: str | None
) -> None:
    """A good answer: `version` is in force."""
    await _set(
        session, name, asked=at, answered=at, marks=dict(marks), version=version, held=None, failed_since=None,
        reason=None, alerted=None,
    )  # fmt: skip


async def failed(
    session: AsyncSession, name: str, at: datetime, reason: str, *, held: str | None = None,
    marks: Mapping[str, object] | None = None,
) -> None:  # fmt: skip
    """No good answer, for this reason; since when is remembered until there is one."""
    before = await source(session, name)
    changed = {} if marks is None else {"marks": dict(marks)}
    await _set(
        session, name, asked=at, failed_since=before.failed_since or at, reason=reason, held=held, **changed
    )  # fmt: skip


async def alerted(session: AsyncSession, name: str, what: str) -> None:
    """Staff have heard of it."""
    await _set(session, name, alerted=what)


async def swept(session: AsyncSession, name: str, version: str) -> None:
    """The clients were compared with this version."""
    await _set(session, name, swept=version)


async def release(session: AsyncSession, version: str, staff_id: str) -> list[str]:
    """One person lets a version in; who has done so by now. The same person twice is one."""
    await session.execute(insert(ListReleaseRecord).values(version=version, staff_id=staff_id).on_conflict_do_nothing())
    return await released_by(session, version)


async def released_by(session: AsyncSession, version: str) -> list[str]:
    rows = await session.scalars(
        select(ListReleaseRecord.staff_id)
        .where(ListReleaseRecord.version == version)
        .order_by(ListReleaseRecord.at, ListReleaseRecord.staff_id)
    )
    return list(rows)


async def _set(session: AsyncSession, name: str, **values: object) -> None:
    await session.execute(update(ListSourceRecord).where(ListSourceRecord.name == name).values(**values))
