"""Reviews: rounds in which people decide, their voices and what was decided. Who may vote is decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, Code, Moment, Strict, new_id
from onboarding.errors import Conflict
from onboarding.watching import MONITORING
from records.rows import Row, found
from records.tables import CaseRecord, DecisionRecord, ReviewRecord, TaskRecord, VoteRecord


class AlreadyVoted(Conflict):
    """This reviewer has decided in this review before; the second pair of eyes must be another's."""

    code = "already_voted"


class NewReview(Strict):
    case_id: str
    step: Code
    round: int
    band: Band
    approvals: int
    barred: list[str]
    opened_story: datetime


class VoteRow(Row):
    reviewer: str
    decision: str
    reason: str
    items: list[str]
    note: str | None
    story: datetime
    at: datetime


class ReviewRow(Row):
    id: str
    case_id: str
    step: str
    round: int
    band: Band
    approvals: int
    barred: list[str]
    state: str
    opened_story: datetime
    closed_story: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None
    for_senior: bool
    votes: list[VoteRow] = Field(default_factory=list)


class QueueRow(Row):
    """A review as its queue tells of it: no voice, and when its task is due."""

    review: ReviewRow
    due: Moment | None


class NewDecision(Strict):
    case_id: str
    key: str
    review_id: str | None
    decision: Code
    reason: Code
    band: Band
    reviewers: list[str]
    story: datetime


class DecisionRow(Row):
    id: str
    case_id: str
    review_id: str | None
    decision: str
    reason: str
    band: Band
    reviewers: list[str]
    story: datetime
    at: datetime


async def open_review(session: AsyncSession, new: NewReview) -> str:
    """The id of the review; the one of this round when there is one."""
    statement = insert(ReviewRecord).values(id=new_id("review"), state="open", **new.model_dump())
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "step", "round"]))
    known = select(ReviewRecord.id).where(
        ReviewRecord.case_id == new.case_id, ReviewRecord.step == new.step, ReviewRecord.round == new.round
    )
    return (await session.scalars(known)).one()


async def close_reviews(session: AsyncSession, case_id: str, step: str, story: datetime) -> None:
    """The step is over: what is still open of its reviews ends as `closed`."""
    await session.execute(
        update(ReviewRecord)
        .where(ReviewRecord.case_id == case_id, ReviewRecord.step == step, ReviewRecord.state == "open")
        .values(state="closed", closed_story=story)
    )


async def close_review(session: AsyncSession, review_id: str, state: str, story: datetime) -> None:
    """`state` is the code of how it ended: the decision, or `closed` when the case ended first."""
    await session.execute(
        update(ReviewRecord)
        .where(ReviewRecord.id == review_id, ReviewRecord.state == "open")
        .values(state=state, closed_story=story)
    )


async def claim(session: AsyncSession, review_id: str, holder: str | None, until: datetime | None) -> None:
    """Who holds the review, until when in real time; nobody where both are None."""
    await session.execute(
        update(ReviewRecord).where(ReviewRecord.id == review_id).values(claimed_by=holder, claimed_until=until)
    )


async def set_band(session: AsyncSession, review_id: str, band: Band, approvals: int) -> None:
    """The band that holds after an override, and how many must approve in it."""
    await session.execute(
        update(ReviewRecord).where(ReviewRecord.id == review_id).values(band=band, approvals=approvals)
    )


async def leave_to_senior(session: AsyncSession, review_id: str) -> None:
    """From here on only a senior can bring the review further."""
    await session.execute(update(ReviewRecord).where(ReviewRecord.id == review_id).values(for_senior=True))


async def review(session: AsyncSession, review_id: str) -> ReviewRow:
    row = await found(session, ReviewRecord, review_id, "review_not_found")
    return (await _with_votes(session, [row]))[0]


async def reviews(
    session: AsyncSession, *, case_id: str | None = None, state: str | None = None, limit: int = 200
) -> list[ReviewRow]:
    """Reviews that fit, the oldest first; `state="open"` is the queue."""
    query = select(ReviewRecord).order_by(ReviewRecord.opened_story, ReviewRecord.id).limit(limit)
    query = query if case_id is None else query.where(ReviewRecord.case_id == case_id)
    query = query if state is None else query.where(ReviewRecord.state == state)
    return await _with_votes(session, list(await session.scalars(query.execution_options(populate_existing=True))))


async def about(session: AsyncSession, case_id: str) -> list[ReviewRow]:
    """The open reviews in which signals of a case can be judged: its own, which come last, and those that Monitoring
    holds of the client in another of its cases."""
    client = select(CaseRecord.client_id).where(CaseRecord.id == case_id).scalar_subquery()
    query = select(ReviewRecord).join(CaseRecord, CaseRecord.id == ReviewRecord.case_id)
    query = query.where(CaseRecord.client_id == client, ReviewRecord.state == "open")
    query = query.where(or_(ReviewRecord.case_id == case_id, ReviewRecord.step == MONITORING))
    query = query.order_by(ReviewRecord.case_id == case_id, ReviewRecord.opened_story, ReviewRecord.id)
    return await _with_votes(session, list(await session.scalars(query)))


async def queue(
    session: AsyncSession, *, case_id: str | None = None, state: str | None = None, limit: int = 200
) -> list[QueueRow]:
    """Reviews that fit, the riskiest first, then the first due. Voices are left out."""
    task = and_(
        TaskRecord.case_id == ReviewRecord.case_id,
        TaskRecord.state == "open",
        TaskRecord.resources["review"].astext == ReviewRecord.id,
    )
    riskiest = case({Band.HIGH.value: 0, Band.MEDIUM.value: 1}, value=ReviewRecord.band, else_=2)
    query = select(ReviewRecord, TaskRecord).outerjoin(TaskRecord, task)
    query = query.order_by(
        riskiest, TaskRecord.due_effective.nulls_last(), ReviewRecord.opened_story, ReviewRecord.id
    ).limit(limit)
    query = query if case_id is None else query.where(ReviewRecord.case_id == case_id)
    query = query if state is None else query.where(ReviewRecord.state == state)
    rows = await session.execute(query.execution_options(populate_existing=True))
    return [
        QueueRow(review=ReviewRow.model_validate(_columns(row)), due=task.due if task else None) for row, task in rows
    ]


async def vote(
    session: AsyncSession,
    review_id: str,
    *,
    reviewer: str,
    decision: str,
    reason: str,
    story: datetime,
    items: Sequence[str] = (),
    note: str | None = None,
) -> None:
    """A reviewer's voice. The same again changes nothing; another one of the same reviewer is AlreadyVoted."""
    statement = insert(VoteRecord).values(
        review_id=review_id, reviewer=reviewer, decision=decision, reason=reason, items=list(items), note=note,
        story=story,
    )  # fmt: skip
    await session.execute(statement.on_conflict_do_nothing())
    row = await session.get_one(VoteRecord, (review_id, reviewer))
    if (row.decision, row.reason) != (decision, reason):
        raise AlreadyVoted


async def add_decision(session: AsyncSession, new: NewDecision) -> str:
    """The id of the decision that stands; the first one of a key."""
    statement = insert(DecisionRecord).values(id=new_id("decision"), **new.model_dump())
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "key"]))
    known = select(DecisionRecord.id).where(DecisionRecord.case_id == new.case_id, DecisionRecord.key == new.key)
    return (await session.scalars(known)).one()


async def decisions(session: AsyncSession, case_id: str) -> list[DecisionRow]:
    rows = await session.scalars(
        select(DecisionRecord).where(DecisionRecord.case_id == case_id).order_by(DecisionRecord.at)
    )
    return [DecisionRow.model_validate(row) for row in rows]


async def _with_votes(session: AsyncSession, rows: Sequence[ReviewRecord]) -> list[ReviewRow]:
    votes = await session.scalars(
        select(VoteRecord).where(VoteRecord.review_id.in_([row.id for row in rows])).order_by(VoteRecord.at)
    )
    by_review: dict[str, list[VoteRow]] = {}
    for one in votes:
        by_review.setdefault(one.review_id, []).append(VoteRow.model_validate(one))
    return [ReviewRow.model_validate({**_columns(row), "votes": by_review.get(row.id, [])}) for row in rows]


def _columns(row: ReviewRecord) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in ReviewRecord.__table__.columns}
