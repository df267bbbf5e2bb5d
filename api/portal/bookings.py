"""Meetings: times to choose from, in the client's own zone, and moving what was booked."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import things, words
from api.portal.access import Visit, Visiting
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key
from api.views import asked, example
from onboarding.case import Strict
from onboarding.errors import Conflict, Invalid, NotFound
from records import meetings
from records.meetings import MeetingRow, MeetingState
from records.rows import Row

router = APIRouter()

_ARRANGED = (MeetingState.OFFERED, MeetingState.BOOKED)
_FIXED = "check_in"  # its day follows from the anchor; the client's contact person moves it


class SlotNotOffered(Invalid):
    """This time was not offered."""

    code = "slot_not_offered"


class NotMovable(Conflict):
    """This meeting is moved by your contact person."""

    code = "meeting_not_open"


class SlotView(Row):
    """`local` is the time as the client's clock shows it."""

    start: datetime
    local: str


class MeetingView(Row):
    """`slots` can be chosen from: the first time, or to move what is booked."""

    model_config = example(
        {
            "id": "meeting_5r7t1y6z4x8k2m9q0w3e",
            "title": "Kickoff",
            "minutes": 45,
            "state": "offered",
            "timezone": "Europe/Stockholm",
            "starts": None,
            "local": None,
            "slots": [{"start": "2026-03-09T09:00:00Z", "local": "Monday 9 March 2026, 10:00"}],
            "moved": 0,
        }
    )

    id: str
    title: str
    minutes: int
    state: MeetingState
    timezone: str
    starts: datetime | None
    local: str | None
    slots: list[SlotView]
    moved: int


class Choice(Strict):
    model_config = asked({"slot": "2026-03-09T09:00:00Z"})

    slot: AwareDatetime


class Chosen(Row):
    model_config = example(
        {"meeting": "meeting_5r7t1y6z4x8k2m9q0w3e", "slot": "2026-03-09T09:00:00Z", "status": "taken"}
    )

    meeting: str
    slot: datetime
    status: str


@router.get("/meetings")
async def all_meetings(visit: Visiting) -> list[MeetingView]:
    """The client's meetings, with the times that are offered."""
    return await meeting_views(visit)


@router.post("/meetings/{meeting}/slot", response_model=Chosen, responses=errors(*POSTED, *ABOUT_ONE))
async def slot(meeting: str, body: Choice, visit: Visiting, key: Key) -> Response:
    """Chooses one of the offered times, or moves the meeting to it."""
    return await choose(visit, meeting, body, key)


async def meeting_views(visit: Visit) -> list[MeetingView]:
    async with visit.door.database.session() as session:
        return [_view(visit, row) for row in await meetings.meetings(session, visit.case.id)]


async def meeting_view(visit: Visit, meeting_id: str) -> MeetingView:
    async with visit.door.database.session() as session:
        return _view(visit, await _own(session, visit, meeting_id))


async def choose(visit: Visit, meeting_id: str, body: Choice, key: str) -> Response:
    async def work(message_id: str) -> Chosen:
        async with visit.door.database.session() as session:
            row = await _own(session, visit, meeting_id)
        if row.purpose == _FIXED:
            raise NotMovable
        if body.slot not in row.slots:
            raise SlotNotOffered
        evidence = {"meeting": row.id, "slot": body.slot.isoformat()}
        receipt = await visit.tell(row.step, "choose_slot", {**evidence}, message_id)
        return Chosen(meeting=row.id, slot=body.slot, status=receipt.status)

    return await visit.once(f"choose_slot {meeting_id}", key, body, work)


async def _own(session: AsyncSession, visit: Visit, meeting_id: str) -> MeetingRow:
    row = await meetings.meeting(session, meeting_id)
    if row.case_id != visit.case.id:
        raise NotFound(code="meeting_not_found")
    return row


def _view(visit: Visit, row: MeetingRow) -> MeetingView:
    choosable = row.slots if row.state in _ARRANGED and row.purpose != _FIXED else []
    return MeetingView(
        id=row.id, title=things.meeting(row.purpose, visit.language), minutes=row.minutes, state=row.state,
        timezone=row.timezone, starts=row.starts,
        local=words.spoken_time(row.starts, row.timezone, visit.language) if row.starts else None,
        slots=[
            SlotView(start=slot, local=words.spoken_time(slot, row.timezone, visit.language))
            for slot in choosable
            if slot != row.starts
        ],
        moved=max(0, len(row.moves) - 1),
    )  # fmt: skip
