"""Meetings: what was offered, booked and moved, and how it went."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access import Caseworker, Reader, TheDoor
from api.notes import Text, noted
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import OnceOnly
from api.views import CASE_ID, Id, Told, asked, example
from onboarding.case import Strict
from onboarding.errors import Conflict
from records import cases, meetings
from records.meetings import MeetingRow

router = APIRouter(tags=["meetings"])


class OfACheckIn(Conflict):
    """This meeting belongs to a check-in; record the check-in."""

    code = "record_the_check_in"


class MeetingList(BaseModel):
    model_config = example(
        {
            "meetings": [
                {
                    "id": "meeting_9q0w3e5r7t1y6z4x8k2m",
                    "case_id": CASE_ID,
                    "step": "kickoff",
                    "round": 1,
                    "purpose": "kickoff",
                    "minutes": 45,
                    "owner": "staff_csm",
                    "uid": "meeting_9q0w3e5r7t1y6z4x8k2m@aboard",
                    "sequence": 0,
                    "state": "booked",
                    "starts": "2026-03-18T09:00:00Z",
                    "ends": "2026-03-18T09:45:00Z",
                    "timezone": "Europe/Stockholm",
                    "slots": ["2026-03-18T09:00:00Z"],
                    "moves": [],
                    "notes": None,
                }
            ]
        }
    )

    meetings: list[MeetingRow]


class HowItWent(Strict):
    """`notes` are kept sealed; only their id leaves records."""

    model_config = asked({"outcome": "held", "notes": "Goals agreed, two users to be trained."})

    outcome: Literal["held", "no_show"]
    notes: Text | None = None


@router.get(
    "/cases/{case_id}/meetings", response_model=MeetingList, responses=errors(*ABOUT_ONE), summary="Meetings of a case"
)
async def list_meetings(door: TheDoor, caller: Reader, case_id: Id) -> MeetingList:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        return MeetingList(meetings=await meetings.meetings(session, case_id))


@router.post(
    "/meetings/{meeting_id}/outcome",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Say whether a meeting was held",
)
async def record_meeting(door: TheDoor, caller: Caseworker, once: OnceOnly, meeting_id: Id, how: HowItWent) -> Response:
    async with door.database.session() as session:
        meeting = await meetings.meeting(session, meeting_id)
    if meeting.purpose == "check_in":
        raise OfACheckIn
    async with noted(door, meeting.case_id, caller.id, how.notes, once.message_id) as note:
        evidence = {"meeting": meeting_id, "outcome": how.outcome, "notes": note}
        receipt = await door.story.tell(
            meeting.case_id, meeting.step, "record_meeting", caller.id, {**evidence}, once.message_id
        )
    return await once.answer(Told.by(receipt))
