"""A client is checked by an identity vendor: the vendor's webhooks at the door, the story, the deeds, one database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from activities.identity import Identity
from activities.vendors.onfido import Onfido, OnfidoWebhook
from api.app import create_app
from api.door import Door
from api.story import TemporalEngine
from api.sweep import sweep
from onboarding.case import Moment, StepState
from onboarding.clock import Clock
from onboarding.deeds import StepOrder, StepResult
from onboarding.plan import Watch
from onboarding.watching import Watching
from records import cases, identity_checks, inbox, signals, steps
from tests.activities.desk import STORY, Desk, a_person, identified, step_of
from tests.api.house import a_door
from tests.outside.onfido import SECRET, TOKEN, WORKFLOW, OnfidoServer, signed
from tests.outside.serving import served
from tests.workflows.conftest import SIGNER, at_work
from tests.workflows.deeds import Deeds
from tests.workflows.playing import until
from workflows.monitoring import Monitoring
from workflows.verification import Verification


@dataclass
class Stage:
    """One case on its way through verification."""

    desk: Desk
    door: Door
    onfido: OnfidoServer
    deeds: Deeds
    http: httpx2.AsyncClient
    queue: str
    case: str

    async def webhook(self, headers: dict[str, str] | None = None) -> int:
        body = self.onfido.event(self.onfido.only)
        answer = await self.http.post("/api/v1/webhooks/onfido", content=body, headers=headers or signed(body))
        return answer.status_code

    async def begin(self, env: WorkflowEnvironment) -> Any:
        now = await env.get_current_time()
        order = StepOrder(
            case=self.case, client="client_x", step=step_of("saas", "verify"), owner="staff_owner",
            due=Moment(nominal=now, effective=now), clock=Clock(origin=now), facts={},
        )  # fmt: skip
        run: Any = Verification.run
        handle = await env.client.start_workflow(
            run, order, id=f"onboarding-{self.case}/verify", task_queue=self.queue, result_type=StepResult
        )
        await until(lambda: "ask" in self.deeds.names())
        return handle

    async def watched(self, env: WorkflowEnvironment) -> Any:
        """The verification is over in records, and the client's Monitoring has begun."""
        async with self.desk.database.session() as session:
            client = (await cases.case(session, self.case)).client_id
            await steps.save_steps(session, self.case, (await cases.plan(session, self.case)).steps)
            await steps.close_step(session, self.case, "verify", STORY, StepState.DONE, "no_findings")
        lookout = self.desk.lookout
        self.deeds.answers |= {
            "Lookout.next_review": lookout.next_review, "Lookout.screen_again": lookout.screen_again,
        }  # fmt: skip
        now = await env.get_current_time()
        order = Watching(
            case=self.case, step="monitor", story=now, client=client, watch=Watch(policy="risk-standard-eu"),
            clock=Clock(origin=now),
        )  # fmt: skip
        run: Any = Monitoring.run
        handle = await env.client.start_workflow(run, order, id=f"monitoring-{client}", task_queue=self.queue)
        await until(lambda: "next_review" in self.deeds.names())
        return handle

    async def undelivered(self) -> list[str]:
        async with self.desk.database.session() as session:
            waiting = await inbox.undelivered(session, timedelta(0), limit=1000)
            return [event.event for event in waiting if event.case_id == self.case]

    async def codes(self) -> list[str]:
        async with self.desk.database.session() as session:
            return [row.code for row in await signals.signals(session, self.case)]


@pytest.fixture
async def stage(desk: Desk, env: WorkflowEnvironment) -> AsyncIterator[Stage]:
    onfido, deeds = OnfidoServer(), Deeds()
    case = await identified(desk, a_person())
    async with desk.database.session() as session:
        await cases.mark_started(session, case)
    door = a_door(desk.database, desk.journal, TemporalEngine(env.client, "unused"), desk.bucket, SIGNER)
    door = replace(door, webhooks={"onfido": OnfidoWebhook(SECRET)})
    async with served(onfido.app) as url, at_work(env.client, deeds) as queue:
        vendor = Onfido(f"{url}/v3.6", TOKEN, WORKFLOW)
        identity = Identity(desk.database, desk.journal, desk.effects, vendor)
        desk.screening._identity = desk.lookout._identity = identity
        deeds.answers |= {"Screening.screen": desk.screening.screen, "Identity.take": identity.take}
        transport = httpx2.ASGITransport(create_app(door), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://door.test") as http:
            yield Stage(desk, door, onfido, deeds, http, queue, case)
        await vendor.close()


async def test_a_client_who_is_checked_goes_on_without_a_review(stage: Stage, env: WorkflowEnvironment) -> None:
    handle = await stage.begin(env)
    stage.onfido.says(stage.onfido.only, "approved")

    assert await stage.webhook() == 200
    result = await handle.result()

    assert (result.outcome, result.reason) == ("done", "no_findings")
    assert (await stage.codes(), await stage.undelivered()) == ([], [])


async def test_forged_webhooks_move_nothing(stage: Stage, env: WorkflowEnvironment) -> None:
    handle = await stage.begin(env)
    body = stage.onfido.event(stage.onfido.only)

    assert await stage.webhook(signed(body, "forged-token")) == 401
    assert await stage.webhook(signed(body + b" ")) == 401
    assert (await stage.undelivered(), "take_identity_event" in stage.deeds.names()) == ([], False)

    stage.onfido.says(stage.onfido.only, "approved")
    await stage.webhook()
    assert (await handle.result()).outcome == "done"


async def test_webhooks_twice_and_out_of_order_come_to_one_end(stage: Stage, env: WorkflowEnvironment) -> None:
    handle = await stage.begin(env)
    early = stage.onfido.event(stage.onfido.only)
    stage.onfido.says(stage.onfido.only, "approved")
    now = stage.onfido.event(stage.onfido.only)

    for body in (now, early, now, early):
        answer = await stage.http.post("/api/v1/webhooks/onfido", content=body, headers=signed(body))
        assert answer.status_code == 200

    assert (await handle.result()).outcome == "done"
    async with stage.desk.database.session() as session:
        (check,) = (await identity_checks.of_case(session, stage.case)).values()
    assert (check.state, await stage.codes()) == ("passed", [])


async def test_what_the_vendor_says_after_the_decision_is_reviewed_by_those_who_watch_the_client(
    stage: Stage, env: WorkflowEnvironment
) -> None:
    handle = await stage.begin(env)
    stage.onfido.says(stage.onfido.only, "approved")
    await stage.webhook()
    await handle.result()
    monitoring = await stage.watched(env)
    stage.onfido.says(stage.onfido.only, "declined")

    assert await stage.webhook() == 200
    await sweep(stage.door, timedelta(0))
    await until(lambda: [ask.task for ask in stage.deeds.orders("ask")][-1] == "review")

    assert (await stage.codes(), await stage.undelivered()) == (["identity_failed"], [])
    await monitoring.terminate()


async def test_whom_the_vendor_declines_a_reviewer_judges(stage: Stage, env: WorkflowEnvironment) -> None:
    handle = await stage.begin(env)
    stage.onfido.says(stage.onfido.only, "declined")

    await stage.webhook()
    await until(lambda: [ask.task for ask in stage.deeds.orders("ask")][-1] == "review")

    assert await stage.codes() == ["identity_failed"]
    await handle.terminate()
