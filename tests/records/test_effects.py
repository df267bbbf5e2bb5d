"""The ledger: killed anywhere and run again, a deed is done once."""

import asyncio

import pytest
from sqlalchemy import text

from onboarding.errors import Invalid, Unavailable
from records.database import Database
from records.effects import (
    KINDS,
    Effects,
    EffectState,
    EffectUndone,
    Intent,
    Receipt,
    Undo,
    effect_row,
    of_case,
    undo_plan,
)
from records.journal import Journal
from tests.conftest import DatabaseUrls
from tests.records.samples import STORY, a_case


class Outside:
    """The world outside: what was done there, by its natural key."""

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.acts = 0
        self.looks = 0

    async def look(self, key: str) -> Receipt | None:
        self.looks += 1
        return Receipt(id=self.accounts[key]) if key in self.accounts else None

    async def act(self, key: str) -> Receipt:
        self.acts += 1
        await asyncio.sleep(0.01)
        self.accounts[key] = f"user_{self.acts}"
        return Receipt(id=self.accounts[key], detail={"group": "saas"})

    async def remove(self, key: str) -> None:
        self.accounts.pop(key, None)


class Killed(BaseException):
    """The process is gone."""


class KilledBeforeSettling(Effects):
    async def _settle(self, effect: Intent, receipt: Receipt) -> None:
        raise Killed


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
async def case_id(database: Database, journal: Journal) -> str:
    async with database.session() as session:
        return await a_case(session, journal)


def _account(case_id: str, kind: str = "account", name: str = "main") -> Intent:
    return Intent(
        key=f"{kind}/{case_id}/{name}", kind=kind, case_id=case_id, step="accounts", story=STORY, actor="aboard",
        undo_args={"external": case_id},
    )  # fmt: skip


async def _perform(effects: Effects, intent: Intent, outside: Outside) -> Receipt:
    return await effects.perform(intent, lambda: outside.look(intent.key), lambda: outside.act(intent.key))


async def _entries(database: Database, journal: Journal, case_id: str, what: str) -> int:
    async with database.session() as session:
        return [entry.what for entry in await journal.read(session, case_id)].count(what)


async def _plan(database: Database, case_id: str) -> list[Undo]:
    async with database.session() as session:
        return await undo_plan(session, case_id)


async def test_a_deed_is_done_and_leaves_receipt_and_entry(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    receipt = await _perform(Effects(database, journal), _account(case_id), outside)

    async with database.session() as session:
        row = (await of_case(session, case_id))[0]
    assert (row.state, row.receipt_id, row.attempts) == (EffectState.DONE, receipt.id, 1)
    assert await _entries(database, journal, case_id, "effect_done") == 1


async def test_performed_again_it_answers_the_first_receipt(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    effects = Effects(database, journal)

    first = await _perform(effects, _account(case_id), outside)
    again = await _perform(effects, _account(case_id), outside)

    assert first == again == Receipt(id="user_1", detail={"group": "saas"})
    assert (outside.acts, outside.looks) == (1, 1)


async def test_killed_after_the_deed_it_looks_outside_and_does_not_act_again(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    with pytest.raises(Killed):
        await _perform(KilledBeforeSettling(database, journal), _account(case_id), outside)

    receipt = await _perform(Effects(database, journal), _account(case_id), outside)

    assert (receipt.id, outside.acts) == ("user_1", 1)
    assert await _entries(database, journal, case_id, "effect_done") == 1
    async with database.session() as session:
        assert (await effect_row(session, _account(case_id).key)).attempts == 2


async def test_what_was_intended_only_is_in_the_plan_of_undoing(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    with pytest.raises(Killed):
        await _perform(KilledBeforeSettling(database, journal), _account(case_id), outside)

    plan = await _plan(database, case_id)

    assert [(one.state, one.undo, one.undo_args, one.receipt_id) for one in plan] == [
        (EffectState.INTENDED, "deactivate_and_delete_account", {"external": case_id}, None)
    ]


async def test_twenty_performers_at_once_act_once(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    effects = Effects(database, journal)

    receipts = await asyncio.gather(*(_perform(effects, _account(case_id), outside) for _ in range(20)))

    assert {receipt.id for receipt in receipts} == {"user_1"}
    assert outside.acts == 1
    assert await _entries(database, journal, case_id, "effect_done") == 1


async def test_performers_in_different_processes_act_once(
    database_urls: DatabaseUrls, database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    other = Database(database_urls.app)
    both = (Effects(database, journal), Effects(other, journal))

    await asyncio.gather(*(_perform(both[n % 2], _account(case_id), outside) for n in range(10)))
    await other.dispose()

    assert outside.acts == 1


async def test_a_deed_that_fails_stays_intended_with_the_code_of_its_error(
    database: Database, journal: Journal, case_id: str
) -> None:
    async def nothing() -> None:
        return None

    async def fail() -> Receipt:
        raise Unavailable(code="directory_down")

    with pytest.raises(Unavailable):
        await Effects(database, journal).perform(_account(case_id), nothing, fail)

    async with database.session() as session:
        row = await effect_row(session, _account(case_id).key)
    assert (row.state, row.error) == (EffectState.INTENDED, "directory_down")


async def test_a_foreign_error_leaves_its_type_and_not_its_words(
    database: Database, journal: Journal, case_id: str
) -> None:
    async def nothing() -> None:
        return None

    async def fail() -> Receipt:
        raise ValueError("zephyrine@quillfeather.example is unknown")

    with pytest.raises(ValueError, match="unknown"):
        await Effects(database, journal).perform(_account(case_id), nothing, fail)

    async with database.session() as session:
        assert (await effect_row(session, _account(case_id).key)).error == "ValueError"


async def test_the_lock_is_free_again_when_its_holder_dies(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    held = asyncio.Event()

    async def hang() -> Receipt:
        held.set()
        await asyncio.Event().wait()
        raise AssertionError

    intent = _account(case_id)
    hanging = asyncio.create_task(Effects(database, journal).perform(intent, lambda: outside.look(intent.key), hang))
    await held.wait()
    async with database.session() as session:  # the server's view of a process that was killed
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )

    receipt = await _perform(Effects(database, journal), intent, outside)
    hanging.cancel()

    assert receipt.id == "user_1"


async def test_undoing_goes_backwards_and_leaves_out_what_cannot_be_undone(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    effects = Effects(database, journal)
    for kind in ("mail", "account", "membership", "event"):
        await _perform(effects, _account(case_id, kind), outside)

    assert [one.kind for one in await _plan(database, case_id)] == ["event", "membership", "account"]


async def test_an_undone_deed_leaves_the_plan_and_is_journaled(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    effects = Effects(database, journal)
    await _perform(effects, _account(case_id), outside)
    undo = (await _plan(database, case_id))[0]

    for _ in range(2):
        assert await effects.undo(undo, lambda: outside.remove(undo.key), actor="staff_1", story=STORY)

    assert await _plan(database, case_id) == []
    assert outside.accounts == {}
    assert await _entries(database, journal, case_id, "effect_undone") == 1


async def test_an_undoing_that_fails_stays_in_the_plan(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    async def fail() -> None:
        raise Unavailable(code="directory_down")

    effects = Effects(database, journal)
    await _perform(effects, _account(case_id), outside)
    undo = (await _plan(database, case_id))[0]

    undone = await effects.undo(undo, fail, actor="staff_1", story=STORY)

    assert not undone
    assert [one.state for one in await _plan(database, case_id)] == [EffectState.UNDO_FAILED]
    assert await _entries(database, journal, case_id, "effect_undo_failed") == 1


async def test_a_late_repetition_does_not_bring_back_what_was_undone(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    effects = Effects(database, journal)
    await _perform(effects, _account(case_id), outside)
    undo = (await _plan(database, case_id))[0]
    await effects.undo(undo, lambda: outside.remove(undo.key), actor="staff_1", story=STORY)

    with pytest.raises(EffectUndone):
        await _perform(effects, _account(case_id), outside)

    assert outside.accounts == {}


async def test_a_kind_that_is_not_registered_is_refused(
    database: Database, journal: Journal, case_id: str, outside: Outside
) -> None:
    with pytest.raises(Invalid):
        await _perform(Effects(database, journal), _account(case_id, "telegram"), outside)


def test_every_kind_says_how_it_is_found_outside() -> None:
    assert all(kind.found_by and kind.at_most for kind in KINDS.values())
