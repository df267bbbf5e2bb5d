"""Reviews: the queue, the file of a case as a reviewer needs it, verdicts on signals, decisions, claims.

Who may say what, and when, is for the story to say: whoever started the case or owns the relationship is refused there.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.access import Reviewer, ReviewReader, TheDoor
from api.conditions import Condition, proposed
from api.notes import Text, noted
from api.problems import ABOUT_ONE, POSTED, errors
from api.refusals import refused
from api.repeats import OnceOnly
from api.review_file import ReviewFile, ReviewLine, file_of
from api.telling import tell
from api.views import Id, IdText, Told, asked
from onboarding.case import Code, Strict
from onboarding.diligence import Decision
from onboarding.errors import Invalid
from onboarding.reasons import all_reasons, check_reason
from records import cases, reviews, signals

router = APIRouter(tags=["reviews"])


class Queue(BaseModel):
    reviews: list[ReviewLine]


class ReasonSet(BaseModel):
    """Code → what it means."""

    cleared: dict[str, str]
    confirmed: dict[str, str]


class Verdict(Strict):
    """`reason` is one of those that `GET /reasons` lists for the kind of signal and the verdict."""

    model_config = asked({"verdict": "cleared", "reason": "birth_date_differs"})

    verdict: Literal["cleared", "confirmed"]
    reason: Code


class Deciding(Strict):
    """`items` name what the client is asked for again; they go with `request_information` and nothing else, as
    `conditions` go with `approve_with_conditions`."""

    model_config = asked({"decision": "approve", "reason": "no_doubts_left"})

    decision: Decision
    reason: Code
    items: list[Code] = Field(default_factory=list, max_length=50)
    conditions: list[Condition] = Field(default_factory=list, max_length=20)
    note: Text | None = None


class Search(Strict):
    state: Literal["open", "all"] = "open"
    case: IdText | None = None


class ItemsDoNotFit(Invalid):
    """A request for information names what is asked for; no other decision does."""

    code = "items_do_not_fit"


class ConditionsDoNotFit(Invalid):
    """An approval with conditions names them; no other decision does."""

    code = "conditions_do_not_fit"


@router.get(
    "/reviews", response_model=Queue, responses=errors(), summary="The queue: the riskiest first, then the first due"
)
async def list_reviews(door: TheDoor, caller: ReviewReader, search: Annotated[Search, Query()]) -> Queue:
    state = "open" if search.state == "open" else None
    async with door.database.session() as session:
        rows = await reviews.queue(session, case_id=search.case, state=state)
        return Queue(reviews=[ReviewLine.of(row, await cases.case(session, row.review.case_id)) for row in rows])


@router.get(
    "/reasons",
    response_model=dict[str, ReasonSet],
    responses=errors(),
    summary="The reason codes by kind of signal, with what they mean",
)
async def list_reasons(caller: ReviewReader) -> dict[str, ReasonSet]:
    return {kind: ReasonSet(**reasons._asdict()) for kind, reasons in all_reasons().items()}


@router.get(
    "/reviews/{review_id}",
    response_model=ReviewFile,
    responses=errors(*ABOUT_ONE),
    summary="The file: evidence, signals, rating, documents; others' voices after one's own",
)
async def show_review(door: TheDoor, caller: ReviewReader, review_id: Id) -> ReviewFile:
    async with door.database.session() as session:
        return await file_of(session, door, await reviews.review(session, review_id), caller)


@router.post(
    "/signals/{signal_id}/judgement",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Clear or confirm a signal",
)
async def judge_signal(door: TheDoor, caller: Reviewer, once: OnceOnly, signal_id: Id, verdict: Verdict) -> Response:
    async with door.database.session() as session:
        signal = await signals.signal(session, signal_id)
        known = await reviews.about(session, signal.case_id)
    if not known:
        raise refused("review_not_open")
    check_reason(signal.kind, verdict.verdict, verdict.reason)
    said = {"signal": signal_id, "verdict": verdict.verdict, "reason": verdict.reason}
    receipt = await tell(door, known[-1], "judge_signal", caller, {**said}, once.message_id)
    return await once.answer(Told.by(receipt))


@router.post(
    "/reviews/{review_id}/decision",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Decide; a high risk needs the same from two people",
)
async def decide(door: TheDoor, caller: Reviewer, once: OnceOnly, review_id: Id, said: Deciding) -> Response:
    _check_fit(said)
    async with door.database.session() as session:
        review = await reviews.review(session, review_id)
    async with (
        noted(door, review.case_id, caller.id, said.note, once.message_id, confidential=True) as note,
        proposed(door, review, caller.id, said.conditions, once.message_id) as conditions,
    ):
        evidence = {
            "decision": said.decision, "reason": said.reason, "items": list(said.items), "conditions": conditions,
            "note": note,
        }  # fmt: skip
        receipt = await tell(door, review, "decide", caller, {**evidence}, once.message_id)
    return await once.answer(Told.by(receipt))


@router.post(
    "/reviews/{review_id}/claim",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Hold a review for half an hour; a senior may take it over",
)
async def claim_review(door: TheDoor, caller: Reviewer, once: OnceOnly, review_id: Id) -> Response:
    async with door.database.session() as session:
        review = await reviews.review(session, review_id)
    return await once.answer(Told.by(await tell(door, review, "claim_review", caller, {}, once.message_id)))


@router.post(
    "/reviews/{review_id}/release",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Give a review back that one holds",
)
async def release_review(door: TheDoor, caller: Reviewer, once: OnceOnly, review_id: Id) -> Response:
    async with door.database.session() as session:
        review = await reviews.review(session, review_id)
    return await once.answer(Told.by(await tell(door, review, "release_review", caller, {}, once.message_id)))


def _check_fit(said: Deciding) -> None:
    if bool(said.items) != (said.decision == "request_information"):
        raise ItemsDoNotFit
    if bool(said.conditions) != (said.decision == "approve_with_conditions"):
        raise ConditionsDoNotFit
