"""Another band than the rating gave: one reviewer proposes it and says why, a second agrees or declines."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access import Reviewer, TheDoor
from api.notes import Text, noted
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import OnceOnly
from api.telling import tell
from api.views import Id, Told, asked, example
from onboarding.case import Band, Code, Strict
from records import overrides, reviews

router = APIRouter(tags=["reviews"])


class Proposing(Strict):
    """`justification` is kept sealed, as long as the KYC file."""

    model_config = asked(
        {"band": "high", "reason": "branch_abroad", "justification": "A branch in a country that the file lacks."}
    )

    band: Band
    reason: Code
    justification: Text


class Seconding(Strict):
    model_config = asked({"verdict": "confirmed"})

    verdict: Literal["confirmed", "declined"]


class Proposal(BaseModel):
    """`override` is the id under which the second person answers."""

    model_config = example({"status": "taken", "override": "override_4c1f0e9a7b2d8e3f6a5b"})

    status: str
    override: str


@router.post(
    "/reviews/{review_id}/overrides",
    response_model=Proposal,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Propose another band than the rating gave",
)
async def override_rating(door: TheDoor, caller: Reviewer, once: OnceOnly, review_id: Id, said: Proposing) -> Response:
    async with door.database.session() as session:
        review = await reviews.review(session, review_id)
    override = f"override_{door.mac('override', once.message_id)[:20]}"
    async with noted(door, review.case_id, caller.id, said.justification, once.message_id, confidential=True) as note:
        evidence = {"override": override, "band": said.band.value, "reason": said.reason, "note": note}
        receipt = await tell(door, review, "override_rating", caller, {**evidence}, once.message_id)
    return await once.answer(Proposal(status=receipt.status, override=override))


@router.post(
    "/overrides/{override_id}/verdict",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Agree to another band, or decline it; not by whoever proposed it",
)
async def second_override(
    door: TheDoor, caller: Reviewer, once: OnceOnly, override_id: Id, said: Seconding
) -> Response:
    async with door.database.session() as session:
        override = await overrides.override(session, override_id)
        review = await reviews.review(session, override.review_id)
    evidence = {"override": override_id, "verdict": said.verdict}
    receipt = await tell(door, review, "second_override", caller, {**evidence}, once.message_id)
    return await once.answer(Told.by(receipt))
