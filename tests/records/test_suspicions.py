"""Suspicion reports: sealed under keys of their own, in a register of their own, and kept as long as the law wants."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from records import retention
from records.database import Database
from records.journal import Journal
from records.masters import LocalMaster, read_secret
from records.retention import Regime
from records.sealing import client_id_of
from records.suspicions import KEPT, Filing, ReportClosed, Suspicion, Suspicions, SuspicionState
from records.tables import SuspicionRecord
from tests.records.samples import a_case

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FILED = Filing(outcome=SuspicionState.FILED, reason="structuring", authority="FIU Sweden", reference="2026/77")


@pytest.fixture
def suspicions(tmp_path: Path) -> Suspicions:
    return Suspicions(LocalMaster(tmp_path / "key"), read_secret(tmp_path / "key"))


@pytest.fixture
async def case_id(session: AsyncSession, journal: Journal) -> str:
    return await a_case(session, journal)


def suspicion(case_id: str) -> Suspicion:
    return Suspicion(case=case_id, grounds="structuring", narrative="Zephyrine splits payments of 9,900")


async def test_a_report_is_read_again_as_it_was_written_and_closed_once(
    session: AsyncSession, suspicions: Suspicions, case_id: str
) -> None:
    report = await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)
    await suspicions.close(session, report, FILED, "staff_mlro", NOW + timedelta(days=1))

    row = await suspicions.report(session, report)
    with pytest.raises(ReportClosed):
        await suspicions.close(session, report, FILED, "staff_mlro", NOW)
    assert (row.suspicion, row.filing, row.state) == (suspicion(case_id), FILED, SuspicionState.FILED)


async def test_nothing_that_is_stored_names_the_case_or_says_a_word(
    session: AsyncSession, suspicions: Suspicions, case_id: str
) -> None:
    report = await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)
    await suspicions.close(session, report, FILED, "staff_mlro", NOW)

    for table in ("suspicion_reports", "suspicion_entries"):
        stored = str((await session.execute(text(f"SELECT * FROM {table}"))).all())
        assert case_id not in stored
        assert "9,900" not in stored
        assert "2026/77" not in stored


async def test_the_register_proves_that_no_entry_was_changed(
    session: AsyncSession, suspicions: Suspicions, case_id: str
) -> None:
    for _ in range(2):
        await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)
    assert await suspicions.verify(session) == []
    entries = await suspicions.register(session)
    assert [entry.what for entry in entries[-2:]] == ["suspicion_raised"] * 2


async def test_an_entry_that_the_owner_of_the_tables_changed_is_found(
    owner: Database, database: Database, journal: Journal, suspicions: Suspicions
) -> None:
    async with database.session() as session:
        await suspicions.raise_(session, suspicion(await a_case(session, journal)), "staff_mlro", NOW)
    async with owner.session() as session:
        await session.execute(text("ALTER TABLE suspicion_entries DISABLE TRIGGER append_only"))
        await session.execute(text("UPDATE suspicion_entries SET actor = 'staff_x'"))

    async with database.session() as session:
        faults = {fault.code for fault in await suspicions.verify(session)}
        assert "entry_changed" in faults
    async with owner.session() as session:
        await session.execute(text("DELETE FROM suspicion_entries"))
        await session.execute(text("ALTER TABLE suspicion_entries ENABLE TRIGGER append_only"))


@pytest.mark.parametrize("change", ["UPDATE suspicion_entries SET actor = 'x'", "DELETE FROM suspicion_entries"])
async def test_the_application_cannot_change_the_register(
    session: AsyncSession, suspicions: Suspicions, case_id: str, change: str
) -> None:
    await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)

    with pytest.raises(DBAPIError):
        await session.execute(text(change))


async def test_the_key_of_a_report_opens_no_other(session: AsyncSession, suspicions: Suspicions, case_id: str) -> None:
    first, second = [await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW) for _ in range(2)]
    rows = [await session.get_one(SuspicionRecord, report) for report in (first, second)]

    assert rows[0].wrapped != rows[1].wrapped
    rows[1].wrapped = rows[0].wrapped
    with pytest.raises(Exception, match="seal"):
        await suspicions.report(session, second)


async def test_a_report_stays_while_the_relationship_lasts_and_goes_five_years_after_it(
    session: AsyncSession, suspicions: Suspicions, case_id: str
) -> None:
    report = await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)
    await suspicions.close(session, report, FILED, "staff_mlro", NOW)
    ended = NOW + timedelta(days=4000)

    while_it_lasts = await suspicions.erase_due(session, ended)
    await retention.end_relationship(session, await client_id_of(session, case_id), Regime.EU, ended)
    too_early = await suspicions.erase_due(session, ended + KEPT - timedelta(days=1))
    in_time = await suspicions.erase_due(session, ended + KEPT)

    row = await suspicions.report(session, report)
    assert (while_it_lasts, too_early, in_time) == (0, 0, 1)
    assert (row.suspicion, row.filing) == (None, None)
    assert await suspicions.verify(session) == []  # the proof outlives the erasure


async def test_an_open_report_is_never_erased(session: AsyncSession, suspicions: Suspicions, case_id: str) -> None:
    await suspicions.raise_(session, suspicion(case_id), "staff_mlro", NOW)
    await retention.end_relationship(session, await client_id_of(session, case_id), Regime.EU, NOW)

    assert await suspicions.erase_due(session, NOW + 10 * KEPT) == 0
