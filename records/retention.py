"""Legal clocks: how long each class of data must be kept after the relationship, and what is due to be erased.

Clocks start at the end of the relationship or at the refusal, in real time. A wish to be erased earlier is recorded
and waits until the law lets it through; nothing here erases by itself, `Vault.destroy` does.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.tables.cases import ClientKey, RetentionClock


class Retention(StrEnum):
    """What data is kept for, and so how long."""

    PROFILE = "profile"  # who the client is and how we work together
    KYC = "kyc"  # identity documents, screenings, reviews, the journal's details
    CONTRACT = "contract"  # agreements and their evidence
    CONTACT = "contact"  # surveys, notes of calls, preferences


class Regime(StrEnum):
    EU = "eu"
    OFAC = "ofac"


YEARS: dict[Regime, dict[Retention, int]] = {
    Regime.EU: {
        Retention.PROFILE: 5,  # the register of clients stays readable as long as their KYC file does
        Retention.KYC: 5,  # Directive (EU) 2015/849, article 40
        Retention.CONTRACT: 10,  # the longest commercial record-keeping duty among member states
        Retention.CONTACT: 2,
    },
    Regime.OFAC: {
        Retention.PROFILE: 10,
        Retention.KYC: 10,  # 31 CFR 501.601, since March 2025
        Retention.CONTRACT: 10,
        Retention.CONTACT: 2,
    },
}


@dataclass(frozen=True)
class Due:
    client_id: str
    retention: Retention
    erase_after: datetime


async def end_relationship(session: AsyncSession, client_id: str, regime: Regime, ended: datetime) -> None:
    """Starts the clocks (real time). Said again with another date or regime, the later erasure counts."""
    for retention in Retention:
        until = _years_later(ended, YEARS[regime][retention])
        statement = insert(RetentionClock).values(
            client_id=client_id, retention=retention, regime=regime, ended=ended, erase_after=until
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["client_id", "retention"],
                set_={"regime": regime, "ended": ended, "erase_after": until},
                where=(RetentionClock.erase_after.is_(None)) | (RetentionClock.erase_after < until),
            )
        )


async def wish(session: AsyncSession, client_id: str, at: datetime) -> None:
    """Records that the client wants to be erased; it waits for the legal clocks. The first wish's time is kept."""
    for retention in Retention:
        statement = insert(RetentionClock).values(client_id=client_id, retention=retention, regime=Regime.EU, wished=at)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["client_id", "retention"],
                set_={"wished": at},
                where=RetentionClock.wished.is_(None),
            )
        )


async def resume_relationship(session: AsyncSession, client_id: str) -> None:
    """A new case of a former client stops the clocks."""
    await session.execute(
        update(RetentionClock).where(RetentionClock.client_id == client_id).values(ended=None, erase_after=None)
    )


async def due(session: AsyncSession, at: datetime, limit: int = 100) -> list[Due]:
    """The keys that may be destroyed at `at` (real time) and still exist, oldest first."""
    rows = await session.execute(
        select(RetentionClock.client_id, RetentionClock.retention, RetentionClock.erase_after)
        .join(
            ClientKey,
            (ClientKey.client_id == RetentionClock.client_id) & (ClientKey.retention == RetentionClock.retention),
        )
        .where(RetentionClock.erase_after <= at, ClientKey.wrapped.is_not(None))
        .order_by(RetentionClock.erase_after)
        .limit(limit)
    )
    return [Due(client, Retention(retention), until) for client, retention, until in rows if until]


def _years_later(day: datetime, years: int) -> datetime:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February: kept a day longer rather than shorter
        return day.replace(year=day.year + years, month=3, day=1)
