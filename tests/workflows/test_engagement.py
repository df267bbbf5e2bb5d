"""Meetings and check-ins: booked, held, answered, recorded."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from onboarding.case import CheckInOutcome
from onboarding.deeds import Booked, Offered, Outcome
from onboarding.plan import Kind
from tests.workflows.conftest import tell
from tests.workflows.deeds import Deeds
from tests.workflows.playing import Handle, play, refused, said, until


async def test_a_pause_while_staff_mend_a_deed_moves_the_clients_reminders_too(env: WorkflowEnvironment) -> None:
    failures = [ApplicationError("no", type="calendar_refused", non_retryable=True)]

    def offer(order: Any) -> Offered:
        if failures:
            raise failures.pop()
        return Offered(meeting="meeting_1")

    deeds = Deeds(**{"Meetings.offer": offer})

    async def script(handle: Handle) -> None:
        await until(lambda: "deed_failed" in [order.task for order in deeds.orders("ask")])
        await handle.signal("pause", said(Kind.MEETING, "pause"))
        await env.sleep(timedelta(days=8))
        await handle.signal("resume", said(Kind.MEETING, "resume"))
        await tell(handle, said(Kind.MEETING, "resolve_task", task="task_2"))
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=1)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await env.sleep(timedelta(days=2))
        await until(lambda: "record_meeting" in [order.task for order in deeds.orders("ask")])
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", meeting="meeting_1", outcome="held"))

    await play(env, Kind.MEETING, deeds, script)

    assert "reminder" not in deeds.letters()


async def test_a_meeting_is_booked_held_and_recorded(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async def script(handle: Handle) -> None:
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=2)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await env.sleep(timedelta(days=3))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await asyncio.sleep(0.2)
        evidence = {"meeting": "meeting_1", "outcome": "held"}
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", **evidence))

    result = await play(env, Kind.MEETING, deeds, script)

    assert result.facts == {"meeting": "held"}
    assert deeds.letters() == ["slots", "invitation", "invitation_reminder"]


async def test_a_sign_of_life_while_a_meeting_is_booked_does_not_bring_it_forward(env: WorkflowEnvironment) -> None:
    deeds = Deeds(**{"Meetings.book": lambda order: _slowly(order)})

    async def script(handle: Handle) -> None:
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=10)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await tell(handle, said(Kind.MEETING, "sign_of_life"))
        await env.sleep(timedelta(days=5))
        assert "invitation_reminder" not in deeds.letters()
        await env.sleep(timedelta(days=6))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await asyncio.sleep(0.2)
        evidence = {"meeting": "meeting_1", "outcome": "held"}
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", **evidence))

    result = await play(env, Kind.MEETING, deeds, script)

    assert result.facts == {"meeting": "held"}


async def _slowly(order: Any) -> Booked:
    await asyncio.sleep(0.5)
    ends = order.slot + timedelta(minutes=30)
    return Booked(starts=order.slot, ends=ends, remind_at=order.slot - timedelta(hours=20), sequence=0)


async def test_our_own_silence_costs_the_client_nothing(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=80))
        await until(lambda: len([ask for ask in deeds.orders("ask") if ask.task == "record_outcome"]) > 1)
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached"))

    result = await play(env, Kind.CHECK_IN, deeds, script)

    assert result.outcome == "done"
    assert "role:admin" in [order.to for order in deeds.orders("send_mail")]


async def test_a_check_in_is_recorded_once(env: WorkflowEnvironment) -> None:
    red = Outcome(outcome=CheckInOutcome.RED, reasons=["low_adoption"])
    deeds, refusals = Deeds(**{"CheckIns.assess": lambda _: red}), list[str]()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="no"))
        refusals.append(await refused(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached")))
        await until(lambda: any(ask.task == "recovery" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        task = f"task_{len(deeds.orders('ask'))}"
        await tell(handle, said(Kind.CHECK_IN, "resolve_task", "staff_owner", task=task, resolution="agreed"))

    await play(env, Kind.CHECK_IN, deeds, script)

    assert refusals == ["already_answered"]


async def test_a_red_check_in_opens_a_recovery_with_an_exit_criterion(env: WorkflowEnvironment) -> None:
    red = Outcome(outcome=CheckInOutcome.RED, reasons=["low_adoption"])
    deeds = Deeds(**{"CheckIns.assess": lambda _: red})

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="no"))
        await until(lambda: any(ask.task == "recovery" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        task = f"task_{len(deeds.orders('ask'))}"
        await tell(handle, said(Kind.CHECK_IN, "resolve_task", "staff_owner", task=task, resolution="agreed"))

    result = await play(env, Kind.CHECK_IN, deeds, script)

    recovery = deeds.orders("ask")[-1]
    assert (recovery.task, recovery.exit_criterion) == ("recovery", "recovery_plan_agreed")
    assert result.facts == {"check_in": "red"}


async def test_a_survey_answered_after_it_expired_is_refused(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        refusals.append(await refused(handle, said(Kind.CHECK_IN, "answer_survey", survey="survey_1")))
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached"))

    await play(env, Kind.CHECK_IN, deeds, script)

    assert refusals == ["survey_expired"]
    assert [order.state for order in deeds.orders("close_survey")] == ["expired"]
