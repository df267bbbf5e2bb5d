"""Monitoring and lists at the door: what is reported is kept and told on, and two people let a list in."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api import lasting
from api.door import Door
from api.story import NotRunning
from onboarding.case import CaseStatus, Role
from onboarding.errors import Unavailable
from records import cases, identity_checks, lists, retention, signals, watching
from records.retention import Retention
from tests.api.house import Caller, FakeEngine, Staff, a_request

WHY = {"reason": "account_frozen"}


@pytest.fixture
async def case_id(desk: Caller) -> str:
    return str((await desk.post("/cases", a_request())).json()["case"])


async def client_of(door: Door, case_id: str) -> str:
    async with door.database.session() as session:
        return (await cases.case(session, case_id)).client_id


@pytest.mark.parametrize(("path", "what"), [("hold", "hold"), ("hold/lift", "lift"), ("end-relationship", "end")])
async def test_what_concerns_the_client_is_told_to_its_monitoring(
    staff: Staff, door: Door, engine: FakeEngine, case_id: str, path: str, what: str
) -> None:
    colleague = await staff.who_is(Role.STAFF, Role.REVIEWER)

    answer = await colleague.post(f"/cases/{case_id}/{path}", WHY)

    assert (answer.status_code, answer.json()) == (200, {"status": "taken"})
    address, message = engine.heard[-1]
    client = await client_of(door, case_id)
    assert address == f"monitoring-{client}"
    assert (message.case, message.step, message.what) == (client, "monitoring", what)


async def test_only_reviewers_lift_a_hold(staff: Staff, case_id: str) -> None:
    colleague = await staff.who_is(Role.STAFF)

    assert (await colleague.post(f"/cases/{case_id}/hold/lift", WHY)).status_code == 403


async def test_an_anomaly_is_a_signal_at_once_and_its_words_are_sealed(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    body = {"kind": "bank_account", "seen": "Payments go to Zephyrine's cousin."}

    first = await desk.post(f"/cases/{case_id}/anomalies", body, key="seen-1")
    again = await desk.post(f"/cases/{case_id}/anomalies", body, key="seen-1")

    assert (first.status_code, first.json()) == (201, again.json())
    async with door.database.session() as session:
        (signal,) = await signals.signals(session, case_id)
        shown = await signals.evidence(session, door.vault, signal.id)
        row = await watching.unheard(session, await client_of(door, case_id))
    assert (signal.kind, signal.code, row) == ("anomaly", "anomaly_bank_account", ["anomaly"])
    assert shown
    assert shown["seen"] == body["seen"]


async def test_an_anomaly_of_no_known_kind_is_refused(desk: Caller, case_id: str) -> None:
    answer = await desk.post(f"/cases/{case_id}/anomalies", {"kind": "weather", "seen": "It rains."})

    assert answer.status_code == 422


async def test_news_is_told_signed_and_again_until_the_workflow_has_recorded_it(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    await desk.post(f"/cases/{case_id}/anomalies", {"kind": "usage", "seen": "Ten times as much."})
    client = await client_of(door, case_id)

    await lasting.tell_news(door)
    await lasting.tell_news(door)
    once = [message for address, message in engine.signalled if address == f"monitoring-{client}"]
    await lasting.tell_news(door, again_after=timedelta(0))
    twice = [message for address, message in engine.signalled if address == f"monitoring-{client}"]

    assert (len(once), len(twice)) == (1, 2)
    assert {message.id for message in twice} == {once[0].id}
    assert once[0].signature
    async with door.database.session() as session:
        await watching.heard(session, [once[0].id])
        assert await watching.unheard(session, client) == []


async def test_news_of_a_client_whom_nobody_watches_is_not_told_for_ever(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    await desk.post(f"/cases/{case_id}/anomalies", {"kind": "usage", "seen": "Ten times as much."})
    client = await client_of(door, case_id)
    engine.not_running.add(f"monitoring-{client}")

    await lasting.tell_news(door)
    async with door.database.session() as session:
        assert await watching.unheard(session, client) == ["anomaly"], "the case still runs: it will be watched"
        await cases.set_status(session, case_id, CaseStatus.WITHDRAWN, ended=datetime.now(UTC))

    await lasting.tell_news(door, again_after=timedelta(0))
    async with door.database.session() as session:
        assert await watching.unheard(session, client) == []


async def test_a_relationship_that_nobody_watches_ends_in_records(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    async with door.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.COMPLETED)
    engine.failures.append(NotRunning())

    answer = await desk.post(f"/cases/{case_id}/end-relationship", {"reason": "client_left"})

    assert answer.status_code == 200
    client = await client_of(door, case_id)
    async with door.database.session() as session:
        due = await retention.due(session, datetime.now(UTC) + timedelta(days=366 * 11), limit=1000)
    assert {each.retention for each in due if each.client_id == client} == set(Retention)


async def test_the_sweep_erases_what_is_due_and_the_journal_says_so(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    async with door.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.COMPLETED)
    engine.failures.append(NotRunning())
    await desk.post(f"/cases/{case_id}/end-relationship", {"reason": "client_left"})

    early = await lasting.erase_due(door)
    await lasting.erase_due(door, datetime.now(UTC) + timedelta(days=366 * 11))

    assert early == 0
    shown = (await desk.get(f"/cases/{case_id}")).json()
    assert shown["client"] is None
    assert [line["what"] for line in shown["timeline"]].count("erased") == len(Retention)


async def test_a_client_whom_a_vendor_checked_is_erased_once_the_vendor_is_made_to_forget(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    later, client = datetime.now(UTC) + timedelta(days=366 * 11), await client_of(door, case_id)
    async with door.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.COMPLETED)
        check = await identity_checks.begin(
            session, case_id=case_id, step="verify", party="person", attempt=1, vendor="onfido"
        )
        await identity_checks.opened(session, door.vault, check, str(uuid4()), "https://eu.onfido.app/l/1")
    engine.failures.append(NotRunning())
    await desk.post(f"/cases/{case_id}/end-relationship", {"reason": "client_left"})
    engine.failures.append(Unavailable())

    assert await lasting.erase_due(door, later) == 0
    await lasting.erase_due(door, later)

    assert [name for name, run, _ in engine.trials if run == f"forget-{client}"] == ["Forgets"]
    assert (await desk.get(f"/cases/{case_id}")).json()["client"] is None


async def test_a_list_that_loses_much_is_let_in_by_two_different_people(staff: Staff, door: Door) -> None:
    one, two = await staff.who_is(Role.REVIEWER), await staff.who_is(Role.SENIOR)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    async with door.database.session() as session:
        await lists.source(session, "un")
        await lists.failed(session, "un", at, "loses_too_much", held="abc123")

    first = [(await one.post("/lists/releases", {"version": "abc123"})).json()["missing"] for _ in range(2)]
    second = (await two.post("/lists/releases", {"version": "abc123"})).json()

    assert first == [1, 1]
    assert (second["missing"], sorted(second["released_by"])) == (0, sorted([one.id, two.id]))
    shown = (await one.get("/lists")).json()["sources"]
    assert [(row["name"], row["reason"]) for row in shown] == [("un", "loses_too_much")]


async def _held(door: Door, version: str) -> None:
    async with door.database.session() as session:
        await lists.source(session, version)
        await lists.failed(session, version, datetime(2026, 3, 2, tzinfo=UTC), "loses_too_much", held=version)


async def test_with_the_second_person_the_sources_are_asked_at_once(
    staff: Staff, door: Door, engine: FakeEngine
) -> None:
    await _held(door, "held1")
    one, two = await staff.who_is(Role.REVIEWER), await staff.who_is(Role.SENIOR)

    await one.post("/lists/releases", {"version": "held1"})
    before = list(engine.triggered)
    await two.post("/lists/releases", {"version": "held1"})

    assert (before, engine.triggered) == ([], ["refresh-lists"])


async def test_a_release_stands_though_nobody_can_ask_the_sources_now(
    staff: Staff, door: Door, engine: FakeEngine
) -> None:
    await _held(door, "held2")
    one, two = await staff.who_is(Role.REVIEWER), await staff.who_is(Role.SENIOR)
    await one.post("/lists/releases", {"version": "held2"})
    engine.failures.append(Unavailable())

    answer = await two.post("/lists/releases", {"version": "held2"})

    shown = await _shown(one, "held2")
    assert (answer.status_code, answer.json()["missing"]) == (200, 0)
    assert (shown["held"], sorted(shown["released_by"]), shown["missing"]) == ("held2", sorted([one.id, two.id]), 0)


async def test_the_list_of_sources_says_how_many_people_are_still_to_let_a_version_in(staff: Staff, door: Door) -> None:
    await _held(door, "held3")
    one = await staff.who_is(Role.REVIEWER)
    before = await _shown(one, "held3")

    await one.post("/lists/releases", {"version": "held3"})
    after = await _shown(one, "held3")

    assert (before["released_by"], before["missing"]) == ([], 2)
    assert (after["released_by"], after["missing"]) == ([one.id], 1)


async def _shown(who: Caller, name: str) -> dict[str, Any]:
    return next(row for row in (await who.get("/lists")).json()["sources"] if row["name"] == name)


async def test_a_version_that_nobody_holds_cannot_be_let_in(staff: Staff) -> None:
    reviewer = await staff.who_is(Role.REVIEWER)

    answer = await reviewer.post("/lists/releases", {"version": "no_such"})

    assert (answer.status_code, answer.json()["code"]) == (404, "no_held_version")


async def test_who_works_on_cases_does_not_let_lists_in(desk: Caller) -> None:
    assert (await desk.post("/lists/releases", {"version": "abc123"})).status_code == 403
