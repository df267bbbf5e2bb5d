"""The file of a review: all that a decision rests on, and nothing that a second pair of eyes must not see yet."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from activities import whole
from api.access import REVIEW
from api.door import Door
from api.views import CASE_ID, MOMENT, CaseLine, example
from onboarding.case import Band, Client, Moment, Role
from onboarding.errors import Gone
from onboarding.watching import MONITORING
from records import cases, conditions, handed_in, openings, overrides, reviews, signals, tasks
from records.cases import CaseRow
from records.conditions import ConditionRow
from records.handed_in import StoredDocument
from records.overrides import OverrideRow
from records.reviews import DecisionRow, QueueRow, ReviewRow, VoteRow
from records.sealing import Content
from records.signals import RatingRow, ScreeningRow, SignalRow
from records.staff import StaffRow

T = TypeVar("T")


class HeldBy(BaseModel):
    """Who holds a review, until when in real time."""

    reviewer: str
    until: datetime


class ReviewLine(BaseModel):
    """A review in the queue. It tells nothing of what anybody said in it.

    `wants` is who can bring it further; `due` is a time on the case's own clock, `due_real` the same in real time.
    """

    model_config = example(
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
            "due": MOMENT,
            "due_real": MOMENT["effective"],
            "held_by": None,
            "wants": "reviewer",
        }
    )

    id: str
    case_id: str
    step: str
    round: int
    band: Band
    approvals: int = Field(description="different reviewers who must agree")
    barred: list[str]
    state: str
    opened_story: datetime
    closed_story: datetime | None
    due: Moment | None
    due_real: datetime | None
    held_by: HeldBy | None
    wants: Role

    @classmethod
    def of(cls, row: QueueRow, case: CaseRow) -> "ReviewLine":
        review = row.review
        held = review.claimed_by and review.claimed_until and review.claimed_until > datetime.now(UTC)
        return cls(
            **review.model_dump(exclude={"votes", "claimed_by", "claimed_until", "for_senior"}),
            due=row.due,
            due_real=case.clock.real(row.due.effective) if row.due else None,
            held_by=HeldBy(reviewer=review.claimed_by or "", until=review.claimed_until) if held else None,
            wants=Role.SENIOR if review.for_senior else Role.REVIEWER,
        )


class VoiceFile(BaseModel):
    """What one reviewer said, with the note."""

    voice: VoteRow
    note: str | None


class SignalFile(BaseModel):
    """A signal with what it rests on; `evidence` is opened for reviewers, and None for others or once erased."""

    signal: SignalRow
    evidence: Content | None


class DocumentFile(BaseModel):
    """A document with what was read from it."""

    document: StoredDocument
    extracted: Content | None


class OverrideFile(BaseModel):
    """Another band than the rating gave, and why."""

    override: OverrideRow
    justification: str | None


class ReviewFile(BaseModel):
    """All that a decision rests on. `client` is what was declared. Where Monitoring asks, signals, documents and
    conditions are those of every case of the client.

    `voices` of an open round are shown to those who have spoken in it, and to a senior once one is wanted; until then
    `blind` is true and others' voices are left out.
    """

    review: ReviewLine
    blind: bool
    voices: list[VoiceFile]
    case: CaseLine
    client: Client | None
    signals: list[SignalFile]
    screenings: list[ScreeningRow]
    ratings: list[RatingRow]
    overrides: list[OverrideFile]
    documents: list[DocumentFile]
    decisions: list[DecisionRow]
    conditions: list[ConditionRow]


async def file_of(session: AsyncSession, door: Door, review: ReviewRow, caller: StaffRow) -> ReviewFile:
    """The file as this caller may see it. What is opened for a reviewer is noted: a decision rests on it."""
    case_id, opens = review.case_id, not {*REVIEW, Role.MLRO}.isdisjoint(caller.roles)
    known = await whole.cases_of(session, case_id)
    known = known if review.step == MONITORING else known[:1]
    found = [row for each in known for row in await signals.signals(session, each.id)]
    if opens:
        await openings.opened(session, case_id, caller.id, "signal", [row.id for row in found])
    case = known[0]
    line = next(row for row in await reviews.queue(session, case_id=case_id) if row.review.id == review.id)
    blind = _is_blind(review, caller)
    return ReviewFile(
        review=ReviewLine.of(line, case),
        blind=blind,
        voices=[
            VoiceFile(voice=vote, note=await _note(session, door, vote.note) if opens else None)
            for vote in review.votes
            if not blind
        ],
        case=CaseLine.of(case),
        client=await _or_erased(cases.client_of(session, door.vault, case_id)) if opens else None,
        signals=[
            SignalFile(
                signal=row, evidence=await _or_erased(signals.evidence(session, door.vault, row.id)) if opens else None
            )
            for row in found
        ],
        screenings=await signals.screenings(session, case_id),
        ratings=await signals.ratings(session, case_id),
        overrides=[
            OverrideFile(override=row, justification=await _note(session, door, row.note) if opens else None)
            for row in await overrides.overrides(session, case_id)
        ],
        documents=[
            DocumentFile(
                document=row,
                extracted=await _or_erased(handed_in.extracted(session, door.vault, row.id)) if opens else None,
            )
            for each in known
            for row in await handed_in.documents(session, each.id)
        ],
        decisions=await reviews.decisions(session, case_id),
        conditions=[
            row for each in known for row in await conditions.conditions(session, each.id) if row.state != "proposed"
        ],
    )


def _is_blind(review: ReviewRow, caller: StaffRow) -> bool:
    """Whether this caller has still to form a view of their own. Who only audits takes no part in it."""
    if review.state != "open" or set(REVIEW).isdisjoint(caller.roles):
        return False
    if any(vote.reviewer == caller.id for vote in review.votes):
        return False
    return not (review.for_senior and Role.SENIOR in caller.roles)


async def _note(session: AsyncSession, door: Door, note_id: str | None) -> str | None:
    if note_id is None:
        return None
    note = await _or_erased(tasks.note(session, door.vault, note_id))
    return note.text if note else None


async def _or_erased(opening: Awaitable[T]) -> T | None:
    try:
        return await opening
    except Gone:
        return None
