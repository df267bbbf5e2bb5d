"""Documents and forms that clients hand in."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, Id


class DocumentRecord(Base):
    """The bytes lie sealed in S3 under `object_key`; `digest` is their HMAC under the client's key."""

    __tablename__ = "documents"
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    kind: Mapped[str]
    party: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    object_key: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    retention: Mapped[str]
    uploaded_story: Mapped[datetime]
    uploaded: Mapped[DatabaseTime]
    extracted: Mapped[bytes | None]


class FormRecord(Base):
    """A form of a case: what is saved so far, and what was submitted last."""

    __tablename__ = "forms"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    draft: Mapped[bytes | None]
    saved: Mapped[datetime | None]
    submitted: Mapped[bytes | None]
    submitted_at: Mapped[datetime | None]
