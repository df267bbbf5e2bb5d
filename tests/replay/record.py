"""Records the histories that CI replays: `python -m tests.replay.record [SCENARIO…]`.

Each scenario is played on a real Temporal server with deeds that have no outside, encrypted under a key that is no
secret. Record anew only when the story was changed on purpose, and no run of the old course is left anywhere.
"""

import asyncio
import gzip
import json
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities import planning
from onboarding.case import Band, Moment, new_id
from onboarding.clock import Clock
from onboarding.deeds import Ask, CaseOrder, StepResult, Undo
from onboarding.diligence import Lacking, Rated, Screened, Verdict
from onboarding.messages import Evidence, Receipt
from onboarding.plan import Plan, PlannedStep
from records.codec import KeyRing, converter
from run import versions
from run.house import PLAYBOOKS
from run.local.stack import Stack
from run.worker import WORKFLOWS, interceptors, runner
from tests.conftest import free_ports
from tests.workflows.conftest import TRUST, message
from tests.workflows.deeds import Deeds
from workflows.onboarding import Onboarding

HISTORIES = Path(__file__).with_name("histories")
KEY_ID, KEY = "replay", bytes(range(32))  # no secret: what it seals is nobody's
SPEED = 150_000.0  # a day takes half a second
Said = tuple[str, str, Evidence]  # what, by whom, with which evidence


@dataclass(frozen=True)
class Scenario:
    """`steers` is what staff say to the case when a task of that code is opened."""

    playbook: str
    ends: str
    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    silent: bool = False
    steers: dict[str, list[Said]] = field(default_factory=dict)
    decision: str = "approve"


def _a_hit(_: Any) -> Screened:
    return Screened(signals=["signal_1"])


def _medium(_: Any) -> Rated:
    return Rated(rating="rating_1", band=Band.MEDIUM, approvals=1)


def _undos(order: Any) -> list[Undo]:
    kinds = {"membership": "leave_group", "account": "deactivate_and_delete_account"}
    return [Undo(case=order.case, effect=kind, kind=kind, undo=undo, story=order.story) for kind, undo in kinds.items()]


_REFUSED_ONCE: list[str] = []


def _refuses_the_first(order: Any) -> Verdict:
    first = order.item == "identity" and order.case not in _REFUSED_ONCE
    if first:
        _REFUSED_ONCE.append(order.case)
    return Verdict(item=order.item, accepted=not first, reason="document_expired" if first else None)


SCENARIOS = {
    "completed-saas": Scenario(
        "saas", "done", steers={"choose_slot": [("reassign", "staff_1", {"owner": "staff_2", "reason": "handover"})]}
    ),
    "completed-financial-services": Scenario(
        "financial-services",
        "done",
        answers={"Screening.screen": _a_hit, "Screening.rate": _medium, "Intake.check": _refuses_the_first},
        steers={
            "sign": [("pause", "staff_1", {"reason": "holidays"}), ("resume", "staff_1", {})],
            "choose_slot": [("skip", "staff_1", {"step": "check-in-60", "reason": "known_client"})],
        },
    ),
    "rejected": Scenario(
        "saas", "rejected", answers={"Screening.screen": _a_hit, "Screening.rate": _medium}, decision="reject"
    ),
    "withdrawn": Scenario(
        "saas",
        "closed",
        answers={"Undoing.plan": _undos},
        steers={"choose_slot": [("withdraw", "staff_1", {"reason": "client_withdrew"})]},
    ),
    "lapsed": Scenario("saas", "lapsed", silent=True),
}


class Actors:
    """Everybody who answers the tasks of one case, as they are opened."""

    def __init__(self, client: Client, scenario: Scenario, deeds: Deeds, plan: Plan) -> None:
        self._client, self._scenario, self._deeds = client, scenario, deeds
        self._steps = {planned.step.key: planned.step for planned in plan.steps}
        self._case = plan.case

    async def act(self) -> None:
        """Until it is cancelled."""
        answered = 0
        while True:
            asked = self._deeds.orders("ask")
            for number, order in enumerate(asked[answered:], answered + 1):
                await self._answer(order, f"task_{number}")
            answered = len(asked)
            await asyncio.sleep(0.02)

    async def _answer(self, order: Ask, task: str) -> None:
        for said in self._scenario.steers.get(order.task, []):
            await self._say("onboarding", said)
        for said in self._answers(order, task):
            await self._say(order.step, said)

    def _answers(self, order: Ask, task: str) -> list[Said]:
        if order.holder == "client" and self._scenario.silent:
            return []
        match order.task:
            case "collect":
                items = [("submit_form", "client", {"form": "profile"})]
                papers: list[Said] = [("submit_document", "client", _paper(n)) for n in range(2)]
                return [*items, *papers]
            case "review":
                judged: Evidence = {"signal": "signal_1", "verdict": "cleared", "reason": "birth_date_differs"}
                decided: Evidence = {
                    "decision": self._scenario.decision,
                    "reason": "no_concerns",
                    "roles": ["reviewer"],
                }
                both = [("judge_signal", judged), ("decide", decided)]
                return [(what, "staff_reviewer", {"review": "review_1", **said}) for what, said in both]
            case "read":
                guide = self._steps[order.step].guide
                return (
                    [("acknowledge", "client", {"resource": one.id, "choice": "yes"}) for one in guide.resources]
                    if guide
                    else []
                )
            case "choose_slot":
                slot = (order.story + timedelta(days=3)).isoformat()
                return [("choose_slot", "client", {"meeting": "meeting_1", "slot": slot})]
            case "record_meeting":
                return [(order.task, "staff_1", {"meeting": "meeting_1", "outcome": "held", "notes": "note_1"})]
            case "sign":
                return [("sign", "client", {"agreement": "agreement_1", "consent": "consent_1"})]
            case "answer_survey":
                return [("answer_survey", "client", {"survey": "survey_1"})]
            case "record_outcome":
                return [("record_outcome", "staff_1", {"check_in": "checkin_1", "active": 8, "seats": 10})]
        return [("resolve_task", "staff_1", {"task": task, "resolution": "lapse"})]

    async def _say(self, step: str, said: Said) -> None:
        """A person tries again when it is too early, and leaves it when it is too late."""
        what, actor, evidence = said
        path = f"onboarding-{self._case}" + ("" if step == "onboarding" else f"/{step}")
        handle: WorkflowHandle[Any, Any] = self._client.get_workflow_handle(path)
        signed = message(self._case, step, what, actor, **evidence)
        for _ in range(60):
            try:
                await handle.execute_update(what, signed, id=signed.id, result_type=Receipt)
            except WorkflowUpdateFailedError:
                await asyncio.sleep(0.05)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return  # too late: the step is over
            else:
                return


def _paper(number: int) -> Evidence:
    return {"item": "identity", "document": f"document_{number}"}


async def play(client: Client, scenario: Scenario) -> dict[str, Any]:
    """The histories of the case and of its steps, by workflow id."""
    case, clock = new_id("case"), Clock(origin=datetime.now(UTC), speed=SPEED)
    plan = _plan(scenario.playbook, CaseOrder(case=case, client="client_1", clock=clock))
    lacks = iter([["profile", "identity"]])  # once the form is in, the document alone
    answers = {"make_plan": lambda _: plan, "Intake.lacking": lambda _: Lacking(items=next(lacks, ["identity"]))}
    deeds, queue = Deeds(**{**answers, **scenario.answers}), f"replay-{uuid.uuid4()}"
    worker = Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=deeds.all(),
        interceptors=interceptors(TRUST),
        workflow_runner=runner(),
        deployment_config=versions.deployment(),
    )
    async with worker:
        await _known(client)
        order = CaseOrder(case=case, client="client_1", clock=clock)
        handle = await client.start_workflow(Onboarding.run, order, id=f"onboarding-{case}", task_queue=queue)
        acting = asyncio.create_task(Actors(client, scenario, deeds, plan).act())
        try:
            result = await asyncio.wait_for(handle.result(), 120)
        finally:
            acting.cancel()
            if acting.done():
                acting.result()
    assert isinstance(result, StepResult)
    assert result.outcome == scenario.ends, (result, [order.task for order in deeds.orders("ask")])
    return {run: history async for run, history in _histories(client, f"onboarding-{case}")}


def _plan(playbook: str, order: CaseOrder) -> Plan:
    book, origin = planning.load(PLAYBOOKS, playbook), order.clock.origin
    due = Moment(nominal=origin, effective=origin)
    return Plan(
        case=order.case, client=order.client, playbook=book.name, version=book.version, hash="0", clock=order.clock,
        facts={"client": "person"}, steps=[PlannedStep(step=step, owner="staff_1", due=due) for step in book.steps],
        made=origin,
    )  # fmt: skip


async def _known(client: Client) -> None:
    for _ in range(50):
        with suppress(Exception):
            await versions.make_current(client)
            return
        await asyncio.sleep(0.1)


async def _histories(client: Client, root: str) -> AsyncIterator[tuple[str, Any]]:
    """Of everything that began with this case; its monitoring lives on, and is recorded as far as it came."""
    await asyncio.sleep(1)  # until the server can list what has just closed
    async for run in client.list_workflows(f'WorkflowId STARTS_WITH "{root}"'):
        assert run.status is not WorkflowExecutionStatus.FAILED, run.id
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        yield run.id, json.loads(history.to_json())


async def main(names: list[str]) -> None:
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        async with Stack(Path(home) / "state", free_ports()) as stack:
            await stack.start("temporal")
            ring = KeyRing(KEY_ID, {KEY_ID: KEY})
            client = await Client.connect(stack.settings.temporal.address, data_converter=converter(ring))
            await asyncio.gather(*(_record(client, name) for name in names or SCENARIOS))


async def _record(client: Client, name: str) -> None:
    histories = await play(client, SCENARIOS[name])
    packed = gzip.compress(json.dumps(histories, separators=(",", ":")).encode(), mtime=0)
    (HISTORIES / f"{name}.json.gz").write_bytes(packed)
    print(f"{name}: {len(histories)} histories, {len(packed) // 1024} KiB")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
