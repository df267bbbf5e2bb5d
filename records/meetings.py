"""Meetings: one stable UID, a sequence number that grows with each change, and the history of moves. Story times."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Strict, new_id
from records.rows import Row, found
from records.tables import MeetingRecord


class MeetingState(StrEnum):
    OFFERED = "offered"
    BOOKED = "booked"
    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class NewMeeting(Strict):
    case_id: str
    step: Code
    round: int = 1
    purpose: Code
    minutes: int
    owner: str
    timezone: str
    slots: list[datetime]


class Move(Row):
    """One change of a booking: to where, when in the story, by whom, and the message that caused it."""

    to: datetime
    story: datetime
    actor: str
    message: str
    reason: str | None = None


class MeetingRow(Row):
    """`notes` is a note id; `sequence` is 0 until something is booked."""

    id: str
    case_id: str
    step: str
    round: int
    purpose: str
    minutes: int
    owner: str
    uid: str
    sequence: int
    state: MeetingState
    starts: datetime | None
    ends: datetime | None
    timezone: str
    slots: list[datetime]
    moves: list[Move]
    notes: str | None


async def offer(session: AsyncSession, new: NewMeeting) -> str:
    """The id of the meeting; the one of this step and round when there is one."""
    meeting_id = new_id("meeting")
    values = new.model_dump() | {"slots": [slot.isoformat() for slot in new.slots]}
    statement = insert(MeetingRecord).values(
        id=meeting_id, uid=f"{meeting_id}@aboard", state=MeetingState.OFFERED, **values
    )
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "step", "round"]))
    known = select(MeetingRecord.id).where(
        MeetingRecord.case_id == new.case_id, MeetingRecord.step == new.step, MeetingRecord.round == new.round
    )
    return (await session.scalars(known)).one()


async def book(session: AsyncSession, meeting_id: str, *, starts: datetime, ends: datetime, move: Move) -> int:
    """Books or moves, and answers the sequence number; a message that was worked in before changes nothing."""
    row = await found(session, MeetingRecord, meeting_id, "meeting_not_found")
    if any(known["message"] == move.message for known in row.moves):
        return row.sequence
    if row.starts is not None:
        row.sequence += 1
    row.starts, row.ends, row.state = starts, ends, MeetingState.BOOKED
    row.moves = [*row.moves, move.model_dump(mode="json")]
    await session.flush()
    return row.sequence


async def cancel(session: AsyncSession, meeting_id: str) -> int:
    """Cancels, and answers the sequence number of the cancellation. Twice is the same as once."""
    row = await found(session, MeetingRecord, meeting_id, "meeting_not_found")
    if row.state != MeetingState.CANCELLED:
        row.sequence += 1
        row.state = MeetingState.CANCELLED
        await session.flush()
    return row.sequence


async def set_outcome(session: AsyncSession, meeting_id: str, state: MeetingState, notes: str | None = None) -> None:
    """Held or no-show, with the id of the note."""
    row = await found(session, MeetingRecord, meeting_id, "meeting_not_found")
    row.state, row.notes = state, notes or row.notes
    await session.flush()


async def meeting(session: AsyncSession, meeting_id: str) -> MeetingRow:
    return MeetingRow.model_validate(await found(session, MeetingRecord, meeting_id, "meeting_not_found"))


async def meetings(session: AsyncSession, case_id: str, step: str | None = None) -> list[MeetingRow]:
    query = select(MeetingRecord).where(MeetingRecord.case_id == case_id).order_by(MeetingRecord.created)
    query = query if step is None else query.where(MeetingRecord.step == step)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [MeetingRow.model_validate(row) for row in rows]


async def booked(session: AsyncSession, owner: str, start: datetime, end: datetime) -> list[MeetingRow]:
    """The booked meetings of one owner that touch a span: for leaving their slots out."""
    rows = await session.scalars(
        select(MeetingRecord).where(
            MeetingRecord.owner == owner,
            MeetingRecord.state == MeetingState.BOOKED,
            MeetingRecord.starts < end,
            MeetingRecord.ends > start,
        )
    )
    return [MeetingRow.model_validate(row) for row in rows]
