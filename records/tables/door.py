"""What the door needs: links, sessions, staff, vendors' events, answers to repeated requests. Times are real."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from records.tables.base import Base, CaseId, DatabaseTime, Id


class LinkRecord(Base):
    """A link in a mail. Its token is recomputed when needed; here is only the token's hash."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("case_id", "key"),)
    id: Mapped[Id]
    case_id: Mapped[CaseId]
    key: Mapped[str]
    purpose: Mapped[str]
    subject: Mapped[str | None]
    generation: Mapped[int]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires: Mapped[datetime]
    used: Mapped[datetime | None]
    created: Mapped[DatabaseTime]


class SessionRecord(Base):
    """A client's session in the portal, under the hash of its id."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId]
    link_id: Mapped[str] = mapped_column(ForeignKey("links.id"), index=True)
    purpose: Mapped[str]
    subject: Mapped[str | None]
    idle_until: Mapped[datetime]
    expires: Mapped[datetime] = mapped_column(index=True)
    created: Mapped[DatabaseTime]


class StaffRecord(Base):
    __tablename__ = "staff"
    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str]
    roles: Mapped[list[str]]
    token_hash: Mapped[str] = mapped_column(unique=True)
    disabled: Mapped[datetime | None]
    created: Mapped[DatabaseTime]


class VendorEventRecord(Base):
    __tablename__ = "vendor_events"
    __table_args__ = (Index("ix_vendor_events_delivered_received", "delivered", "received"),)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId]
    step: Mapped[str | None]
    kind: Mapped[str]
    payload: Mapped[bytes]
    received: Mapped[DatabaseTime]
    offered: Mapped[datetime | None]
    offers: Mapped[int] = mapped_column(server_default="0")
    delivered: Mapped[datetime | None]


class IdempotencyRecord(Base):
    """A request that was made under a key, and the answer it got; `claim` names who works on it, `claimed` is empty
    when nobody does any more."""

    __tablename__ = "idempotency"
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    claim: Mapped[str]
    claimed: Mapped[datetime | None] = mapped_column(server_default=func.clock_timestamp())
    attempts: Mapped[int] = mapped_column(server_default=text("1"))
    status: Mapped[int | None]
    response: Mapped[bytes | None]
    created: Mapped[DatabaseTime]
    __table_args__ = (Index("ix_idempotency_created", "created"),)
