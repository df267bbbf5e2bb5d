"""What we do together with the client: agreements, meetings, surveys, check-ins, guidance. Times are story times."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, Facts, HasDue, Id


class AgreementRecord(Base):
    """Digests are HMACs under the client's key; `consent` and `summary` are sealed."""

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("case_id", "step", "key"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    key: Mapped[str]
    template: Mapped[str]
    version: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    document_key: Mapped[str | None]
    document_digest: Mapped[str | None]
    signed_key: Mapped[str | None]
    signed_digest: Mapped[str | None]
    certificate_key: Mapped[str | None]
    certificate_digest: Mapped[str | None]
    consent: Mapped[bytes | None]
    consented: Mapped[datetime | None]
    sealed: Mapped[datetime | None]
    created: Mapped[DatabaseTime]


class MeetingRecord(Base):
    """`slots` are ISO instants that were offered, `moves` what happened to the booking; `notes` is a note id."""

    __tablename__ = "meetings"
    __table_args__ = (UniqueConstraint("case_id", "step", "round"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    round: Mapped[int]
    purpose: Mapped[str]
    minutes: Mapped[int]
    owner: Mapped[str]
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str]
    starts: Mapped[datetime | None]
    ends: Mapped[datetime | None]
    timezone: Mapped[str]
    slots: Mapped[list[str]]
    moves: Mapped[list[dict[str, object]]] = mapped_column(server_default=text("'[]'::jsonb"))
    notes: Mapped[str | None]
    created: Mapped[DatabaseTime]


class SurveyRecord(Base):
    """`expires_story` is shown; whether the survey is open is its `state`, which the workflow decides."""

    __tablename__ = "surveys"
    __table_args__ = (UniqueConstraint("case_id", "step", "kind"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    answers: Mapped[bytes | None]
    answered: Mapped[datetime | None]
    opened_story: Mapped[datetime]
    expires_story: Mapped[datetime]
    closed_story: Mapped[datetime | None]


class CheckInRecord(HasDue, Base):
    """`recorded` are the CSM's codes and numbers; `brief` is the sealed snapshot that they saw."""

    __tablename__ = "check_ins"
    __table_args__ = (UniqueConstraint("case_id", "step"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    day: Mapped[int | None]
    dates: Mapped[dict[str, object]]
    merged: Mapped[bool]
    outcome: Mapped[str | None]
    reasons: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    missing: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    recorded: Mapped[Facts | None]
    recorded_by: Mapped[str | None]
    exit_criterion: Mapped[str | None]
    brief: Mapped[bytes | None]
    closed_story: Mapped[datetime | None]


class GuidanceRecord(Base):
    """One piece of material that was put before the client; `read_story` is when it was acknowledged."""

    __tablename__ = "guidance"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    guide: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    published_story: Mapped[datetime]
    read_story: Mapped[datetime | None]
    choice: Mapped[str | None]
