"""Conditions of an approval: what, by whom, until when. They outlive the step and the case that they came from."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Moment, Strict
from onboarding.errors import Conflict
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import seal, unseal
from records.tables import ConditionRecord


class ConditionState(StrEnum):
    PROPOSED = "proposed"  # in a voice that does not stand yet
    OPEN = "open"
    OVERDUE = "overdue"  # the review is open again because of it
    MET = "met"
    DROPPED = "dropped"  # the decision was another one, or the case ended without a client


_TO_BE_MET = (ConditionState.OPEN, ConditionState.OVERDUE)


class ConditionClosed(Conflict):
    """This condition is not open: it was met, or it never came to stand."""

    code = "condition_not_open"


class NewCondition(Strict):
    """`owner` is a staff id; `days` are calendar days from the decision; `words` say it in full."""

    id: str
    case_id: str
    review_id: str
    code: Code
    owner: str
    days: int
    words: str | None
    proposed_by: str


class ConditionRow(Row):
    id: str
    case_id: str
    review_id: str
    code: str
    owner: str
    days: int
    proposed_by: str
    state: ConditionState
    task_id: str | None
    due: Moment | None
    closed_by: str | None
    closed_story: datetime | None
    reason: str | None


async def propose(session: AsyncSession, vault: Vault, new: Sequence[NewCondition]) -> None:
    """Keeps the conditions of a voice; proposed again under the same ids they are the same."""
    for one in new:
        said = {"words": one.words} if one.words else None
        sealed = said and await seal(session, vault, one.case_id, Retention.KYC, {**said}, _context(one.id))
        values = one.model_dump(exclude={"words"}) | {"words": sealed, "state": ConditionState.PROPOSED}
        await session.execute(insert(ConditionRecord).values(**values).on_conflict_do_nothing())


async def take_back(session: AsyncSession, ids: Sequence[str]) -> None:
    """The voice that they belonged to was refused."""
    await session.execute(
        delete(ConditionRecord).where(ConditionRecord.id.in_(ids), ConditionRecord.state == ConditionState.PROPOSED)
    )


async def open_(session: AsyncSession, condition_id: str, *, task: str, due: Moment) -> None:
    """It stands, with a task and a due date."""
    row = await found(session, ConditionRecord, condition_id, "condition_not_found")
    if row.state == ConditionState.PROPOSED:
        row.state, row.task_id, row.due = ConditionState.OPEN, task, due
    await session.flush()


async def close(session: AsyncSession, condition_id: str, *, reason: str, by: str, story: datetime) -> ConditionRow:
    """It is met, in time or late; ConditionClosed when there was nothing to meet."""
    closed = await session.scalars(
        update(ConditionRecord)
        .where(ConditionRecord.id == condition_id, ConditionRecord.state.in_(_TO_BE_MET))
        .values(state=ConditionState.MET, reason=reason, closed_by=by, closed_story=story)
        .returning(ConditionRecord.id)
    )
    if closed.one_or_none() is None:
        raise ConditionClosed
    return await condition(session, condition_id)


async def extend(session: AsyncSession, condition_id: str, due: Moment) -> ConditionRow:
    """More time: it is open again until `due`; ConditionClosed when there is nothing to meet."""
    row = await found(session, ConditionRecord, condition_id, "condition_not_found")
    if row.state not in _TO_BE_MET:
        raise ConditionClosed
    row.state, row.due = ConditionState.OPEN, due
    await session.flush()
    return await condition(session, condition_id)


async def drop(session: AsyncSession, *, review_id: str | None = None, case_id: str | None = None) -> list[str]:
    """The proposed ones of a review that ended otherwise, or all of a case that came to nothing. Answers the tasks."""
    query = update(ConditionRecord).values(state=ConditionState.DROPPED)
    if review_id is not None:
        query = query.where(ConditionRecord.review_id == review_id, ConditionRecord.state == ConditionState.PROPOSED)
    else:
        unmet = (*_TO_BE_MET, ConditionState.PROPOSED)
        query = query.where(ConditionRecord.case_id == case_id, ConditionRecord.state.in_(unmet))
    return [task for task in await session.scalars(query.returning(ConditionRecord.task_id)) if task]


async def fall_due(session: AsyncSession, case_id: str, story: datetime) -> list[ConditionRow]:
    """Marks the open conditions that are past their due date at `story`, and answers those that are overdue."""
    await session.execute(
        update(ConditionRecord)
        .where(
            ConditionRecord.case_id == case_id,
            ConditionRecord.state == ConditionState.OPEN,
            ConditionRecord.due_effective <= story,
        )
        .values(state=ConditionState.OVERDUE)
    )
    return [row for row in await conditions(session, case_id) if row.state is ConditionState.OVERDUE]


async def earliest_due(session: AsyncSession, case_id: str) -> datetime | None:
    """When the first open condition is due, in story time."""
    return await session.scalar(
        select(func.min(ConditionRecord.due_effective)).where(
            ConditionRecord.case_id == case_id, ConditionRecord.state == ConditionState.OPEN
        )
    )


async def condition(session: AsyncSession, condition_id: str) -> ConditionRow:
    return ConditionRow.model_validate(await found(session, ConditionRecord, condition_id, "condition_not_found"))


async def words(session: AsyncSession, vault: Vault, condition_id: str) -> str | None:
    row = await found(session, ConditionRecord, condition_id, "condition_not_found")
    said = await unseal(session, vault, row.case_id, row.words, _context(row.id))
    return str(said["words"]) if said else None


async def conditions(
    session: AsyncSession, case_id: str | None = None, *, state: str | None = None, limit: int = 200
) -> list[ConditionRow]:
    """Those that fit, the first due first."""
    query = select(ConditionRecord).order_by(ConditionRecord.due_effective.nulls_last(), ConditionRecord.at)
    query = query if case_id is None else query.where(ConditionRecord.case_id == case_id)
    query = query if state is None else query.where(ConditionRecord.state == state)
    rows = await session.scalars(query.limit(limit).execution_options(populate_existing=True))
    return [ConditionRow.model_validate(row) for row in rows]


def _context(condition_id: str) -> str:
    return f"condition/{condition_id}"
