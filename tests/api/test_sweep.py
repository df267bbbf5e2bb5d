"""What a crash left half-way is finished by the sweep, exactly once."""

import asyncio
from datetime import timedelta

from sqlalchemy import TextClause, text

from api.door import Door
from api.sweep import sweep, sweeping
from onboarding.errors import Unavailable
from records import cases, inbox
from tests.api.house import Caller, FakeEngine, a_request, started

AT_ONCE = timedelta(0)


async def _crashed(desk: Caller, engine: FakeEngine) -> str:
    """A case whose request died between the commit and the start of the story."""
    engine.failures.append(Unavailable())
    return str((await desk.post("/cases", a_request())).json()["case"])


async def _settle(door: Door) -> None:
    async with door.database.session() as session:
        for case in await cases.unstarted(session, AT_ONCE):
            await cases.mark_started(session, case.id)


async def test_a_case_that_was_stored_and_not_started_is_started_once(
    desk: Caller, door: Door, engine: FakeEngine
) -> None:
    await _settle(door)
    case_id = await _crashed(desk, engine)

    await sweep(door, AT_ONCE)
    await sweep(door, AT_ONCE)
    await started(door, case_id)
    await sweep(door, AT_ONCE)

    assert engine.runs == [case_id]


async def test_what_is_marked_is_not_started_again(desk: Caller, door: Door, engine: FakeEngine) -> None:
    await _settle(door)
    await started(door, await _crashed(desk, engine))

    await sweep(door, AT_ONCE)

    assert engine.runs == []


async def test_a_request_in_flight_is_left_alone(desk: Caller, door: Door, engine: FakeEngine) -> None:
    await _settle(door)
    await _crashed(desk, engine)

    await sweep(door, timedelta(minutes=5))

    assert engine.runs == []


async def test_one_that_cannot_be_started_does_not_hold_up_the_next(
    desk: Caller, door: Door, engine: FakeEngine
) -> None:
    await _settle(door)
    first, second = await _crashed(desk, engine), await _crashed(desk, engine)
    engine.failures.append(Unavailable())

    await sweep(door, AT_ONCE)

    assert engine.runs == [second]
    await sweep(door, AT_ONCE)
    assert engine.runs == [second, first]


async def test_two_servers_do_not_sweep_at_once(desk: Caller, door: Door, engine: FakeEngine) -> None:
    swept = await asyncio.gather(*(sweep(door, AT_ONCE) for _ in range(4)))

    assert swept.count(True) >= 1


async def test_the_server_sweeps_while_it_lives(desk: Caller, door: Door, engine: FakeEngine) -> None:
    await _settle(door)
    case_id = await _crashed(desk, engine)
    async with door.database.session() as session:
        await session.execute(_aged(case_id))

    async with sweeping(door):
        for _ in range(100):
            if engine.runs:
                break
            await asyncio.sleep(0.05)

    assert engine.runs == [case_id]


async def test_a_vendor_s_event_is_delivered_until_it_is_recorded(desk: Caller, door: Door, engine: FakeEngine) -> None:
    case_id = await _received(desk, door, "event-1")

    await sweep(door, AT_ONCE)
    await sweep(door, AT_ONCE)
    async with door.database.session() as session:
        await inbox.delivered(session, "signer", "event-1")
    await sweep(door, AT_ONCE)

    assert [workflow for workflow, _ in engine.signalled] == [f"onboarding-{case_id}/agreement"] * 2
    assert {message.actor for _, message in engine.signalled} == {"vendor:signer"}
    assert all(message.signature for _, message in engine.signalled)


async def test_an_event_that_its_step_cannot_hear_any_more_is_told_to_monitoring(
    desk: Caller, door: Door, engine: FakeEngine
) -> None:
    case_id = await _received(desk, door, "event-2")
    await _settle(door)
    engine.not_running.add(f"onboarding-{case_id}/agreement")

    await sweep(door, AT_ONCE)
    await sweep(door, AT_ONCE)

    assert [message.evidence for _, message in engine.signalled] == [{"cause": "vendor_event"}]


async def _received(desk: Caller, door: Door, event: str) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    async with door.database.session() as session:
        await inbox.receive(
            session,
            door.vault,
            vendor="signer",
            event=event,
            case_id=case_id,
            kind="signed",
            payload={},
            step="agreement",
        )
    return case_id


def _aged(case_id: str) -> TextClause:
    return text("UPDATE cases SET created = created - interval '1 minute' WHERE id = :id").bindparams(id=case_id)
