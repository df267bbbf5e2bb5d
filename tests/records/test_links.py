"""Links are used once by a deliberate act, made again identically, and lead to sessions that end."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from records.database import Database
from records.journal import Journal
from records.links import (
    LinkExpired,
    Links,
    LinkUnknown,
    LinkUsed,
    Purpose,
    SessionOver,
    end_session,
    purge_sessions,
    revoke,
    session_of,
)
from records.tables import SessionRecord
from tests.records.samples import a_case

DAY = timedelta(days=1)


@pytest.fixture
def links() -> Links:
    return Links(bytes(range(32)))


@pytest.fixture
async def case_id(session: AsyncSession, journal: Journal) -> str:
    return await a_case(session, journal)


async def _a_link(links: Links, session: AsyncSession, case_id: str, valid_for: timedelta = DAY) -> str:
    return await links.create(session, case_id, Purpose.PORTAL, key="welcome", valid_for=valid_for, subject="s_1")


async def _a_token(links: Links, session: AsyncSession, case_id: str, valid_for: timedelta = DAY) -> str:
    return await links.mint(session, await _a_link(links, session, case_id, valid_for))


async def test_a_link_is_made_again_identically(links: Links, session: AsyncSession, case_id: str) -> None:
    first = await _a_token(links, session, case_id)
    again = await _a_token(Links(bytes(range(32))), session, case_id, timedelta(days=9))

    assert first == again


async def test_another_door_key_makes_another_token(links: Links, session: AsyncSession, case_id: str) -> None:
    link_id = await _a_link(links, session, case_id)

    assert await links.mint(session, link_id) != await Links(bytes(32)).mint(session, link_id)


async def test_only_the_hash_of_a_token_is_stored(links: Links, session: AsyncSession, case_id: str) -> None:
    token = await _a_token(links, session, case_id)

    rows = (await session.execute(text("SELECT links::text FROM links"))).scalars()
    assert not any(token in row for row in rows)


async def test_opening_a_link_does_not_use_it_up(links: Links, session: AsyncSession, case_id: str) -> None:
    token = await _a_token(links, session, case_id)

    for _ in range(3):
        assert (await links.peek(session, token)).case_id == case_id
    assert await links.exchange(session, token)


async def test_a_link_is_exchanged_once(links: Links, session: AsyncSession, case_id: str) -> None:
    token = await _a_token(links, session, case_id)
    await links.exchange(session, token)

    with pytest.raises(LinkUsed):
        await links.exchange(session, token)
    with pytest.raises(LinkUsed):
        await links.peek(session, token)


async def test_of_many_exchanges_at_once_one_succeeds(links: Links, database: Database, journal: Journal) -> None:
    async with database.session() as session:
        token = await _a_token(links, session, await a_case(session, journal))

    async def exchange() -> str:
        async with database.session() as session:
            return await links.exchange(session, token)

    results = await asyncio.gather(*(exchange() for _ in range(10)), return_exceptions=True)

    assert [type(result) for result in results].count(str) == 1
    assert [type(result) for result in results].count(LinkUsed) == 9


async def test_an_expired_link_says_so(links: Links, session: AsyncSession, case_id: str) -> None:
    token = await _a_token(links, session, case_id, timedelta(seconds=-1))

    with pytest.raises(LinkExpired):
        await links.peek(session, token)
    with pytest.raises(LinkExpired):
        await links.exchange(session, token)


async def test_an_unknown_token_leads_nowhere(links: Links, session: AsyncSession) -> None:
    with pytest.raises(LinkUnknown):
        await links.exchange(session, "guessed")


async def test_a_session_knows_its_case_and_subject(links: Links, session: AsyncSession, case_id: str) -> None:
    secret = await links.exchange(session, await _a_token(links, session, case_id))

    row = await session_of(session, secret)

    assert (row.case_id, row.purpose, row.subject) == (case_id, Purpose.PORTAL, "s_1")


@pytest.mark.parametrize("column", ["idle_until", "expires"])
async def test_a_session_ends_when_idle_or_old(links: Links, session: AsyncSession, case_id: str, column: str) -> None:
    secret = await links.exchange(session, await _a_token(links, session, case_id))
    await session.execute(update(SessionRecord).values({column: text("clock_timestamp() - interval '1 second'")}))

    with pytest.raises(SessionOver):
        await session_of(session, secret)


async def test_revoking_ends_links_and_sessions(links: Links, session: AsyncSession, case_id: str) -> None:
    secret = await links.exchange(session, await _a_token(links, session, case_id))
    other = await links.create(session, case_id, Purpose.SURVEY, key="survey", valid_for=DAY)

    await revoke(session, case_id)

    with pytest.raises(SessionOver):
        await session_of(session, secret)
    with pytest.raises(LinkExpired):
        await links.peek(session, await links.mint(session, other))


async def test_an_ended_session_is_over_and_old_ones_are_purged(
    links: Links, session: AsyncSession, case_id: str
) -> None:
    secret = await links.exchange(session, await _a_token(links, session, case_id))
    await purge_sessions(session)
    assert await session_of(session, secret)

    await end_session(session, secret)

    with pytest.raises(SessionOver):
        await session_of(session, secret)
