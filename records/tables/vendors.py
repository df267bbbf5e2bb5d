"""What was compared, and what outside services were asked and answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, CaseId, DatabaseTime, Id


class EvidenceFileRecord(Base):
    """The evidence matrices and the ownership as one examination found them, sealed."""

    __tablename__ = "evidence_files"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    occasion: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int]
    content: Mapped[bytes]
    at: Mapped[DatabaseTime]


class IdentityCheckRecord(Base):
    """One identity check of one party by a vendor, who knows it by `id` alone. `link` and `result` are sealed."""

    __tablename__ = "identity_checks"
    __table_args__ = (UniqueConstraint("case_id", "party", "attempt"), UniqueConstraint("vendor", "vendor_id"))
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    step: Mapped[str]
    party: Mapped[str]
    attempt: Mapped[int]
    vendor: Mapped[str]
    state: Mapped[str]
    vendor_id: Mapped[str | None]
    link: Mapped[bytes | None]
    result: Mapped[bytes | None]
    opened: Mapped[DatabaseTime]
    settled: Mapped[datetime | None]
