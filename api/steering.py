"""Steering a case: pause, resume, withdraw, reassign, leave a step out. The story decides whether it may be."""

from fastapi import APIRouter, Response

from api.access import Caseworker, TheDoor
from api.admission import owner_of
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Once, OnceOnly
from api.story import CASE
from api.views import Id, IdText, Told, asked
from onboarding.case import Code, Strict
from onboarding.messages import Evidence
from records.staff import StaffRow

router = APIRouter(prefix="/cases/{case_id}", tags=["cases"])


class Because(Strict):
    """Why: a code, never a sentence."""

    model_config = asked({"reason": "client_asked"})

    reason: Code


class Maybe(Strict):
    """Why, where there is anything to say."""

    model_config = asked({"reason": "holidays"})

    reason: Code | None = None


class NewOwner(Strict):
    model_config = asked({"owner": "staff_csm", "reason": "handover"})

    owner: IdText
    reason: Code | None = None


class LeaveOut(Strict):
    model_config = asked({"step": "kickoff", "reason": "client_knows_us"})

    step: Code
    reason: Code


_STEERED = errors(*POSTED, *ABOUT_ONE)


@router.post("/pause", response_model=Told, responses=_STEERED, summary="Keep what arrives, do nothing new")
async def pause_case(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, why: Maybe) -> Response:
    return await _steer(door, caller, once, case_id, "pause", {"reason": why.reason})


@router.post(
    "/resume",
    response_model=Told,
    responses=_STEERED,
    summary="Go on, in order of arrival",
)
async def resume_case(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, why: Maybe) -> Response:
    return await _steer(door, caller, once, case_id, "resume", {"reason": why.reason})


@router.post("/withdraw", response_model=Told, responses=_STEERED, summary="End the case and undo what was done")
async def withdraw_case(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, why: Because) -> Response:
    return await _steer(door, caller, once, case_id, "withdraw", {"reason": why.reason})


@router.post(
    "/reassign",
    response_model=Told,
    responses=_STEERED,
    summary="Give the case another owner",
)
async def reassign_case(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, new: NewOwner) -> Response:
    async with door.database.session() as session:
        owner = await owner_of(session, new.owner)
    return await _steer(door, caller, once, case_id, "reassign", {"owner": owner, "reason": new.reason})


@router.post("/skip", response_model=Told, responses=_STEERED, summary="Leave a step out, with a reason")
async def skip_step(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, out: LeaveOut) -> Response:
    return await _steer(door, caller, once, case_id, "skip", {"step": out.step, "reason": out.reason})


async def _steer(door: Door, caller: StaffRow, once: Once, case_id: str, what: str, evidence: Evidence) -> Response:
    receipt = await door.story.tell(case_id, CASE, what, caller.id, evidence, once.message_id)
    return await once.answer(Told.by(receipt))
