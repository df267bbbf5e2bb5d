"""Legal clocks: what is due, when, and the wish that waits."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from records.journal import Journal
from records.keys import Vault
from records.retention import Regime, Retention, due, end_relationship, resume_relationship, wish
from records.sealing import client_id_of
from tests.records.samples import a_case

ENDED = datetime(2026, 5, 4, tzinfo=UTC)
LONG_AFTER = datetime(2090, 1, 1, tzinfo=UTC)


@pytest.fixture
async def client_id(session: AsyncSession, journal: Journal) -> str:
    return await client_id_of(session, await a_case(session, journal))


async def _due(session: AsyncSession, at: datetime) -> dict[Retention, int]:
    return {one.retention: one.erase_after.year for one in await due(session, at)}


async def test_nothing_is_due_while_the_relationship_lasts(session: AsyncSession, client_id: str) -> None:
    assert await _due(session, LONG_AFTER) == {}


async def test_each_class_is_due_after_its_own_years(session: AsyncSession, client_id: str) -> None:
    await end_relationship(session, client_id, Regime.EU, ENDED)

    assert await _due(session, datetime(2028, 5, 3, tzinfo=UTC)) == {}
    assert await _due(session, datetime(2028, 5, 5, tzinfo=UTC)) == {Retention.CONTACT: 2028}
    assert (await _due(session, LONG_AFTER))[Retention.KYC] == 2031


async def test_the_longer_regime_wins(session: AsyncSession, client_id: str) -> None:
    await end_relationship(session, client_id, Regime.OFAC, ENDED)
    await end_relationship(session, client_id, Regime.EU, ENDED)

    assert (await _due(session, LONG_AFTER))[Retention.KYC] == 2036


async def test_an_early_wish_is_recorded_and_waits(session: AsyncSession, client_id: str) -> None:
    await wish(session, client_id, ENDED)
    assert await _due(session, LONG_AFTER) == {}

    await end_relationship(session, client_id, Regime.EU, ENDED)

    assert (await _due(session, LONG_AFTER))[Retention.PROFILE] == 2031


async def test_a_client_who_returns_stops_the_clocks(session: AsyncSession, client_id: str) -> None:
    await end_relationship(session, client_id, Regime.EU, ENDED)

    await resume_relationship(session, client_id)

    assert await _due(session, LONG_AFTER) == {}


async def test_what_was_destroyed_is_not_due_again(session: AsyncSession, client_id: str, vault: Vault) -> None:
    await end_relationship(session, client_id, Regime.EU, ENDED)

    await vault.destroy(session, client_id, Retention.CONTACT)

    assert Retention.CONTACT not in await _due(session, LONG_AFTER)


async def test_a_leap_day_is_kept_rather_longer(session: AsyncSession, client_id: str) -> None:
    await end_relationship(session, client_id, Regime.EU, datetime(2028, 2, 29, tzinfo=UTC))

    kyc = next(one for one in await due(session, LONG_AFTER) if one.retention is Retention.KYC)
    assert kyc.erase_after == datetime(2033, 3, 1, tzinfo=UTC)
