"""Reviews: the queue, the file of a case as a reviewer needs it, verdicts on signals, decisions.

Who may say what, and when, is for the story to say: whoever started the case or owns the relationship is refused there.
"""

from collections.abc import Awaitable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Reviewer, ReviewReader, TheDoor
from api.door import Door
from api.notes import Text, noted
from api.problems import ABOUT_ONE, POSTED, errors
from api.refusals import refused
from api.repeats import OnceOnly
from api.views import CASE_ID, MOMENT, CaseLine, Id, IdText, Told, asked, example
from onboarding.case import Client, Code, Role, Strict
from onboarding.deeds import Decision
from onboarding.errors import Gone, Invalid
from records import cases, handed_in, openings, reviews, signals
from records.handed_in import StoredDocument
from records.reviews import DecisionRow, ReviewRow
from records.sealing import Content
from records.signals import RatingRow, ScreeningRow, SignalRow
from records.staff import StaffRow

router = APIRouter(tags=["reviews"])

T = TypeVar("T")


class Queue(BaseModel):
    model_config = example(
        {
            "reviews": [
                {
                    "id": "review_2m9q0w3e5r7t1y6z4x8k",
                    "case_id": CASE_ID,
                    "step": "verify",
                    "round": 1,
                    "band": "high",
                    "approvals": 2,
                    "barred": ["staff_desk", "staff_csm"],
                    "state": "open",
                    "opened_story": MOMENT["effective"],
                    "closed_story": None,
                    "votes": [],
                }
            ]
        }
    )

    reviews: list[ReviewRow]


class SignalFile(BaseModel):
    """A signal with what it rests on; `evidence` is opened for reviewers, and None for others or once erased."""

    signal: SignalRow
    evidence: Content | None


class DocumentFile(BaseModel):
    """A document with what was read from it."""

    document: StoredDocument
    extracted: Content | None


class ReviewFile(BaseModel):
    """All that a decision rests on. `client` is what was declared."""

    review: ReviewRow
    case: CaseLine
    client: Client | None
    signals: list[SignalFile]
    screenings: list[ScreeningRow]
    ratings: list[RatingRow]
    documents: list[DocumentFile]
    decisions: list[DecisionRow]


class Verdict(Strict):
    model_config = asked({"verdict": "cleared", "reason": "birth_date_differs"})

    verdict: Literal["cleared", "confirmed"]
    reason: Code


class Deciding(Strict):
    """`items` name what the client is asked for again; they go with `request_information` and nothing else."""

    model_config = asked({"decision": "approve", "reason": "no_doubts_left"})

    decision: Decision
    reason: Code
    items: list[Code] = Field(default_factory=list, max_length=50)
    note: Text | None = None


class Search(Strict):
    state: Literal["open", "all"] = "open"
    case: IdText | None = None


@router.get("/reviews", response_model=Queue, responses=errors(), summary="The queue, the oldest first")
async def list_reviews(door: TheDoor, caller: ReviewReader, search: Annotated[Search, Query()]) -> Queue:
    state = "open" if search.state == "open" else None
    async with door.database.session() as session:
        return Queue(reviews=await reviews.reviews(session, case_id=search.case, state=state))


@router.get(
    "/reviews/{review_id}",
    response_model=ReviewFile,
    responses=errors(*ABOUT_ONE),
    summary="The file: evidence, signals, rating, documents",
)
async def show_review(door: TheDoor, caller: ReviewReader, review_id: Id) -> ReviewFile:
    async with door.database.session() as session:
        file = await _file(session, door, await reviews.review(session, review_id), caller)
        await _note_openings(session, file, caller)
        return file


@router.post(
    "/signals/{signal_id}/judgement",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Clear or confirm a signal",
)
async def judge_signal(door: TheDoor, caller: Reviewer, once: OnceOnly, signal_id: Id, verdict: Verdict) -> Response:
    async with door.database.session() as session:
        signal = await signals.signal(session, signal_id)
        known = await reviews.reviews(session, case_id=signal.case_id, state="open")
    if not known:
        raise refused("review_not_open")
    review = known[-1]
    evidence = {"review": review.id, "signal": signal_id, "verdict": verdict.verdict, "reason": verdict.reason}
    receipt = await door.story.tell(
        review.case_id, review.step, "judge_signal", caller.id, {**evidence}, once.message_id
    )
    return await once.answer(Told.by(receipt))


@router.post(
    "/reviews/{review_id}/decision",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Decide; a high risk needs the same from two people",
)
async def decide(door: TheDoor, caller: Reviewer, once: OnceOnly, review_id: Id, said: Deciding) -> Response:
    _check_items(said)
    async with door.database.session() as session:
        review = await reviews.review(session, review_id)
    async with noted(door, review.case_id, caller.id, said.note, once.message_id) as note:
        receipt = await door.story.tell(
            review.case_id,
            review.step,
            "decide",
            caller.id,
            {
                "review": review_id,
                "decision": said.decision,
                "reason": said.reason,
                "items": list(said.items),
                "roles": [role.value for role in caller.roles],
                "note": note,
            },
            once.message_id,
        )
    return await once.answer(Told.by(receipt))


class ItemsDoNotFit(Invalid):
    """A request for information names what is asked for; no other decision does."""

    code = "items_do_not_fit"


def _check_items(said: Deciding) -> None:
    if bool(said.items) != (said.decision == "request_information"):
        raise ItemsDoNotFit


async def _file(session: AsyncSession, door: Door, review: ReviewRow, caller: StaffRow) -> ReviewFile:
    case_id, opens = review.case_id, not {Role.REVIEWER, Role.SENIOR}.isdisjoint(caller.roles)
    found = await signals.signals(session, case_id)
    papers = await handed_in.documents(session, case_id)
    return ReviewFile(
        review=review,
        case=CaseLine.of(await cases.case(session, case_id)),
        client=await _or_erased(cases.client_of(session, door.vault, case_id)) if opens else None,
        signals=[
            SignalFile(
                signal=row, evidence=await _or_erased(signals.evidence(session, door.vault, row.id)) if opens else None
            )
            for row in found
        ],
        screenings=await signals.screenings(session, case_id),
        ratings=await signals.ratings(session, case_id),
        documents=[
            DocumentFile(
                document=row,
                extracted=await _or_erased(handed_in.extracted(session, door.vault, row.id)) if opens else None,
            )
            for row in papers
        ],
        decisions=await reviews.decisions(session, case_id),
    )


async def _note_openings(session: AsyncSession, file: ReviewFile, caller: StaffRow) -> None:
    """A decision names who saw what: evidence that was shown counts as opened."""
    seen = [one.signal.id for one in file.signals if one.evidence is not None]
    await openings.opened(session, file.review.case_id, caller.id, "signal", seen)
    read = [one.document.id for one in file.documents if one.extracted is not None]
    await openings.opened(session, file.review.case_id, caller.id, "extract", read)


async def _or_erased(opening: Awaitable[T]) -> T | None:
    try:
        return await opening
    except Gone:
        return None
