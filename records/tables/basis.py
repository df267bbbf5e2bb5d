"""What decisions rested on, who approved which policy, who may be passed over; and the journal of the house."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, ClientId, DatabaseTime, Id


class BasisRecord(Base):
    """Insert-only. `digest` is a keyed hash whose key is sealed with the content, so that it outlives an erasure."""

    __tablename__ = "decision_bases"
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    case_id: Mapped[CaseId]
    engine: Mapped[str]
    policy: Mapped[str]
    lists: Mapped[dict[str, str]]
    inputs: Mapped[dict[str, str]]
    digest: Mapped[str]
    content: Mapped[bytes]
    at: Mapped[DatabaseTime]


class RatingBasisRecord(Base):
    """Insert-only: the facts of a rating, sealed, and the hash of the policy that it was made by."""

    __tablename__ = "rating_bases"
    rating_id: Mapped[str] = mapped_column(ForeignKey("ratings.id"), primary_key=True)
    case_id: Mapped[CaseId]
    policy: Mapped[str]
    facts: Mapped[bytes]
    at: Mapped[DatabaseTime]


class OpeningRecord(Base):
    """Insert-only: who opened which evidence first when. `subject` is the id of a signal or a document, `what` says
    which: a signal's evidence, what was read from a document (`extract`), or the `document` itself."""

    __tablename__ = "openings"
    actor: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId]
    at: Mapped[DatabaseTime]


class PolicyRecord(Base):
    """Insert-only: the words of every policy that was proposed or used, under its hash."""

    __tablename__ = "policies"
    __table_args__ = (Index("ix_policies_kind_name", "kind", "name"),)
    hash: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    version: Mapped[str]
    content: Mapped[str]
    proposed_by: Mapped[str | None]
    at: Mapped[DatabaseTime]


class ApprovalRecord(Base):
    """Insert-only: one person's approval of one hash."""

    __tablename__ = "policy_approvals"
    policy: Mapped[str] = mapped_column(ForeignKey("policies.hash"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[DatabaseTime]


class BackTestRecord(Base):
    """Insert-only: a policy tried on past inputs, against the one that was in force. Ids and codes only."""

    __tablename__ = "policy_backtests"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("policies.hash"), index=True)
    against: Mapped[str]
    blocked: Mapped[bool]
    report: Mapped[dict[str, object]]
    at: Mapped[DatabaseTime]


class InForceRecord(Base):
    """Insert-only: the last row of a kind and name is the policy in force."""

    __tablename__ = "policies_in_force"
    __table_args__ = (Index("ix_policies_in_force_kind_name", "kind", "name"),)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    policy: Mapped[str] = mapped_column(ForeignKey("policies.hash"))
    actor: Mapped[str]
    at: Mapped[DatabaseTime]


class AllowanceRecord(Base):
    """A list entry that is known not to be this party. `matching` is a keyed hash of what is compared of both."""

    __tablename__ = "allowances"
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    client_id: Mapped[ClientId]
    signal_id: Mapped[str] = mapped_column(ForeignKey("signals.id"))
    party: Mapped[str]
    entry: Mapped[str]
    matching: Mapped[str]
    strength: Mapped[float]
    policy: Mapped[str]
    reason: Mapped[str]
    proposed_by: Mapped[str]
    approved_by: Mapped[str | None]
    state: Mapped[str]
    ended_reason: Mapped[str | None]
    expires_story: Mapped[datetime]
    at: Mapped[DatabaseTime]


class SampleRecord(Base):
    """Insert-only: a screening drawn for the monthly look at what lay just under the threshold."""

    __tablename__ = "near_miss_samples"
    month: Mapped[str] = mapped_column(primary_key=True)
    screening_id: Mapped[str] = mapped_column(ForeignKey("screenings.id"), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"))
    at: Mapped[DatabaseTime]


class HouseEntry(Base):
    """Insert-only: the journal of what concerns no case, chained and signed like those of the cases."""

    __tablename__ = "house_journal"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str | None]
    about: Mapped[str | None]
    at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]
    signer: Mapped[str]
    signature: Mapped[str]
