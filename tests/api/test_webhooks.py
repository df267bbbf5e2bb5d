"""Webhooks at the door: signed by the vendor, stored once, told to the step, and told again until it is recorded."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from onfido import WorkflowRun, WorkflowRunStatus
from sqlalchemy import text

from activities.vendors.onfido import OnfidoWebhook
from api.door import Door
from api.sweep import sweep
from onboarding.case import CaseStatus, Role
from onboarding.errors import Unavailable
from records import cases, identity_checks, inbox, tasks, watching
from records.watching import HashedName
from tests.api.house import Caller, Entrance, FakeEngine, Staff, a_request
from tests.outside.onfido import BEGAN, SECRET, WORKFLOW, OnfidoServer, signed

AT_ONCE = timedelta(0)


@pytest.fixture
def hooked(door: Door) -> Door:
    return replace(door, webhooks={"onfido": OnfidoWebhook(SECRET)})


@pytest.fixture
async def case_id(desk: Caller, hooked: Door) -> str:
    return str((await desk.post("/cases", a_request())).json()["case"])


@pytest.fixture
async def body(hooked: Door, case_id: str) -> bytes:
    """An event about a check of the case; nothing else is left for the sweep to do."""
    async with hooked.database.session() as session:
        await session.execute(text("UPDATE cases SET started = now() WHERE started IS NULL"))
        await session.execute(text("UPDATE vendor_events SET delivered = now()"))
        check = await identity_checks.begin(
            session, case_id=case_id, step="verify", party="person", attempt=1, vendor="onfido"
        )
        await identity_checks.opened(session, hooked.vault, check, run := str(uuid4()), "https://eu.onfido.app/l/1")
    return an_event(run)


def an_event(run: str) -> bytes:
    onfido = OnfidoServer()
    onfido.runs[run] = WorkflowRun(
        id=UUID(run), applicant_id=UUID(run), workflow_id=UUID(WORKFLOW), status=WorkflowRunStatus.APPROVED,
        updated_at=BEGAN,
    )  # fmt: skip
    return onfido.event(run)


async def send(
    door: Door, body: bytes, headers: dict[str, str] | None = None, vendor: str = "onfido"
) -> httpx2.Response:
    transport = httpx2.ASGITransport(Entrance(door), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://door.test") as http:
        sent = signed(body) if headers is None else headers
        return await http.post(f"/api/v1/webhooks/{vendor}", content=body, headers=sent)


async def waiting(door: Door) -> list[str]:
    async with door.database.session() as session:
        return [event.case_id for event in await inbox.undelivered(session, AT_ONCE)]


async def test_an_event_is_stored_and_told_to_its_step(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes
) -> None:
    answer = await send(hooked, body)

    assert (answer.status_code, answer.json()) == (200, {"status": "taken"})
    ((workflow, message),) = engine.signalled
    assert workflow == f"onboarding-{case_id}/verify"
    assert (message.what, message.actor) == ("vendor_event", "vendor:onfido")
    assert message.signature
    assert await waiting(hooked) == [case_id]  # until the workflow has recorded it


async def test_the_same_event_again_is_told_once(hooked: Door, engine: FakeEngine, body: bytes) -> None:
    answers = [await send(hooked, body) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(engine.signalled) == 1


async def test_the_same_event_from_two_sides_at_once_is_told_once(
    hooked: Door, engine: FakeEngine, body: bytes
) -> None:
    await asyncio.gather(*(send(hooked, body) for _ in range(5)))

    assert len(engine.signalled) == 1


@pytest.mark.parametrize("secret", ["other-token", ""])
async def test_a_forged_event_is_refused_and_stored_nowhere(
    hooked: Door, engine: FakeEngine, body: bytes, secret: str
) -> None:
    answer = await send(hooked, body, signed(body, secret))

    assert (answer.status_code, answer.json()["code"]) == (401, "webhook_refused")
    assert (engine.signalled, await waiting(hooked)) == ([], [])


async def test_an_unsigned_event_is_refused(hooked: Door, body: bytes) -> None:
    assert (await send(hooked, body, {})).status_code == 401


async def test_while_the_story_is_away_the_event_waits_for_the_sweep(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes
) -> None:
    engine.failures.append(Unavailable())

    answer = await send(hooked, body)
    await sweep(hooked, AT_ONCE)

    assert answer.status_code == 200
    assert [workflow for workflow, _ in engine.signalled] == [f"onboarding-{case_id}/verify"]


async def stirred(door: Door, case_id: str) -> list[str]:
    async with door.database.session() as session:
        return await watching.unheard(session, (await cases.case(session, case_id)).client_id)


async def told_of(door: Door, case_id: str) -> list[tuple[str, str]]:
    """The tasks that came of it: what is asked, and of whom."""
    async with door.database.session() as session:
        return [(row.code, row.role) for row in await tasks.tasks(session, case_id=case_id, state="open")]


async def watched(door: Door, case_id: str) -> None:
    async with door.database.session() as session:
        client = (await cases.case(session, case_id)).client_id
        await watching.watch(session, client, case_id, [HashedName("person", "person", [1], "g", [2])], {})


async def test_an_event_after_the_step_is_for_those_who_watch_the_client(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes
) -> None:
    await watched(hooked, case_id)
    engine.not_running.add(f"onboarding-{case_id}/verify")

    assert (await send(hooked, body)).status_code == 200
    await sweep(hooked, AT_ONCE)
    await sweep(hooked, AT_ONCE)

    (message,) = [message for workflow, message in engine.signalled if workflow.startswith("monitoring-")]
    assert (message.what, message.evidence) == ("screen_again", {"cause": "vendor_event"})
    assert (await stirred(hooked, case_id), await told_of(hooked, case_id)) == (["vendor_event"], [])
    async with hooked.database.session() as session:
        said = [entry.what for entry in await hooked.journal.read(session, case_id, limit=100)]
    assert said.count("vendor_event_late") == 1


async def test_before_anybody_watches_the_client_a_reviewer_is_told_as_well(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes
) -> None:
    engine.not_running |= {f"onboarding-{case_id}/verify"}

    await send(hooked, body)
    await sweep(hooked, AT_ONCE)
    await sweep(hooked, AT_ONCE)

    assert await told_of(hooked, case_id) == [("late_vendor_event", "reviewer")]
    assert await stirred(hooked, case_id) == ["vendor_event"]


async def test_of_a_case_that_came_to_nothing_a_reviewer_is_told_and_the_event_is_laid_aside(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes
) -> None:
    engine.not_running.add(f"onboarding-{case_id}/verify")
    async with hooked.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.REJECTED)

    await send(hooked, body)
    await sweep(hooked, AT_ONCE)

    assert await told_of(hooked, case_id) == [("late_vendor_event", "reviewer")]
    assert (await waiting(hooked), await stirred(hooked, case_id)) == ([], [])


async def test_what_a_reviewer_is_told_names_the_check_and_nobody(
    hooked: Door, engine: FakeEngine, case_id: str, body: bytes, staff: Staff
) -> None:
    engine.not_running.add(f"onboarding-{case_id}/verify")
    await send(hooked, body)
    await sweep(hooked, AT_ONCE)
    reviewer = await staff.who_is(Role.REVIEWER)

    (shown,) = (await reviewer.get("/tasks", case=case_id)).json()["tasks"]
    settled = await reviewer.post(f"/tasks/{shown['id']}/resolution", {"resolution": "looked_at"})

    assert set(shown["resources"]) == {"vendor", "check", "inquiry", "party"}
    assert settled.status_code == 200
    assert await told_of(hooked, case_id) == []


async def test_an_event_that_is_not_recorded_is_offered_ever_more_seldom(
    hooked: Door, engine: FakeEngine, body: bytes
) -> None:
    await send(hooked, body)
    async with hooked.database.session() as session:
        await session.execute(text("UPDATE vendor_events SET received = received - interval '1 hour', offers = 5"))

    await sweep(hooked, timedelta(seconds=5))
    assert len(engine.signalled) == 1
    async with hooked.database.session() as session:
        await session.execute(text("UPDATE vendor_events SET offered = offered - interval '3 minutes'"))
    await sweep(hooked, timedelta(seconds=5))

    assert len(engine.signalled) == 2


async def test_an_event_about_nobody_we_know_is_taken_and_forgotten(hooked: Door, engine: FakeEngine) -> None:
    answer = await send(hooked, an_event(str(uuid4())))

    assert answer.status_code == 200
    assert engine.signalled == []


async def test_another_vendor_has_no_door(hooked: Door, door: Door, body: bytes) -> None:
    assert (await send(hooked, body, vendor="sumsub")).json()["code"] == "vendor_unknown"
    assert (await send(door, body)).status_code == 404


async def test_what_is_kept_of_an_event_is_sealed(hooked: Door, body: bytes) -> None:
    await send(hooked, body)

    async with hooked.database.session() as session:
        rows = (await session.execute(text("SELECT payload, kind FROM vendor_events WHERE vendor = 'onfido'"))).all()
    assert {kind for _, kind in rows} == {"vendor_event"}
    assert not any(b"identity_" in payload for payload, _ in rows)
