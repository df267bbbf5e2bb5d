"""What a review brings with it: another band than the rating gave, conditions; and, apart from all cases, suspicion."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, HasDue, Id


class OverrideRecord(Base):
    """Another band, proposed by one person and confirmed or declined by a second. `note` is the justification."""

    __tablename__ = "overrides"
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"))
    before: Mapped[str]
    band: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str]
    proposed_by: Mapped[str]
    proposed_story: Mapped[datetime]
    state: Mapped[str]
    second: Mapped[str | None]
    decided_story: Mapped[datetime | None]
    at: Mapped[DatabaseTime]


class ConditionRecord(HasDue, Base):
    """A condition of an approval. Its due date is counted from the decision; before that it is only `proposed`."""

    __tablename__ = "conditions"
    __table_args__ = (Index("ix_conditions_state", "state"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"))
    code: Mapped[str]
    owner: Mapped[str]
    days: Mapped[int]
    words: Mapped[bytes | None]
    proposed_by: Mapped[str]
    state: Mapped[str]
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    closed_by: Mapped[str | None]
    closed_story: Mapped[datetime | None]
    reason: Mapped[str | None]
    at: Mapped[DatabaseTime]


class SuspicionRecord(Base):
    """A suspicion report under a key of its own, which is `wrapped` until its time is over. All times are real."""

    __tablename__ = "suspicion_reports"
    id: Mapped[Id]
    wrapped: Mapped[bytes | None]
    content: Mapped[bytes]
    state: Mapped[str]
    raised_by: Mapped[str]
    raised: Mapped[datetime]
    closed: Mapped[datetime | None]
    erase_after: Mapped[datetime]


class SuspicionEntry(Base):
    """Insert-only: one chain over all suspicion reports, each entry with its signed head."""

    __tablename__ = "suspicion_entries"
    seq: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("suspicion_reports.id"))
    actor: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]
    detail: Mapped[bytes | None]
    previous: Mapped[str]
    hash: Mapped[str]
    signer: Mapped[str]
    signature: Mapped[str]
