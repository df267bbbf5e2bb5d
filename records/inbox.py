"""Vendors' events: stored once, then delivered to the workflow until it has recorded them."""

from datetime import datetime, timedelta

from sqlalchemy import Float, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import StepState
from onboarding.errors import NotFound
from records.keys import Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import Content, seal, unseal
from records.tables import StepRecord, VendorEventRecord

_OVER = (StepState.DONE, StepState.SKIPPED, StepState.CLOSED)
_DOUBLINGS = 8  # from seconds to about twenty minutes


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
    """Events that no workflow has recorded although they came at least `older_than` ago (real time), oldest first.

    One that was offered in vain is left alone for twice as long each time, for each offer is an event in a history.
    """
    row, now = VendorEventRecord, func.clock_timestamp()
    seconds = literal(older_than.total_seconds()) * func.power(2.0, func.least(row.offers, _DOUBLINGS), type_=Float)
    patience = func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    rows = await session.scalars(
        select(row)
        .where(
            row.delivered.is_(None),
            row.received <= now - older_than,
            or_(row.offered.is_(None), row.offered <= now - patience),
        )
        .order_by(row.received)
        .limit(limit)
    )
    return [VendorEvent.model_validate(row) for row in rows]


async def too_late(session: AsyncSession, case_id: str) -> list[VendorEvent]:
    """The events of a case that their step has not recorded and never will, for it is over; the oldest first."""
    row, step = VendorEventRecord, StepRecord
    query = select(row).join(step, (step.case_id == row.case_id) & (step.key == row.step))
    query = query.where(row.case_id == case_id, row.delivered.is_(None), step.state.in_(_OVER))
    return [VendorEvent.model_validate(each) for each in await session.scalars(query.order_by(row.received))]


async def offered(session: AsyncSession, vendor: str, event: str) -> None:
    """It was handed to its workflow, which has yet to record it."""
    await session.execute(
        update(VendorEventRecord)
        .where(VendorEventRecord.vendor == vendor, VendorEventRecord.event == event)
        .values(offered=func.clock_timestamp(), offers=VendorEventRecord.offers + 1)
    )


async def event_of(session: AsyncSession, vendor: str, event: str) -> VendorEvent:
    return VendorEvent.model_validate(await session.get_one(VendorEventRecord, (vendor, event)))


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
