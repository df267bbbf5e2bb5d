"""The journal is append-only, gapless under concurrency, and proves itself with and without the database."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound
from records.chain import verify_export
from records.database import Database
from records.journal import REFUSALS_A_MINUTE, Journal
from records.keys import Vault
from records.retention import Retention
from records.tasks import add_note
from tests.records.samples import STORY, a_case

CHANGES = [
    "UPDATE {} SET hash = 'x'",
    "DELETE FROM {}",
    "TRUNCATE {}",
]


async def _four_entries(database: Database, journal: Journal) -> str:
    async with database.session() as session:
        case_id = await a_case(session, journal)
        for what in ("step_opened", "task_opened", "step_done"):
            await journal.write(
                session, case_id, actor="aboard", what=what, story=STORY, detail={"about": "Zephyrine's passport"}
            )
    return case_id


async def _tampered(owner: Database, statements: list[str], case_id: str) -> None:
    """What somebody who owns the database can do: switch the triggers off and change what they like."""
    async with owner.session() as session:
        for table in ("journal_entries", "journal_heads"):
            await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await session.execute(text(statement), {"case": case_id})
        for table in ("journal_entries", "journal_heads"):
            await session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


async def _faults(database: Database, journal: Journal, case_id: str) -> set[str]:
    async with database.session() as session:
        return {fault.code for fault in await journal.verify(session, case_id)}


async def _exported(database: Database, journal: Journal, case_id: str) -> list[str]:
    async with database.session() as session:
        return [line async for line in journal.export(session, case_id)]


@pytest.mark.parametrize("table", ["journal_entries", "journal_heads"])
@pytest.mark.parametrize("change", CHANGES)
async def test_the_application_may_not_change_the_journal(
    database: Database, journal: Journal, table: str, change: str
) -> None:
    await _four_entries(database, journal)

    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.session() as session:
            await session.execute(text(change.format(table)))


@pytest.mark.parametrize("table", ["journal_entries", "journal_heads", "journal_refusals"])
@pytest.mark.parametrize("change", [*CHANGES, "TRUNCATE {} CASCADE"])
async def test_not_even_the_owner_of_the_tables_changes_the_journal(
    database: Database, owner: Database, journal: Journal, table: str, change: str
) -> None:
    await _four_entries(database, journal)
    async with database.session() as session:
        await journal.refused(session, "staff_of_the_owner_test", None, "decide", "forbidden")
    column = "reason" if table == "journal_refusals" else "hash"

    with pytest.raises(DBAPIError, match="append-only"):
        async with owner.session() as session:
            await session.execute(text(change.format(table).replace("hash", column)))


async def test_a_written_journal_verifies(database: Database, journal: Journal) -> None:
    case_id = await _four_entries(database, journal)

    assert await _faults(database, journal, case_id) == set()


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE journal_entries SET what = 'nothing' WHERE case_id = :case AND seq = 2"], "entry_changed"),
        (["UPDATE journal_entries SET at = at + interval '1 us' WHERE case_id = :case AND seq = 2"], "entry_changed"),
        (["UPDATE journal_entries SET detail = '\\x00' WHERE case_id = :case AND seq = 3"], "entry_changed"),
        (["DELETE FROM journal_entries WHERE case_id = :case AND seq = 2"], "missing"),
        (["DELETE FROM journal_entries WHERE case_id = :case AND seq = 1"], "missing"),
        (["DELETE FROM journal_entries WHERE case_id = :case AND seq > 2"], "tail_missing"),
        (
            [
                "DELETE FROM journal_entries WHERE case_id = :case AND seq > 2",
                "DELETE FROM journal_heads WHERE case_id = :case AND seq > 2",
            ],
            "tail_missing",
        ),
        (
            [
                "UPDATE journal_entries SET seq = 99 WHERE case_id = :case AND seq = 2",
                "UPDATE journal_entries SET seq = 2 WHERE case_id = :case AND seq = 3",
                "UPDATE journal_entries SET seq = 3 WHERE case_id = :case AND seq = 99",
            ],
            "chain_broken",
        ),
        (["UPDATE journal_heads SET signature = 'AAAA' WHERE case_id = :case AND seq = 4"], "head"),
        (["DELETE FROM journal_heads WHERE case_id = :case AND seq = 4"], "head"),
        (
            [
                "INSERT INTO journal_entries SELECT case_id, 5, actor, what, reason, effect, 'more', story, at, detail,"
                " previous, hash FROM journal_entries WHERE case_id = :case AND seq = 4"
            ],
            "more_than_counted",
        ),
    ],
)
async def test_verify_finds_what_was_done_to_the_rows(
    database: Database, owner: Database, journal: Journal, statements: list[str], fault: str
) -> None:
    case_id = await _four_entries(database, journal)

    await _tampered(owner, statements, case_id)

    assert fault in await _faults(database, journal, case_id)


async def test_a_rewritten_chain_lacks_our_signature(database: Database, owner: Database, journal: Journal) -> None:
    forger = Journal(journal.vault, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    async with database.session() as session:
        case_id = await a_case(session, forger)

    assert await _faults(database, journal, case_id) == {"head"}


async def test_the_heads_of_a_retired_key_are_still_believed(database: Database, journal: Journal) -> None:
    old = Ed25519PrivateKey.from_private_bytes(bytes(32))
    async with database.session() as session:
        case_id = await a_case(session, Journal(journal.vault, old))
    successor = Journal(
        journal.vault, Ed25519PrivateKey.from_private_bytes(bytes(range(32))), retired=(old.public_key(),)
    )

    assert await _faults(database, successor, case_id) == set()


async def test_an_export_verifies_without_the_database(database: Database, journal: Journal) -> None:
    lines = await _exported(database, journal, await _four_entries(database, journal))

    assert len(lines) == 5
    assert verify_export(lines, journal.public[0]) == []


async def test_an_export_shows_no_detail_in_clear(database: Database, journal: Journal) -> None:
    lines = await _exported(database, journal, await _four_entries(database, journal))

    assert "Zephyrine" not in "".join(lines)


def _changed(lines: list[str]) -> list[str]:
    entry = json.loads(lines[1]) | {"actor": "staff_9"}
    return [lines[0], json.dumps(entry) + "\n", *lines[2:]]


@pytest.mark.parametrize(
    ("forge", "fault"),
    [
        (_changed, "entry_changed"),
        (lambda lines: [*lines[:1], *lines[2:]], "missing"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "order"),
        (lambda lines: lines[:-2], "end"),
        (lambda lines: lines[:-1], "end"),
        (lambda lines: [*lines[:-2], lines[-1]], "tail_missing"),
        (lambda lines: [*lines[:2], "{broken", *lines[2:]], "unreadable"),
        (lambda lines: [], "end"),
    ],
)
async def test_verify_export_finds_what_was_done_to_the_file(
    database: Database, journal: Journal, forge: object, fault: str
) -> None:
    lines = await _exported(database, journal, await _four_entries(database, journal))

    forged = forge(lines)  # type: ignore[operator]

    assert fault in {found.code for found in verify_export(forged, journal.public[0])}


async def test_an_export_does_not_verify_under_another_key(database: Database, journal: Journal) -> None:
    lines = await _exported(database, journal, await _four_entries(database, journal))
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()

    assert {fault.code for fault in verify_export(lines, stranger)} == {"head", "end"}


async def test_fifty_writers_at_once_leave_one_gapless_chain(database: Database, journal: Journal) -> None:
    async with database.session() as session:
        case_id = await a_case(session, journal)

    async def write(number: int) -> int:
        async with database.session() as session:
            return await journal.write(session, case_id, actor="aboard", what=f"writer_{number}", story=STORY)

    numbers = await asyncio.gather(*(write(number) for number in range(50)))

    assert sorted(numbers) == list(range(2, 52))
    assert await _faults(database, journal, case_id) == set()


async def test_writers_that_changed_a_row_of_the_case_before_do_not_lock_each_other_out(
    database: Database, journal: Journal
) -> None:
    async with database.session() as session:
        case_id = await a_case(session, journal)

    async def note(number: int) -> None:
        async with database.session() as session:
            await add_note(session, journal.vault, case_id, author="staff_1", text=f"note {number}")
            await journal.write(session, case_id, actor="staff_1", what="note_added", story=STORY)

    await asyncio.gather(*(note(number) for number in range(20)))

    assert await _faults(database, journal, case_id) == set()


async def test_the_same_key_is_written_once(session: AsyncSession, journal: Journal) -> None:
    case_id = await a_case(session, journal)

    first = await journal.write(session, case_id, actor="aboard", what="asked", story=STORY, key="asked:1")
    again = await journal.write(session, case_id, actor="aboard", what="asked", story=STORY, key="asked:1")

    assert (first, again) == (2, 2)


async def test_a_change_that_is_rolled_back_leaves_no_entry(database: Database, journal: Journal) -> None:
    case_id = await _four_entries(database, journal)

    async def fail() -> None:
        async with database.session() as session:
            await journal.write(session, case_id, actor="aboard", what="never", story=STORY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await _faults(database, journal, case_id) == set()
    async with database.session() as session:
        assert len(await journal.read(session, case_id)) == 4


async def test_entries_are_read_with_their_details(session: AsyncSession, journal: Journal) -> None:
    case_id = await a_case(session, journal)
    await journal.write(session, case_id, actor="staff_1", what="asked", story=STORY, detail={"text": "Grüße, 王"})

    entry = (await journal.read(session, case_id, after=1))[0]

    assert entry.detail == {"text": "Grüße, 王"}
    assert entry.story == STORY


async def test_an_erased_detail_leaves_the_proof_whole(database: Database, journal: Journal, vault: Vault) -> None:
    case_id = await _four_entries(database, journal)
    async with database.session() as session:
        client_id = await session.scalar(text("SELECT client_id FROM cases WHERE id = :case"), {"case": case_id})
        await vault.destroy(session, str(client_id), Retention.KYC)

    async with database.session() as session:
        entry = (await journal.read(session, case_id, after=1))[0]

    assert (entry.detail, entry.erased) == (None, True)
    assert await _faults(database, journal, case_id) == set()


async def test_a_case_that_is_not_there_has_no_journal(session: AsyncSession, journal: Journal) -> None:
    with pytest.raises(NotFound):
        await journal.write(session, "case_none", actor="aboard", what="x", story=STORY)


async def test_verify_all_names_each_case(session: AsyncSession, journal: Journal) -> None:
    case_id = await a_case(session, journal)

    verified = dict([found async for found in journal.verify_all(session)])

    assert verified[case_id] == []


async def test_refusals_are_noted_up_to_a_number_each_minute(session: AsyncSession, journal: Journal) -> None:
    noted = [
        await journal.refused(session, "staff_flood", None, "decide", "forbidden") for _ in range(REFUSALS_A_MINUTE + 5)
    ]

    assert noted.count(True) == REFUSALS_A_MINUTE
    assert await journal.refused(session, "staff_calm", "case_x", "decide", "forbidden")
