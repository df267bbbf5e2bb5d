"""The sweep: what a crash left half-way is finished. One server sweeps at a time; two at once would do no harm."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from api import lasting
from api.door import Door
from onboarding.errors import OnboardingError
from onboarding.watching import Sampling
from records import cases, inbox, links, sampling
from records.inbox import VendorEvent

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=3)
FORSAKEN = timedelta(seconds=5)  # a case that its own request would have started by now
REMEMBERED = timedelta(days=7)  # how long a repeated request still gets its first answer
_LOCK = 0x61626F617264  # "aboard"


@asynccontextmanager
async def sweeping(door: Door) -> AsyncIterator[None]:
    """Sweeps every few seconds for as long as the server lives."""
    task = asyncio.create_task(_for_ever(door))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _for_ever(door: Door) -> None:
    while True:
        try:
            await sweep(door)
        except Exception as error:
            log.warning("the sweep is put off: %s", type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())


async def sweep(door: Door, older_than: timedelta = FORSAKEN) -> bool:
    """Starts stored cases that nobody started and delivers vendors' events again; False while another server does."""
    async with door.database.session() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return False
        await _start_cases(door, older_than)
        await _deliver_events(door, older_than)
        await lasting.tell_news(door)
        await lasting.erase_due(door)
        await links.purge_sessions(session)
        await _sample_near_misses(door)
        if door.suspicions:
            await door.suspicions.erase_due(session, datetime.now(UTC))
    await door.idempotency.purge(REMEMBERED)
    return True


async def _start_cases(door: Door, older_than: timedelta) -> None:
    async with door.database.session() as session:
        forsaken = await cases.unstarted(session, older_than)
    for case in forsaken:
        try:
            await door.story.start(case)
        except OnboardingError as error:
            log.warning("%s could not be started: %s", case.id, error.reason)


async def _deliver_events(door: Door, older_than: timedelta) -> None:
    async with door.database.session() as session:
        waiting = await inbox.undelivered(session, older_than)
    for event in waiting:
        try:
            await _deliver(door, event)
        except OnboardingError as error:
            log.warning("an event for %s could not be delivered: %s", event.case_id, error.reason)


async def _deliver(door: Door, event: VendorEvent) -> None:
    if not await door.story.deliver(event):
        await lasting.take_late(door, event)
        return
    async with door.database.session() as session:
        await inbox.offered(session, event.vendor, event.event)


async def _sample_near_misses(door: Door) -> None:
    """Once a month, those that lay just under the threshold are drawn for a look."""
    month = datetime.now(UTC).date().replace(day=1)
    async with door.database.session() as session:
        if await sampling.sampled(session, f"{month:%Y-%m}"):
            return
    try:
        await door.story.run("NearMissSampling", f"near-misses-{month:%Y-%m}", Sampling(month=month))
    except OnboardingError as error:
        log.warning("near misses could not be sampled: %s", error.reason)
