"""Webhooks at the door: signed by the vendor, stored once, told to the step, and told again until it is recorded."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from activities.vendors.persona import PersonaWebhook
from api.app import create_app
from api.door import Door
from api.story import NotRunning
from api.sweep import sweep
from onboarding.errors import Unavailable
from records import identity_checks, inbox
from tests.api.house import Caller, FakeEngine, a_request
from tests.outside.persona import SECRET, PersonaServer, signed

AT_ONCE = timedelta(0)


@pytest.fixture
def hooked(door: Door) -> Door:
    return replace(door, webhooks={"persona": PersonaWebhook(SECRET)})


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
            session, case_id=case_id, step="verify", party="person", attempt=1, vendor="persona"
        )
    return an_event(check.id)


def an_event(reference: str, number: int = 1) -> bytes:
    persona = PersonaServer()
    attributes = {"status": "completed", "reference-id": reference, "fields": {}}
    persona.inquiries["inq_1"] = {"type": "inquiry", "id": "inq_1", "attributes": attributes}
    return persona.event("inq_1", f"completed{time.time_ns()}", number)


async def send(
    door: Door, body: bytes, headers: dict[str, str] | None = None, vendor: str = "persona"
) -> httpx2.Response:
    transport = httpx2.ASGITransport(create_app(door), raise_app_exceptions=False)
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
    assert (message.what, message.actor) == ("vendor_event", "vendor:persona")
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


@pytest.mark.parametrize("secret", ["wbhsec_other", ""])
async def test_a_forged_event_is_refused_and_stored_nowhere(
    hooked: Door, engine: FakeEngine, body: bytes, secret: str
) -> None:
    answer = await send(hooked, body, signed(body, secret))

    assert (answer.status_code, answer.json()["code"]) == (401, "webhook_refused")
    assert (engine.signalled, await waiting(hooked)) == ([], [])


async def test_an_event_that_was_caught_and_is_sent_later_is_refused(hooked: Door, body: bytes) -> None:
    answer = await send(hooked, body, signed(body, at=time.time() - 600))

    assert (answer.status_code, answer.json()["code"]) == (401, "webhook_refused")


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


async def test_an_event_that_comes_after_the_step_is_laid_aside(hooked: Door, engine: FakeEngine, body: bytes) -> None:
    engine.failures += [NotRunning(), NotRunning()]

    assert (await send(hooked, body)).status_code == 200
    await sweep(hooked, AT_ONCE)

    assert await waiting(hooked) == []


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
    answer = await send(hooked, an_event("identity_0123456789abcdefghjk"))

    assert answer.status_code == 200
    assert engine.signalled == []


async def test_another_vendor_has_no_door(hooked: Door, door: Door, body: bytes) -> None:
    assert (await send(hooked, body, vendor="sumsub")).json()["code"] == "vendor_unknown"
    assert (await send(door, body)).status_code == 404


async def test_what_is_kept_of_an_event_is_sealed(hooked: Door, body: bytes) -> None:
    await send(hooked, body)

    async with hooked.database.session() as session:
        rows = (await session.execute(text("SELECT payload, kind FROM vendor_events WHERE vendor = 'persona'"))).all()
    assert {kind for _, kind in rows} == {"vendor_event"}
    assert not any(b"identity_" in payload for payload, _ in rows)
