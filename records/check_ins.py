"""Check-ins at day 30, 60 and 90: their dates, the brief as it was seen, what was recorded, what they came to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import CheckInOutcome, Code, Moment, Strict, new_id
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, seal, unseal
from records.tables import CheckInRecord, Facts


class NewCheckIn(Strict):
    """`dates` are the further story times of it (brief, survey, invitation) by name."""

    case_id: str
    step: Code
    day: int | None
    due: Moment
    dates: dict[str, datetime]
    merged: bool = False


class CheckInRow(Row):
    id: str
    case_id: str
    step: str
    day: int | None
    due: Moment | None
    dates: dict[str, datetime]
    merged: bool
    outcome: CheckInOutcome | None
    reasons: list[str]
    missing: list[str]
    recorded: Facts | None
    recorded_by: str | None
    exit_criterion: str | None
    closed_story: datetime | None


async def plan_check_in(session: AsyncSession, new: NewCheckIn) -> str:
    """The id of the check-in; the one of this step when there is one, with the dates it had."""
    values = new.model_dump(exclude={"due", "dates"}) | {
        "id": new_id("checkin"),
        "dates": {name: at.isoformat() for name, at in new.dates.items()},
        "due_nominal": new.due.nominal, "due_effective": new.due.effective, "due_reason": new.due.reason,
    }  # fmt: skip
    statement = insert(CheckInRecord).values(**values)
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "step"]))
    known = select(CheckInRecord.id).where(CheckInRecord.case_id == new.case_id, CheckInRecord.step == new.step)
    return (await session.scalars(known)).one()


async def save_brief(session: AsyncSession, vault: Vault, check_in_id: str, brief: Content) -> None:
    """Freezes the brief as the CSM sees it; the first one stays."""
    row = await found(session, CheckInRecord, check_in_id, "check_in_not_found")
    if row.brief is None:
        row.brief = await seal(session, vault, row.case_id, Retention.CONTACT, brief, f"brief/{check_in_id}")
        await session.flush()


async def brief(session: AsyncSession, vault: Vault, check_in_id: str) -> Content | None:
    row = await found(session, CheckInRecord, check_in_id, "check_in_not_found")
    return await unseal(session, vault, row.case_id, row.brief, f"brief/{check_in_id}")


async def record(session: AsyncSession, check_in_id: str, recorded: Facts, recorded_by: str) -> None:
    """What the CSM recorded, in codes and numbers; the last record counts. Free text is a note."""
    row = await found(session, CheckInRecord, check_in_id, "check_in_not_found")
    row.recorded, row.recorded_by = recorded, recorded_by
    await session.flush()


async def set_check_in_outcome(
    session: AsyncSession,
    check_in_id: str,
    outcome: CheckInOutcome,
    *,
    reasons: Sequence[str],
    missing: Sequence[str] = (),
    story: datetime,
    exit_criterion: str | None = None,
) -> None:
    row = await found(session, CheckInRecord, check_in_id, "check_in_not_found")
    row.outcome, row.reasons, row.missing = outcome, list(reasons), list(missing)
    row.closed_story, row.exit_criterion = story, exit_criterion
    await session.flush()


async def check_in(session: AsyncSession, check_in_id: str) -> CheckInRow:
    return CheckInRow.model_validate(await found(session, CheckInRecord, check_in_id, "check_in_not_found"))


async def check_ins(session: AsyncSession, case_id: str) -> list[CheckInRow]:
    """In the order of their nominal dates."""
    rows = await session.scalars(
        select(CheckInRecord)
        .where(CheckInRecord.case_id == case_id)
        .order_by(CheckInRecord.due_nominal)
        .execution_options(populate_existing=True)
    )
    return [CheckInRow.model_validate(row) for row in rows]
