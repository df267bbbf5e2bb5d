"""Clients, their keys, their cases, and what is open in a case."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, ClientId, DatabaseTime, Facts, HasDue, Id


class ClientRecord(Base):
    __tablename__ = "clients"
    id: Mapped[Id]
    kind: Mapped[str]
    language: Mapped[str]
    profile: Mapped[bytes]
    created: Mapped[DatabaseTime]


class ClientKey(Base):
    """`wrapped` is emptied when the key is destroyed; the row stays and says so."""

    __tablename__ = "client_keys"
    __table_args__ = (UniqueConstraint("client_id", "retention"),)
    id: Mapped[Id]
    client_id: Mapped[ClientId]
    retention: Mapped[str]
    wrapped: Mapped[bytes | None]
    created: Mapped[DatabaseTime]
    destroyed: Mapped[datetime | None]


class RetentionClock(Base):
    """When the key of one retention class may go, and the wish for it to go earlier."""

    __tablename__ = "retention_clocks"
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    retention: Mapped[str] = mapped_column(primary_key=True)
    regime: Mapped[str]
    ended: Mapped[datetime | None]
    erase_after: Mapped[datetime | None]
    wished: Mapped[datetime | None]


class CaseRecord(HasDue, Base):
    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_created_id", "created", "id"),)
    id: Mapped[Id]
    client_id: Mapped[ClientId]
    playbook: Mapped[str]
    speed: Mapped[float]
    status: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    band: Mapped[str | None]
    owner: Mapped[str] = mapped_column(index=True)
    started_by: Mapped[str]
    reference: Mapped[str | None] = mapped_column(unique=True)
    plan: Mapped[dict[str, object] | None]
    facts: Mapped[dict[str, str]] = mapped_column(server_default=text("'{}'::jsonb"))
    journal_length: Mapped[int] = mapped_column(server_default=text("0"))
    created: Mapped[DatabaseTime]
    started: Mapped[datetime | None] = mapped_column(index=True)
    ended_story: Mapped[datetime | None]


class StepRecord(HasDue, Base):
    __tablename__ = "steps"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    owner: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str | None]
    opened_story: Mapped[datetime | None]
    closed_story: Mapped[datetime | None]


class TaskRecord(HasDue, Base):
    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("case_id", "step", "key"),
        Index("ix_tasks_state_owner", "state", "owner"),
    )
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    key: Mapped[str]
    code: Mapped[str]
    role: Mapped[str]
    owner: Mapped[str | None]
    holder: Mapped[str]
    state: Mapped[str]
    opened_story: Mapped[datetime]
    closed_story: Mapped[datetime | None]
    resolution: Mapped[str | None]
    resources: Mapped[Facts]
    exit_criterion: Mapped[str | None]
    created: Mapped[DatabaseTime]


class WaitRecord(Base):
    """What a step waits for now. `wakes_story` is story time, computed by the workflow and never judged here."""

    __tablename__ = "waits"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    why: Mapped[str]
    since_story: Mapped[datetime]
    wakes_story: Mapped[datetime]


class NoteRecord(Base):
    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("case_id", "key"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    key: Mapped[str | None]
    author: Mapped[str]
    text: Mapped[bytes]
    confidential: Mapped[bool] = mapped_column(server_default=false())
    created: Mapped[DatabaseTime]
