"""Check-ins at day 30, 60 and 90: their dates and outcomes, the brief, and what the manager records.

What is recorded goes to the story as codes and numbers; the outcome is found there, by the pass bar of the day.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access import Caseworker, Reader, TheDoor
from api.notes import Text, noted
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import OnceOnly
from api.views import CASE_ID, MOMENT, Id, Told, asked, example
from onboarding.case import Code, Strict
from onboarding.messages import Evidence
from records import cases, check_ins
from records.check_ins import CheckInRow
from records.sealing import Content

router = APIRouter(tags=["check-ins"])

Count = Annotated[int, Field(ge=0, le=100_000_000)]
YesOrNo = Literal["yes", "partly", "no"]


class CheckInList(BaseModel):
    model_config = example(
        {
            "check_ins": [
                {
                    "id": "checkin_3e5r7t1y6z4x8k2m9q0w",
                    "case_id": CASE_ID,
                    "step": "day_30",
                    "day": 30,
                    "due": MOMENT,
                    "dates": {"brief": "2026-03-30T08:00:00Z"},
                    "merged": False,
                    "outcome": "green",
                    "reasons": [],
                    "missing": [],
                    "recorded": {"first_value": "yes"},
                    "recorded_by": "staff_csm",
                    "exit_criterion": None,
                    "closed_story": "2026-04-08T08:30:00Z",
                }
            ]
        }
    )

    check_ins: list[CheckInRow]


class Brief(BaseModel):
    """What the manager knew before the meeting, frozen then; None before it was put together."""

    model_config = example({"check_in": "checkin_3e5r7t1y6z4x8k2m9q0w", "brief": {"story": "2026-03-30T08:00:00Z"}})

    check_in: str
    brief: Content | None


class Usage(Strict):
    """Who uses it, of those who may, and which features they came back to."""

    active: Count | None = None
    seats: Count | None = None
    sticky_features: list[Code] | None = Field(default=None, max_length=50)


class Recorded(Strict):
    """What is left out counts as missing, and what is missing is never green."""

    model_config = asked(
        {
            "usage": {"active": 7, "seats": 10, "sticky_features": ["reports"]},
            "goal": "on_track",
            "first_value": "yes",
            "blockers": [],
            "sponsor_engaged": True,
            "notes": "They start with the second team next week.",
        }
    )

    usage: Usage = Usage()
    goal: Literal["reached", "on_track", "no"] | None = None
    first_value: YesOrNo | None = None
    blockers: list[Code] | None = Field(default=None, max_length=50)
    sponsor_engaged: bool | None = None
    ces: Annotated[int, Field(ge=1, le=7)] | None = None
    nps: Annotated[int, Field(ge=0, le=10)] | None = None
    csat: Annotated[int, Field(ge=1, le=5)] | None = None
    risk: Literal["low", "medium", "high"] | None = None
    no_show: bool | None = None
    notes: Text | None = None

    def evidence(self, note: str | None) -> Evidence:
        said = self.model_dump(exclude={"usage", "notes"}, exclude_none=True)
        return {**said, **self.usage.model_dump(exclude_none=True), "notes": note}


@router.get(
    "/cases/{case_id}/check-ins",
    response_model=CheckInList,
    responses=errors(*ABOUT_ONE),
    summary="Check-ins of a case by their nominal dates",
)
async def list_check_ins(door: TheDoor, caller: Reader, case_id: Id) -> CheckInList:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        return CheckInList(check_ins=await check_ins.check_ins(session, case_id))


@router.get(
    "/check-ins/{check_in_id}/brief",
    response_model=Brief,
    responses=errors(*ABOUT_ONE),
    summary="The brief, as it was frozen before the meeting",
)
async def show_brief(door: TheDoor, caller: Caseworker, check_in_id: Id) -> Brief:
    async with door.database.session() as session:
        return Brief(check_in=check_in_id, brief=await check_ins.brief(session, door.vault, check_in_id))


@router.post(
    "/check-ins/{check_in_id}/outcome",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Record a check-in",
)
async def record_check_in(
    door: TheDoor, caller: Caseworker, once: OnceOnly, check_in_id: Id, recorded: Recorded
) -> Response:
    async with door.database.session() as session:
        row = await check_ins.check_in(session, check_in_id)
    async with noted(door, row.case_id, caller.id, recorded.notes, once.message_id) as note:
        receipt = await door.story.tell(
            row.case_id, row.step, "record_outcome", caller.id, recorded.evidence(note), once.message_id
        )
    return await once.answer(Told.by(receipt))
