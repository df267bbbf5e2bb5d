"""A review from the door to the records: real API, workflow, screening and tables; nobody gets the mails."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.client import WorkflowHandle
from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.casework import Casework
from activities.conditions import fall_due
from api.door import Door
from api.story import TemporalEngine
from onboarding.case import Band, Moment, Role
from onboarding.deeds import Place, StepOrder, StepResult
from onboarding.messages import Trust
from records import cases, signals, steps
from records.masters import LocalMaster, read_secret
from records.suspicions import Suspicions
from run.deeds import _activities
from run.worker import WORKFLOWS, interceptors, runner
from tests.activities.conftest import desk
from tests.activities.desk import OWNER, Desk, identified, listed, step_of
from tests.api.house import PLAYBOOKS, Caller, Staff, a_door
from tests.workflows.conftest import PRIVATE, env
from tests.workflows.deeds import DEFINITION, Deeds
from workflows.verification import Verification

__all__ = ["desk", "env"]

QUEUE = "review-journey"


@dataclass
class Stage:
    """One case in its verification, and the people who review it."""

    case: str
    desk: Desk
    door: Door
    handle: WorkflowHandle[Any, StepResult]
    first: Caller
    second: Caller
    senior: Caller
    officer: Caller

    async def review(self) -> dict[str, Any]:
        [review] = await self.until(lambda: self._queue())
        return dict(review)

    async def _queue(self) -> list[dict[str, Any]]:
        reviews: list[dict[str, Any]] = (await self.first.get("/reviews", case=self.case)).json()["reviews"]
        return [review for review in reviews if review["due"]]

    async def until(self, seen: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(30):
            while not (found := await seen()):  # noqa: ASYNC110 - it is looked for through the API
                await asyncio.sleep(0.05)
        return found

    async def judge_all(self, who: Caller, verdict: str, reasons: dict[str, str]) -> None:
        async with self.desk.database.session() as session:
            found = await signals.signals(session, self.case)
        for signal in found:
            said = {"verdict": verdict, "reason": reasons[signal.kind]}
            assert (await who.post(f"/signals/{signal.id}/judgement", said)).status_code == 200


@pytest.fixture
async def stage(env: WorkflowEnvironment, desk: Desk) -> AsyncIterator[Stage]:
    case = await identified(desk, listed())
    key = desk.folder / "suspicions.key"
    door = replace(
        a_door(desk.database, desk.journal, TemporalEngine(env.client, QUEUE), desk.bucket),
        suspicions=Suspicions(LocalMaster(key), read_secret(key)),
    )
    async with at_work(env, desk):
        handle = await _started(env, desk, case)
        staff = Staff(door)
        first, second = [await staff.who_is(Role.REVIEWER) for _ in range(2)]
        senior = await staff.who_is(Role.REVIEWER, Role.SENIOR)
        yield Stage(case, desk, door, handle, first, second, senior, await staff.who_is(Role.MLRO))


@asynccontextmanager
async def at_work(env: WorkflowEnvironment, desk: Desk) -> AsyncIterator[None]:
    casework = Casework(desk.database, desk.journal, PLAYBOOKS, env.client, QUEUE)
    real = [deed for room in (casework, desk.screening, desk.reviews, desk.intake) for deed in _activities(room)]
    known = {getattr(deed, DEFINITION).name for deed in real}
    others = [deed for deed in Deeds().all() if getattr(deed, DEFINITION).name not in known]
    version = WorkerDeploymentVersion(deployment_name="aboard", build_id="test")
    trust = Trust({"door": PRIVATE.public_key()})
    async with Worker(
        env.client,
        task_queue=QUEUE,
        workflows=WORKFLOWS,
        activities=[*real, *others],
        interceptors=interceptors(trust),
        workflow_runner=runner(),
        deployment_config=WorkerDeploymentConfig(version=version, use_worker_versioning=True),
    ):
        yield


async def _started(env: WorkflowEnvironment, desk: Desk, case: str) -> WorkflowHandle[Any, StepResult]:
    async with desk.database.session() as session:
        plan = await cases.plan(session, case)
        await steps.save_steps(session, case, plan.steps)
        row = await cases.case(session, case)
    now = await env.get_current_time()
    order = StepOrder(
        case=case, client=row.client_id, step=step_of("saas", "verify"), owner=OWNER,
        due=Moment(nominal=now, effective=now), clock=row.clock, facts={},
    )  # fmt: skip
    return await env.client.start_workflow(Verification.run, order, id=f"onboarding-{case}/verify", task_queue=QUEUE)


async def test_a_listed_namesake_is_approved_by_two_who_did_not_see_each_other_and_its_conditions_fall_due(
    stage: Stage,
) -> None:
    review = await stage.review()
    path, approval = f"/reviews/{review['id']}", {"decision": "approve_with_conditions", "reason": "namesake"}
    assert (review["band"], review["approvals"]) == ("high", 2)

    await stage.first.post(f"{path}/claim")
    await stage.until(lambda: _holder(stage))
    kept_out = await stage.second.post(f"{path}/decision", {"decision": "approve", "reason": "namesake"})
    await stage.judge_all(stage.first, "cleared", {"list_hit": "birth_date_differs", "evidence": "seen_by_eye"})
    for who, code in ((stage.first, "source_of_funds"), (stage.second, "proof_of_address")):
        file = (await who.get(path)).json()
        assert (file["blind"], file["voices"]) == (True, [])
        said = {**approval, "conditions": [{"code": code, "days": 30}], "note": f"{code} is still to be shown"}
        assert (await who.post(f"{path}/decision", said)).status_code == 200
    result = await stage.handle.result()

    assert (kept_out.status_code, kept_out.json()["code"]) == (409, "claimed_by_another")
    assert stage.first.id in kept_out.json()["detail"]
    assert (result.outcome, result.facts) == ("done", {"band": "low"})
    shown = (await stage.second.get("/conditions", case=stage.case)).json()["conditions"]
    assert sorted(one["condition"]["code"] for one in shown) == ["proof_of_address", "source_of_funds"]
    voices = (await stage.first.get(path)).json()["voices"]
    assert [one["note"] for one in voices] == [
        "source_of_funds is still to be shown", "proof_of_address is still to be shown"
    ]  # fmt: skip
    await _overdue(stage)


async def _holder(stage: Stage) -> object:
    [line] = await stage._queue()
    return line["held_by"]


async def _overdue(stage: Stage) -> None:
    """Forty days later nobody has met them: each is a signal, and the journal is whole."""
    async with stage.desk.database.session() as session:
        later = (await cases.case(session, stage.case)).created + timedelta(days=40)
        raised = await fall_due(session, stage.desk.journal, Place(case=stage.case, step="monitor", story=later))
        assert len(raised) == 2
        assert await stage.desk.journal.verify(session, stage.case) == []


async def test_a_confirmed_hit_is_refused_by_two_nothing_is_undone_and_the_officer_has_a_report_to_file(
    stage: Stage,
) -> None:
    path = f"/reviews/{(await stage.review())['id']}"
    desk_staff = await Staff(stage.door).who_is(Role.STAFF)

    await stage.judge_all(stage.first, "confirmed", {"list_hit": "same_person", "evidence": "not_explained"})
    barred = await stage.senior.post(f"{path}/decision", {"decision": "approve", "reason": "known_client"})
    for who in (stage.first, stage.second):
        await who.post(f"{path}/decision", {"decision": "reject", "reason": "outside_our_appetite"})
    result = await stage.handle.result()

    assert (barred.status_code, barred.json()["code"]) == (409, "sanctions_hit_confirmed")
    assert (result.outcome, result.undo) == ("rejected", False)
    [task] = (await stage.officer.get("/tasks", case=stage.case)).json()["tasks"]
    assert (task["code"], task["role"]) == ("blocking_report", "mlro")
    assert (await desk_staff.get("/tasks", case=stage.case)).json()["tasks"] == []
    filed = await stage.officer.post(f"/tasks/{task['id']}/resolution", {"resolution": "report_filed"})
    assert filed.status_code == 200


async def test_two_people_lower_the_band_once_no_law_sets_it_and_then_one_is_enough(stage: Stage) -> None:
    review = await stage.review()
    path = f"/reviews/{review['id']}"
    said = {"band": "medium", "reason": "namesake", "justification": "Born in another year, in another country."}

    below_law = await stage.first.post(f"{path}/overrides", said)
    await stage.judge_all(stage.first, "cleared", {"list_hit": "other_person", "evidence": "seen_by_eye"})
    override = (await stage.until(lambda: _taken(stage, f"{path}/overrides", said)))["override"]
    await stage.until(lambda: _proposed(stage, path))
    own = await stage.first.post(f"/overrides/{override}/verdict", {"verdict": "confirmed"})
    await stage.second.post(f"/overrides/{override}/verdict", {"verdict": "confirmed"})
    await stage.first.post(f"{path}/decision", {"decision": "approve", "reason": "namesake"})
    result = await stage.handle.result()

    assert (below_law.status_code, below_law.json()["code"]) == (409, "band_below_law")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert (result.outcome, result.facts) == ("done", {"band": Band.MEDIUM.value})


async def _taken(stage: Stage, path: str, said: dict[str, str]) -> object:
    """Until the story knows what was cleared, the law's floor is there."""
    answer = await stage.first.post(path, said)
    return answer.json() if answer.status_code == 200 else None


async def _proposed(stage: Stage, path: str) -> object:
    return (await stage.first.get(path)).json()["overrides"]


async def _known_to_temporal(stage: Stage) -> str:
    """The run's description and its whole history."""
    described, history = await stage.handle.describe(), await stage.handle.fetch_history()
    raw = MessageToJson(described.raw_description, sort_keys=True)  # the order of a map is nobody's
    return f"{raw} {json.dumps(json.loads(history.to_json()), sort_keys=True)}"


async def test_temporal_and_the_mails_are_the_same_with_a_suspicion_report_and_without(stage: Stage) -> None:
    path = f"/reviews/{(await stage.review())['id']}"
    for who in (stage.first, stage.second):
        await who.post(f"{path}/decision", {"decision": "reject", "reason": "outside_our_appetite"})
    await stage.handle.result()  # nothing else writes to its history any more
    before, mails = await _known_to_temporal(stage), list(stage.desk.mails.notices)

    said = {"case": stage.case, "grounds": "structuring", "narrative": "Payments of 9,900 each."}
    report = (await stage.officer.post("/suspicion-reports", said)).json()["report"]
    closing = {"outcome": "not_filed", "reason": "explained"}
    assert (await stage.officer.post(f"/suspicion-reports/{report}/closing", closing)).status_code == 200

    assert await _known_to_temporal(stage) == before
    assert stage.desk.mails.notices == mails
