"""The parent: order, pause, skip, withdrawal, and what is undone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from onboarding.case import Moment
from onboarding.clock import Clock
from onboarding.deeds import CaseOrder, StepResult, Undo
from onboarding.diligence import Lacking
from onboarding.plan import Kind, Plan, PlannedStep, Step
from tests.workflows.conftest import SIGNER, at_work, message, tell
from tests.workflows.deeds import Deeds
from tests.workflows.playing import CASE, STEPS, until
from workflows.onboarding import Onboarding

Handle = WorkflowHandle[Any, StepResult]


def a_step(key: str, kind: Kind, *after: str, **more: object) -> Step:
    return Step(key=key, kind=kind, name={"en": key}, after=list(after), **STEPS[kind], **more)  # type: ignore[arg-type]


def a_plan(order: CaseOrder, *steps: Step) -> Plan:
    due = Moment(nominal=order.clock.origin, effective=order.clock.origin)
    return Plan(
        case=order.case,
        client=order.client,
        playbook="saas",
        version=1,
        hash="0",
        clock=order.clock,
        facts={"client": "person"},
        steps=[PlannedStep(step=step, owner="staff_owner", due=due) for step in steps],
        made=order.clock.origin,
    )


class Case:
    """One onboarding under test: starts it with these steps and talks to it."""

    def __init__(self, env: WorkflowEnvironment, deeds: Deeds, *steps: Step) -> None:
        self.env, self.deeds = env, deeds
        deeds.answers["make_plan"] = lambda order: a_plan(order, *steps)

    async def start(self, queue: str) -> Handle:
        clock = Clock(origin=await self.env.get_current_time())
        order = CaseOrder(case=CASE, client="client_1", clock=clock)
        return await self.env.client.start_workflow(Onboarding.run, order, id=f"onboarding-{CASE}", task_queue=queue)

    async def say(self, handle: Handle, what: str, actor: str = "staff_1", /, **evidence: object) -> str:
        return (await tell(handle, message(CASE, "onboarding", what, actor, **evidence))).status

    async def say_step(self, step: str, what: str, /, **evidence: object) -> str:
        handle: Handle = self.env.client.get_workflow_handle(f"onboarding-{CASE}/{step}")
        return (await tell(handle, message(CASE, step, what, **evidence))).status


COLLECT = a_step("collect", Kind.COLLECTION)
READ = a_step("read", Kind.GUIDANCE, "collect")


async def test_steps_follow_one_another_and_the_welcome_comes_before_the_first_task(env: WorkflowEnvironment) -> None:
    deeds = Deeds()
    case = Case(env, deeds, COLLECT, READ)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await case.say_step("collect", "submit_form", form="profile")
        await until(lambda: "material" in deeds.letters())
        await case.say_step("read", "acknowledge", resource="first-steps", choice="no")
        result = await handle.result()

    assert result.outcome == "done"
    assert deeds.letters() == ["welcome", "material", "completed"]
    assert deeds.names().index("send_mail") < deeds.names().index("ask")


async def test_what_arrives_while_paused_is_kept_and_worked_through_in_order(env: WorkflowEnvironment) -> None:
    deeds = Deeds(**{"Intake.lacking": lambda _: _lacking(10)})
    case = Case(env, deeds, COLLECT)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await case.say(handle, "pause", reason="holidays")
        await until(lambda: "note" in deeds.names())
        statuses = [
            await case.say_step("collect", "submit_document", item=f"paper:{n}", document=f"document_{n}")
            for n in range(10)
        ]
        await env.sleep(timedelta(days=40))
        nothing_yet = deeds.orders("check")
        await case.say(handle, "resume")
        await handle.result()

    assert statuses == ["kept"] * 10
    assert nothing_yet == []
    assert [order.document for order in deeds.orders(_check(deeds))] == [f"document_{n}" for n in range(10)]
    assert "reminder" not in deeds.letters()


def _lacking(n: int) -> Lacking:
    return Lacking(items=[f"paper:{i}" for i in range(n)])


def _check(deeds: Deeds) -> str:
    return next(name for name in deeds.names() if name.startswith("check"))


async def test_a_withdrawal_undoes_in_reverse_order_after_all_steps_have_closed(env: WorkflowEnvironment) -> None:
    undos = ["leave_group", "deactivate_and_delete_account"]
    deeds = Deeds(**{"Undoing.plan": lambda order: [an_undo(order, name) for name in undos]})
    case = Case(env, deeds, COLLECT)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await case.say(handle, "withdraw", reason="client_withdrew")
        result = await handle.result()

    assert (result.outcome, result.reason) == ("closed", "client_withdrew")
    assert [order.undo for order in deeds.orders("undo")] == undos
    assert deeds.names().index("finish") < deeds.names().index("undo")
    assert deeds.letters()[-1] == "ended_neutral"


def an_undo(order: Any, name: str) -> Undo:
    return Undo(case=order.case, effect=name, kind="account", undo=name, story=order.story)


async def test_an_undoing_that_fails_becomes_a_task_and_stops_nothing(env: WorkflowEnvironment) -> None:
    def undo(order: Undo) -> None:
        if order.undo == "leave_group":
            raise ApplicationError("cannot_undo", type="cannot_undo", non_retryable=True)

    names = ["leave_group", "deactivate_and_delete_account"]
    deeds = Deeds(**{"Undoing.plan": lambda order: [an_undo(order, name) for name in names], "Undoing.undo": undo})
    case = Case(env, deeds, COLLECT)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await case.say(handle, "withdraw")
        await handle.result()

    assert [order.undo for order in deeds.orders("undo")] == names
    assert [order.undo for order in deeds.orders(_give_up(deeds))] == ["leave_group"]


def _give_up(deeds: Deeds) -> str:
    return next(name for name in deeds.names() if name.startswith("give_up"))


async def test_a_step_is_skipped_with_its_reason_and_the_next_begins(env: WorkflowEnvironment) -> None:
    deeds = Deeds()
    case = Case(env, deeds, COLLECT, READ)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await case.say(handle, "skip", step="collect", reason="known_client")
        await until(lambda: "material" in deeds.letters())
        await case.say_step("read", "acknowledge", resource="first-steps", choice="no")
        await handle.result()

    skipped = [end for end in deeds.orders("finish") if end.outcome == "skipped"]
    assert [(end.step, end.reason) for end in skipped] == [("collect", "known_client")]


async def test_a_step_that_was_closed_from_outside_begins_anew_and_does_not_count_as_done(
    env: WorkflowEnvironment,
) -> None:
    deeds = Deeds()
    case = Case(env, deeds, COLLECT, READ)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        await env.client.get_workflow_handle(f"onboarding-{CASE}/collect").cancel()
        await until(lambda: deeds.names().count("lacking") == 2)
        assert "material" not in deeds.letters()
        await case.say_step("collect", "submit_form", form="profile")
        await until(lambda: "material" in deeds.letters())
        await case.say_step("read", "acknowledge", resource="first-steps", choice="no")
        result = await handle.result()

    assert result.outcome == "done"


async def test_a_resume_that_is_heard_late_is_heard_all_the_same(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async with at_work(env.client, deeds) as queue:
        handle = await Case(env, deeds, COLLECT).start(queue)
        await until(lambda: "lacking" in deeds.names())
        child: Handle = env.client.get_workflow_handle(f"onboarding-{CASE}/collect")
        long_ago = datetime.now(UTC) - timedelta(days=1)
        for what in ("pause", "resume"):
            said = message(CASE, "onboarding", what, "staff_1").model_copy(update={"expires": long_ago})
            await child.signal(what, SIGNER.sign(said))
        receipt = await tell(child, message(CASE, "collect", "submit_form", form="profile"))
        await handle.result()

    assert receipt.status == "taken"


async def test_what_cannot_be_skipped_is_refused_with_its_reason(env: WorkflowEnvironment) -> None:
    deeds = Deeds()
    case = Case(env, deeds, a_step("collect", Kind.COLLECTION, skippable=False))

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await case.say(handle, "skip", step="collect", reason="hurry")
        await case.say(handle, "withdraw")
        await handle.result()

    assert str(error.value.cause) == "step_cannot_be_skipped: step_cannot_be_skipped"


async def test_an_unsigned_a_forged_and_a_misdirected_message_change_nothing(env: WorkflowEnvironment) -> None:
    deeds, codes = Deeds(), list[str]()
    case = Case(env, deeds, COLLECT)

    async with at_work(env.client, deeds) as queue:
        handle = await case.start(queue)
        await until(lambda: "lacking" in deeds.names())
        good = message(CASE, "onboarding", "withdraw", "staff_1")
        other = message("case_0000000000000000000b", "onboarding", "withdraw", "staff_1")
        for bad in (good.model_copy(update={"key": "stranger"}), good.model_copy(update={"actor": "staff_2"}), other):
            with pytest.raises(WorkflowUpdateFailedError) as error:
                await tell(handle, bad.model_copy(update={"id": bad.id}))
            codes.append(str(error.value.cause).split(":")[0])
        await handle.signal("pause", good.model_copy(update={"signature": ""}))
        await handle.signal("pause", "not a message at all")
        await asyncio.sleep(0.2)
        await case.say_step("collect", "submit_form", form="profile")
        result = await handle.result()

    assert codes == ["unsigned_message", "forged_message", "misdirected_message"]
    assert result.outcome == "done"
