"""The steps of a case and what each waits for, as the workflows project them. All times are story times."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Holder, Moment, StepState
from onboarding.plan import PlannedStep
from records.rows import Row, found
from records.tables import StepRecord, TaskRecord, WaitRecord


class StepRow(Row):
    key: str
    position: int
    kind: str
    owner: str
    state: StepState
    outcome: str | None
    due: Moment | None
    opened_story: datetime | None
    closed_story: datetime | None


class WaitRow(Row):
    """What a step waits for, who holds it, since when, and when it wakes next."""

    case_id: str
    step: str
    holder: Holder
    why: str
    since_story: datetime
    wakes_story: datetime


async def save_steps(session: AsyncSession, case_id: str, planned: Sequence[PlannedStep]) -> None:
    """Stores the steps of a plan; those that are there already keep their state."""
    for position, one in enumerate(planned):
        state = StepState.PENDING if one.state == "planned" else StepState.SKIPPED
        statement = insert(StepRecord).values(
            case_id=case_id, key=one.step.key, position=position, kind=one.step.kind, owner=one.owner, state=state,
            due_nominal=one.due.nominal, due_effective=one.due.effective, due_reason=one.due.reason,
        )  # fmt: skip
        await session.execute(statement.on_conflict_do_nothing())


async def steps(session: AsyncSession, case_id: str) -> list[StepRow]:
    """In the order of the plan."""
    rows = await session.scalars(
        select(StepRecord)
        .where(StepRecord.case_id == case_id)
        .order_by(StepRecord.position)
        .execution_options(populate_existing=True)
    )
    return [StepRow.model_validate(row) for row in rows]


async def step(session: AsyncSession, case_id: str, key: str) -> StepRow:
    return StepRow.model_validate(await found(session, StepRecord, (case_id, key), "step_not_found"))


async def open_step(session: AsyncSession, case_id: str, key: str, story: datetime) -> None:
    """The first opening counts; a step that is over stays so."""
    await session.execute(
        update(StepRecord)
        .where(StepRecord.case_id == case_id, StepRecord.key == key, StepRecord.state == StepState.PENDING)
        .values(state=StepState.OPEN, opened_story=story)
    )


async def close_step(
    session: AsyncSession, case_id: str, key: str, story: datetime, state: StepState, outcome: str
) -> None:
    """Ends a step as `done`, `skipped` or `closed`, with the code of its outcome, and clears its wait."""
    await session.execute(
        update(StepRecord)
        .where(StepRecord.case_id == case_id, StepRecord.key == key)
        .values(state=state, closed_story=story, outcome=outcome)
    )
    await clear_wait(session, case_id, key)


async def shift_due(session: AsyncSession, case_id: str, by: timedelta, reason: str) -> None:
    """Moves the effective due dates of all open steps and tasks, and of the steps to come; nominal dates stay."""
    unfinished = [StepState.PENDING, StepState.OPEN]
    await session.execute(
        update(StepRecord)
        .where(StepRecord.case_id == case_id, StepRecord.state.in_(unfinished))
        .values(due_effective=StepRecord.due_effective + by, due_reason=reason)
    )
    await session.execute(
        update(TaskRecord)
        .where(TaskRecord.case_id == case_id, TaskRecord.state == "open", TaskRecord.due_effective.is_not(None))
        .values(due_effective=TaskRecord.due_effective + by, due_reason=reason)
    )


async def set_wait(
    session: AsyncSession,
    case_id: str,
    key: str,
    *,
    holder: Holder,
    since: datetime,
    wakes_at: datetime,
    why: str,
) -> None:
    """What the step waits for now; it replaces what it waited for before. The case itself waits as `onboarding`."""
    values = {"holder": holder, "since_story": since, "wakes_story": wakes_at, "why": why}
    statement = insert(WaitRecord).values(case_id=case_id, step=key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["case_id", "step"], set_=values))


async def clear_wait(session: AsyncSession, case_id: str, key: str) -> None:
    await session.execute(delete(WaitRecord).where(WaitRecord.case_id == case_id, WaitRecord.step == key))


async def waits(session: AsyncSession, case_ids: Sequence[str]) -> list[WaitRow]:
    """All open waits of these cases, the next to wake first."""
    rows = await session.scalars(
        select(WaitRecord)
        .where(WaitRecord.case_id.in_(case_ids))
        .order_by(WaitRecord.wakes_story)
        .execution_options(populate_existing=True)
    )
    return [WaitRow.model_validate(row) for row in rows]
