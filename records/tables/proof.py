"""The journal and the effects ledger: what happened, and what was done outside."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, Facts


class JournalEntry(Base):
    """Insert-only. `detail` is sealed, so its hash outlives the erasure of what it says."""

    __tablename__ = "journal_entries"
    __table_args__ = (UniqueConstraint("case_id", "key"),)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str | None]
    effect: Mapped[str | None]
    key: Mapped[str | None]
    story: Mapped[datetime]
    at: Mapped[datetime]
    detail: Mapped[bytes | None]
    previous: Mapped[str]
    hash: Mapped[str]


class JournalHead(Base):
    """Insert-only: one signed head for each entry."""

    __tablename__ = "journal_heads"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str]
    signer: Mapped[str]
    signature: Mapped[str]


class Refusal(Base):
    """Insert-only: what an authenticated caller was refused."""

    __tablename__ = "journal_refusals"
    __table_args__ = (Index("ix_journal_refusals_actor_at", "actor", "at"),)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    actor: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(index=True)  # no foreign key: the case may not exist
    what: Mapped[str]
    reason: Mapped[str]
    at: Mapped[DatabaseTime]


class EffectRecord(Base):
    __tablename__ = "effects"
    key: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    kind: Mapped[str]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    actor: Mapped[str]
    story: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    detail: Mapped[Facts]
    undo: Mapped[str | None]
    undo_args: Mapped[Facts]
    receipt_id: Mapped[str | None]
    receipt: Mapped[Facts | None]
    intended: Mapped[DatabaseTime]
    settled: Mapped[datetime | None]
