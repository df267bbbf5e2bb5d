"""Vendors' events: stored once, then delivered to the workflow until it has recorded them."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound
from records.keys import Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import Content, seal, unseal
from records.tables import VendorEventRecord


class VendorEvent(Row):
    vendor: str
    event: str
    case_id: str
    step: str | None
    kind: str
    received: datetime
    delivered: datetime | None


async def receive(
    session: AsyncSession,
    vault: Vault,
    *,
    vendor: str,
    event: str,
    case_id: str,
    kind: str,
    payload: Content,
    step: str | None = None,
) -> bool:
    """Stores a verified event, its payload sealed; False when this vendor's event was here before."""
    sealed = await seal(session, vault, case_id, Retention.KYC, payload, _context(vendor, event))
    statement = insert(VendorEventRecord).values(
        vendor=vendor, event=event, case_id=case_id, step=step, kind=kind, payload=sealed
    )
    stored = await session.scalars(statement.on_conflict_do_nothing().returning(VendorEventRecord.event))
    return stored.one_or_none() is not None


async def undelivered(session: AsyncSession, older_than: timedelta, limit: int = 100) -> list[VendorEvent]:
    """Events that no workflow has recorded although they came at least `older_than` ago (real time), oldest first."""
    rows = await session.scalars(
        select(VendorEventRecord)
        .where(
            VendorEventRecord.delivered.is_(None),
            VendorEventRecord.received <= func.clock_timestamp() - older_than,
        )
        .order_by(VendorEventRecord.received)
        .limit(limit)
    )
    return [VendorEvent.model_validate(row) for row in rows]


async def delivered(session: AsyncSession, vendor: str, event: str) -> None:
    """The workflow has recorded it; said by the workflow's own activity."""
    await session.execute(
        update(VendorEventRecord)
        .where(
            VendorEventRecord.vendor == vendor,
            VendorEventRecord.event == event,
            VendorEventRecord.delivered.is_(None),
        )
        .values(delivered=func.clock_timestamp())
    )


async def payload(session: AsyncSession, vault: Vault, vendor: str, event: str) -> Content | None:
    row = await session.get(VendorEventRecord, (vendor, event))
    if row is None:
        raise NotFound(code="event_not_found")
    return await unseal(session, vault, row.case_id, row.payload, _context(vendor, event))


def _context(vendor: str, event: str) -> str:
    return f"event/{vendor}/{event}"
