"""The schedule on the real engine: it starts the refreshing by itself, which asks a real publisher and looks back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client, ScheduleOverlapPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from activities.lookback import LookBack
from activities.notices import House
from activities.refreshing import Refresher
from activities.vendors.publisher import Publisher
from api.story import TemporalEngine
from kyc.lists import ListSource, Store
from onboarding.case import Role
from onboarding.watching import REFRESH_LISTS
from records import lists
from run import schedules, versions
from run.house import TASK_QUEUE
from run.local.stack import Stack
from run.worker import build
from tests.activities.desk import Desk
from tests.activities.publisher import publishing
from tests.activities.test_refreshing import NAMES, csv
from tests.api.house import Caller, Staff, a_door
from tests.fakes import FakeMailer
from tests.workflows.conftest import TRUST

pytestmark = pytest.mark.timeout(180)
HOUSE = House("Meridian", "Meridian", "Aboard <onboarding@aboard.example>", "https://aboard.example")


@asynccontextmanager
async def refreshing(
    engine: Client, desk: Desk, source: ListSource, store: Store, every: timedelta
) -> AsyncIterator[None]:
    """A worker that refreshes this source, and the schedule that orders it so often."""
    database = desk.database
    refresher = Refresher(database, store, [source], Publisher(), desk.pool, FakeMailer(), HOUSE)
    lookback = LookBack(database, desk.journal, store, [source], desk.hashing)
    deeds = [refresher.names, refresher.refresh, lookback.look_back]
    async with build(engine, deeds, TRUST):
        await _until_current(engine)
        for _ in range(2):  # set again at each start of a worker
            await schedules.ensure(engine, TASK_QUEUE, every)
        yield
        await engine.get_schedule_handle(REFRESH_LISTS).delete()


async def _until_current(engine: Client) -> None:
    for _ in range(100):
        try:
            return await versions.make_current(engine)
        except RPCError:
            await asyncio.sleep(0.1)
    raise AssertionError("the worker never polled")


async def test_the_schedule_refreshes_lists_by_itself(stack: Stack, desk: Desk) -> None:
    await stack.start("temporal")
    engine = await Client.connect(stack.settings.temporal.address, data_converter=pydantic_data_converter)
    store = Store(desk.folder / "scheduled")
    async with publishing(csv(NAMES)) as published:
        source = ListSource(name="scheduled", files=(published.url,))
        async with refreshing(engine, desk, source, store, timedelta(seconds=1)):
            await _until(lambda: len(published.asked) >= 2)
            published.content = csv([*NAMES, "Hortensia Vexley"])
            first = store.current("scheduled")
            await _until(lambda: store.current("scheduled") != first)
            await _until_swept(desk, store)

    assert published.asked[0] is None
    assert published.asked[1] is not None


async def test_a_version_that_two_people_let_in_is_in_force_at_once(stack: Stack, desk: Desk) -> None:
    await stack.start("temporal")
    engine = await Client.connect(stack.settings.temporal.address, data_converter=pydantic_data_converter)
    store = Store(desk.folder / "released")
    staff = Staff(a_door(desk.database, desk.journal, TemporalEngine(engine, TASK_QUEUE), desk.bucket))
    async with publishing(csv(NAMES)) as published:
        source = ListSource(name="released", files=(published.url,))
        async with refreshing(engine, desk, source, store, timedelta(hours=9)):
            await _until(lambda: store.current("released") is not None)
            published.content = csv(NAMES[: len(NAMES) // 2])
            await engine.get_schedule_handle(REFRESH_LISTS).trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
            await _until(lambda: store.held("released") is not None)
            held = store.held("released")
            for role in (Role.REVIEWER, Role.SENIOR):
                await _let_in(await staff.who_is(role), held or "")

            await _until(lambda: store.current("released") == held)

    assert store.held("released") is None


async def _let_in(who: Caller, version: str) -> None:
    """Once the records know that it waits."""
    async with asyncio.timeout(60):
        while (await who.post("/lists/releases", {"version": version})).status_code != 200:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.2)


async def _until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not seen():  # noqa: ASYNC110 - the publisher has no event to wait for
            await asyncio.sleep(0.2)


async def _until_swept(desk: Desk, store: Store) -> None:
    async with asyncio.timeout(60):
        while True:
            async with desk.database.session() as session:
                if (await lists.source(session, "scheduled")).swept == store.current("scheduled"):
                    return
            await asyncio.sleep(0.2)
