"""One step on the time-skipping server, with people played by a script."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from onboarding.case import Moment
from onboarding.clock import Clock
from onboarding.deeds import StepOrder, StepResult
from onboarding.plan import Agree, CheckUp, Collect, Guide, Kind, Meet, Provision, Resource, Step, Verify
from tests.workflows.conftest import at_work, message, tell
from tests.workflows.deeds import Deeds
from workflows.onboarding import KINDS

CASE = "case_0000000000000000000a"
RESOURCE = Resource(id="first-steps", title={"en": "First steps"}, link="guides/first-steps")
STEPS = {
    Kind.COLLECTION: {"collect": Collect(documents={"person": ["identity"]})},
    Kind.VERIFICATION: {"verify": Verify(policy="eu")},
    Kind.AGREEMENT: {"agree": Agree(template="agreement", terms="saas")},
    Kind.PROVISIONING: {"provision": Provision(do="trial", group="customers")},
    Kind.MEETING: {"meet": Meet(purpose="kickoff", minutes=30)},
    Kind.GUIDANCE: {"guide": Guide(resources=[RESOURCE], choice="e_documents")},
    Kind.CHECK_IN: {"check": CheckUp(day=30, anchor="account", survey="day-30")},
}

Handle = WorkflowHandle[Any, StepResult]
Play = Callable[[Handle], Awaitable[None]]


def an_order(kind: Kind, now: datetime) -> StepOrder:
    step = Step(key=kind.value, kind=kind, name={"en": kind.value}, **STEPS[kind])  # type: ignore[arg-type]
    return StepOrder(
        case=CASE,
        client="client_1",
        step=step,
        owner="staff_owner",
        due=Moment(nominal=now, effective=now),
        clock=Clock(origin=now),
        facts={},
        anchors={"account": now},
    )


async def play(env: WorkflowEnvironment, kind: Kind, deeds: Deeds, script: Play) -> StepResult:
    """Runs a step from its beginning to its end, with people played by `script`."""
    async with at_work(env.client, deeds) as queue:
        order = an_order(kind, await env.get_current_time())
        handle: Handle = await env.client.start_workflow(
            KINDS[kind].run, order, id=f"onboarding-{CASE}/{kind.value}", task_queue=queue
        )
        await script(handle)
        return await handle.result()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the deeds are called from another loop's callbacks
            await asyncio.sleep(0.01)


def said(kind: Kind, what: str, actor: str = "client", /, **evidence: object) -> Any:
    return message(CASE, kind.value, what, actor, **evidence)


async def refused(handle: Handle, spoken: Any) -> str:
    """The reason code with which the story refuses a message."""
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await tell(handle, spoken)
    assert isinstance(error.value.cause, ApplicationError)
    return str(error.value.cause.type)


def judge(verdict: str, actor: str = "staff_r1") -> Any:
    evidence = {"review": "review_1", "signal": "signal_1", "verdict": verdict, "reason": "not_the_same_person"}
    return said(Kind.VERIFICATION, "judge_signal", actor, **evidence)


def decide(decision: str, actor: str, roles: list[str] | None = None) -> Any:
    evidence = {"review": "review_1", "decision": decision, "reason": "evidence_seen", "roles": roles or ["reviewer"]}
    return said(Kind.VERIFICATION, "decide", actor, **evidence)
