"""What the judgement found, and what people made of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, Id


class SignalRecord(Base):
    __tablename__ = "signals"
    __table_args__ = (UniqueConstraint("case_id", "key"), Index("ix_signals_state", "state"))
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    key: Mapped[str]
    round: Mapped[int]
    party: Mapped[str | None]
    kind: Mapped[str]
    code: Mapped[str]
    state: Mapped[str]
    evidence: Mapped[bytes]
    reason: Mapped[str | None]
    judged_by: Mapped[str | None]
    judged_at: Mapped[datetime | None]
    created: Mapped[DatabaseTime]


class ScreeningRecord(Base):
    """One party against one list. `held` is the code of what kept it from being finished; then it is never clear."""

    __tablename__ = "screenings"
    __table_args__ = (UniqueConstraint("case_id", "key"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    key: Mapped[str]
    round: Mapped[int]
    party: Mapped[str]
    list_name: Mapped[str]
    list_version: Mapped[str | None]
    outcome: Mapped[str]
    held: Mapped[str | None]
    hits: Mapped[int]
    evidence: Mapped[bytes | None]
    at: Mapped[DatabaseTime]


class RatingRecord(Base):
    __tablename__ = "ratings"
    __table_args__ = (UniqueConstraint("case_id", "occasion"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    occasion: Mapped[str]
    round: Mapped[int]
    band: Mapped[str]
    points: Mapped[float]
    factors: Mapped[list[dict[str, object]]]
    policy: Mapped[str]
    policy_version: Mapped[str]
    at: Mapped[DatabaseTime]


class ReviewRecord(Base):
    """One round of reviewing a case. `barred` are the staff who may not review it."""

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("case_id", "step", "round"), Index("ix_reviews_state", "state"))
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    round: Mapped[int]
    band: Mapped[str]
    approvals: Mapped[int]
    barred: Mapped[list[str]]
    state: Mapped[str]
    opened_story: Mapped[datetime]
    closed_story: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]  # real time: a claim is a session
    for_senior: Mapped[bool] = mapped_column(server_default=false())


class VoteRecord(Base):
    """One reviewer's voice; nobody has two in one review."""

    __tablename__ = "votes"
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    reviewer: Mapped[str] = mapped_column(primary_key=True)
    decision: Mapped[str]
    reason: Mapped[str]
    items: Mapped[list[str]]
    note: Mapped[str | None]
    story: Mapped[datetime]
    at: Mapped[DatabaseTime]


class DecisionRecord(Base):
    """A decision that stands. One without a review was made by the policy alone."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("case_id", "key"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    key: Mapped[str]
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"))
    decision: Mapped[str]
    reason: Mapped[str]
    band: Mapped[str]
    reviewers: Mapped[list[str]]
    story: Mapped[datetime]
    at: Mapped[DatabaseTime]
