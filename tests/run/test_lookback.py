"""`aboard kyc lookback`: an entry is found wherever it was kept, and clients are told by their ids."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.lookback import LookBack
from kyc.lists import Entry, Kind, ListVersion, Name, Store
from kyc.screening import Policy
from onboarding.clock import Clock
from onboarding.plan import Watch
from onboarding.watching import MONITORING, Watching
from records import cases
from run.lookback import NoEntry, kept
from tests.activities.conftest import desk
from tests.activities.desk import STORY, Desk, a_person, identified

__all__ = ["desk"]
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
ENTRY = Entry("own:7", Kind.PERSON, (Name("Hortensia Vexly"),))


def a_version(entry: Entry, at: datetime) -> ListVersion:
    return ListVersion("own", "own-csv", (entry,), at)


def test_an_entry_is_shown_as_the_newest_version_has_it_and_since_the_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.admit(a_version(ENTRY, FIRST))
    newer = dataclasses.replace(ENTRY, note="changed")
    store.admit(a_version(newer, FIRST + timedelta(days=30)))

    assert kept(store, "own:7") == (newer, FIRST)


def test_a_list_that_is_loaded_again_as_it_was_moves_no_listing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for days in (0, 30):
        store.admit(a_version(ENTRY, FIRST + timedelta(days=days)))

    assert kept(store, "own:7") == (ENTRY, FIRST)


def test_an_entry_that_no_list_ever_had_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NoEntry):
        kept(Store(tmp_path), "own:8")


async def test_the_clients_that_an_entry_touches_are_told_by_their_ids(desk: Desk, tmp_path: Path) -> None:
    case = await identified(desk, a_person())
    other = await identified(
        desk, a_person(name="Bartholomew Quibble", given_names="Bartholomew", family_name="Quibble")
    )
    clients = []
    for each in (case, other):
        async with desk.database.session() as session:
            clients.append((await cases.case(session, each)).client_id)
        order = Watching(
            case=each, step=MONITORING, story=STORY, client=clients[-1], watch=Watch(policy="risk-standard-eu"),
            clock=Clock(origin=STORY),
        )  # fmt: skip
        await desk.lookout.next_review(order)
    look = LookBack(desk.database, desk.journal, Store(tmp_path), [], desk.hashing)

    async with desk.database.session() as session:
        rows = await look.concerned(session, [ENTRY], Policy.read())

    assert [(row.client_id, row.case_id) for row in rows] == [(clients[0], case)]
