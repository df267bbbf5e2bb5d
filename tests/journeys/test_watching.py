"""From a list that changes to a decision in the journal: the whole chain of watching, with nothing but real deeds.

The refreshing asks a real publisher, the look-back finds a client who was taken aboard, Monitoring is told and looks,
and two reviewers confirm what it found, through the API.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.casework import Casework
from activities.lookback import LookBack
from activities.notices import House
from activities.refreshing import Refresher
from activities.vendors.publisher import Publisher
from activities.watchlist import Watchlist
from api import lasting
from api.door import Door
from api.story import TemporalEngine
from kyc.lists import ListSource, Store
from onboarding.case import Band, CaseStatus, Role
from onboarding.messages import Trust
from onboarding.plan import Watch
from onboarding.watching import MONITORING, Refreshed, Watching
from records import cases, signals, watching
from run.deeds import _activities
from run.worker import WORKFLOWS, interceptors, runner
from tests.activities.desk import Desk, a_person, identified
from tests.activities.publisher import Published, publishing
from tests.activities.test_refreshing import NAMES, csv
from tests.activities.test_screening import verifying
from tests.api.house import PLAYBOOKS, Caller, Staff, a_door
from tests.fakes import FakeMailer
from tests.workflows.conftest import PRIVATE
from tests.workflows.deeds import DEFINITION, Deeds
from workflows.monitoring import Monitoring
from workflows.refreshing import Refreshing

pytestmark = pytest.mark.timeout(120)
QUEUE = "watching-journey"
HOUSE = House("Meridian", "Meridian", "Aboard <onboarding@aboard.example>", "https://aboard.example")
NAME = "Hortensia Vexley"


@dataclass
class Watched:
    """A client who was taken aboard, the list that they are watched against, and the people who review."""

    env: WorkflowEnvironment
    desk: Desk
    door: Door
    published: Published
    case: str
    monitoring: WorkflowHandle[Any, Any]
    first: Caller
    second: Caller

    async def refresh(self) -> list[Refreshed]:
        """The refreshing, as its schedule starts it."""
        with self.env.auto_time_skipping_disabled():
            return await self.env.client.execute_workflow(
                Refreshing.run, id=f"refresh-{len(self.published.asked)}", task_queue=QUEUE
            )

    async def sweep(self) -> None:
        """What the API server does every few seconds."""
        await lasting.tell_news(self.door, timedelta(0))

    async def until(self, seen: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(60):
            while not (found := await seen()):  # noqa: ASYNC110 - it is looked for through the API
                await asyncio.sleep(0.1)
        return found

    async def reviews(self) -> list[dict[str, Any]]:
        queue: list[dict[str, Any]] = (await self.first.get("/reviews", case=self.case)).json()["reviews"]
        return [review for review in queue if review["due"]]

    async def journal(self) -> list[str]:
        return await self.desk.said(self.case)

    async def is_told(self, what: str) -> bool:
        return what in await self.journal()


@pytest.fixture
async def watched(env: WorkflowEnvironment, desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    door = a_door(desk.database, desk.journal, TemporalEngine(env.client, QUEUE), desk.bucket)
    async with publishing(csv(NAMES)) as published:
        # the database is shared by the tests of this file, the folder of versions is not
        source = ListSource(name=request.node.name[:40].replace("_", "-"), files=(published.url,))
        async with at_work(env, desk, source):
            with env.auto_time_skipping_disabled():
                await env.client.execute_workflow(Refreshing.run, id="refresh-first", task_queue=QUEUE)
                case = await taken_aboard(desk)
                handle = await watch(env, desk, case)
                first, second = [await Staff(door).who_is(Role.REVIEWER) for _ in range(2)]
                yield Watched(env, desk, door, published, case, handle, first, second)
                await handle.terminate()


@asynccontextmanager
async def at_work(env: WorkflowEnvironment, desk: Desk, source: ListSource) -> AsyncIterator[None]:
    """A worker whose lists are those of this source; what goes outside (mails, calendars) nobody gets."""
    store = Store(desk.folder / "watched")
    watchlist = Watchlist(store, desk.folder / "watched-index", desk.pool, [source])
    desk.examination._watchlist = desk.lookout._watchlist = watchlist
    refresher = Refresher(desk.database, store, [source], Publisher(), desk.pool, FakeMailer(), HOUSE)
    lookback = LookBack(desk.database, desk.journal, store, [source], desk.hashing)
    casework = Casework(desk.database, desk.journal, PLAYBOOKS, env.client, QUEUE)
    rooms = (casework, desk.lookout, desk.reviews, refresher, lookback)
    real = [deed for room in rooms for deed in _activities(room)]
    known = {getattr(deed, DEFINITION).name for deed in real}
    others = [deed for deed in Deeds().all() if getattr(deed, DEFINITION).name not in known]
    version = WorkerDeploymentVersion(deployment_name="aboard", build_id="test")
    async with Worker(
        env.client,
        task_queue=QUEUE,
        workflows=WORKFLOWS,
        activities=[*real, *others],
        interceptors=interceptors(Trust({"door": PRIVATE.public_key()})),
        workflow_runner=runner(),
        deployment_config=WorkerDeploymentConfig(version=version, use_worker_versioning=True),
    ):
        yield


async def taken_aboard(desk: Desk) -> str:
    """Screened against the list as it was, rated, approved by nobody's doubt: the case is over, the client is ours."""
    case = await identified(desk, a_person())
    assert (await desk.screening.screen(verifying(case))).signals == []
    assert (await desk.screening.rate(verifying(case))).band is Band.LOW
    async with desk.database.session() as session:
        await cases.set_status(session, case, CaseStatus.COMPLETED)
    return case


async def watch(env: WorkflowEnvironment, desk: Desk, case: str) -> WorkflowHandle[Any, Any]:
    """Monitoring, once it knows whom it watches."""
    async with desk.database.session() as session:
        row = await cases.case(session, case)
    order = Watching(
        case=case, step=MONITORING, story=await env.get_current_time(), client=row.client_id,
        watch=Watch(policy="risk-standard-eu"), clock=row.clock,
    )  # fmt: skip
    handle = await env.client.start_workflow(Monitoring.run, order, id=f"monitoring-{row.client_id}", task_queue=QUEUE)
    async with asyncio.timeout(60):
        while not await _is_watched(desk, row.client_id):  # noqa: ASYNC110 - it is looked for in the records
            await asyncio.sleep(0.1)
    return handle


async def _is_watched(desk: Desk, client: str) -> bool:
    async with desk.database.session() as session:
        return await watching.since(session, client) is not None


async def test_a_list_changes_and_in_the_end_two_reviewers_have_confirmed_it_in_the_journal(watched: Watched) -> None:
    watched.published.content = csv([*NAMES, NAME])

    answers = await watched.refresh()
    await watched.sweep()
    [review] = await watched.until(watched.reviews)
    async with watched.desk.database.session() as session:
        [hit] = await signals.signals(session, watched.case)
    judged = await watched.first.post(f"/signals/{hit.id}/judgement", {"verdict": "confirmed", "reason": "same_person"})
    for who in (watched.first, watched.second):
        said = {"decision": "reject", "reason": "listed"}
        assert (await who.post(f"/reviews/{review['id']}/decision", said)).status_code == 200
    await watched.until(lambda: watched.is_told("band_changed"))

    assert [answer.state for answer in answers] == ["in_force"]
    assert (review["band"], review["approvals"], hit.kind, judged.status_code) == ("high", 2, "list_hit", 200)
    told = await watched.journal()
    chain = ["rated", "screened_again", "review_opened", "signal_confirmed", "reviewer_spoke", "decided_reject"]
    assert [told.index(what) for what in chain] == sorted(told.index(what) for what in chain)
    async with watched.desk.database.session() as session:
        assert await watched.desk.journal.verify(session, watched.case) == []
        assert (await cases.case(session, watched.case)).band is Band.HIGH


async def test_a_list_that_changes_for_others_wakes_nobody(watched: Watched) -> None:
    watched.published.content = csv([*NAMES, "Casimir Pellworm"])

    await watched.refresh()
    await watched.sweep()

    async with watched.desk.database.session() as session:
        row = await cases.case(session, watched.case)
        assert await watching.unheard(session, row.client_id) == []
    assert "screened_again" not in await watched.journal()
