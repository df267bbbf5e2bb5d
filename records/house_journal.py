"""The journal of the house: what concerns no case, such as a policy put in force. Chained and signed like a case's.

Entries hold ids and codes only. One writer at a time takes a number, under an advisory lock of the transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from records import chain
from records.chain import GENESIS, Entry, Fault, Signature
from records.journal import Journal
from records.rows import Row
from records.tables import HouseEntry

HOUSE = "house"  # stands for the case in the chain
_LOCK = 0x686F757365  # "house"


class HouseLine(Row):
    seq: int
    actor: str
    what: str
    reason: str | None
    about: str | None
    at: datetime
    hash: str


async def write(
    session: AsyncSession, journal: Journal, *, actor: str, what: str, about: str | None, reason: str | None = None
) -> int:
    """Adds an entry in the transaction of the change that it tells of, and answers its number."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = (await session.scalars(select(HouseEntry).order_by(HouseEntry.seq.desc()).limit(1))).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    at = cast(datetime, await session.scalar(select(func.clock_timestamp())))
    entry = _entry(seq, actor, what, reason, about, at, previous)
    signed = journal.sign(HOUSE, seq, entry.hash)
    session.add(
        HouseEntry(
            seq=seq, actor=actor, what=what, reason=reason, about=about, at=at, previous=previous, hash=entry.hash,
            signer=signed.key, signature=signed.value,
        )
    )  # fmt: skip
    await session.flush()
    return seq


async def entries(session: AsyncSession, about: str | None = None) -> list[HouseLine]:
    """All entries in order, or those about one thing."""
    return [HouseLine.model_validate(row) for row in await _rows(session) if about in (None, row.about)]


async def export(session: AsyncSession, journal: Journal) -> list[str]:
    """The whole chain as lines that `chain.verify_export` proves without the database."""
    rows = await _rows(session)
    lines = [chain.export_line(_of(row), row.hash, None, _signature(row)) for row in rows]
    end = rows[-1] if rows else None
    return [*lines, journal.export_end(HOUSE, end.seq if end else 0, end.hash if end else GENESIS)]


async def verify(session: AsyncSession, journal: Journal) -> list[Fault]:
    """Every fault in the chain; an empty list is the proof."""
    walk = chain.Walk(HOUSE, journal.public)
    for row in await _rows(session):
        walk.take(_of(row), row.hash, None, _signature(row))
    return walk.end(walk.seq)


async def _rows(session: AsyncSession) -> Sequence[HouseEntry]:
    query = select(HouseEntry).order_by(HouseEntry.seq).execution_options(populate_existing=True)
    return (await session.scalars(query)).all()


def _of(row: HouseEntry) -> Entry:
    return _entry(row.seq, row.actor, row.what, row.reason, row.about, row.at, row.previous)


def _entry(
    seq: int, actor: str, what: str, reason: str | None, about: str | None, at: datetime, previous: str
) -> Entry:
    return Entry(HOUSE, seq, actor, what, reason, None, about, at, at, None, previous)


def _signature(row: HouseEntry) -> Signature:
    return Signature(row.hash, row.signer, row.signature)
