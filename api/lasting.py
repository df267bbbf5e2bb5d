"""What outlasts a case, for the sweep: Monitoring is told of news, vendors' events that come too late for their step
are looked at, and data whose time is over is erased."""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.door import Door
from api.story import CASE
from onboarding.case import Holder, Role
from onboarding.deeds import Erased
from onboarding.errors import OnboardingError
from records import cases, erasure, identity_checks, inbox, retention, tasks, watching
from records.inbox import VendorEvent
from records.retention import Retention
from records.tasks import NewTask
from records.watching import NewStir, Stir

log = logging.getLogger(__name__)

TOLD_AGAIN = timedelta(minutes=5)  # a look at a client, its vendors included, has come to an end by then


async def tell_news(door: Door, again_after: timedelta = TOLD_AGAIN) -> None:
    """Signals what is to be looked at again, until the workflow itself has recorded it."""
    async with door.database.session() as session:
        waiting = await watching.untold(session, again_after)
    for stir in waiting:
        try:
            await _tell(door, stir)
        except OnboardingError as error:
            log.warning("the monitoring of %s could not be told: %s", stir.client_id, error.reason)


async def _tell(door: Door, stir: Stir) -> None:
    running = await door.story.stir(stir)
    async with door.database.session() as session:
        if running or not (await cases.case(session, stir.case_id)).status.ended:
            await watching.told(session, stir.id)  # where the client is not watched yet, it is told again
        else:  # the relationship has ended: there is nobody left who could look
            await watching.heard(session, [stir.id])


async def take_late(door: Door, event: VendorEvent) -> None:
    """An event whose step is over goes to the Monitoring of its client, which asks the vendor what is meant. A reviewer
    is told of it where this case is not watched, or not yet; where nobody will, the event is laid aside with that."""
    async with door.database.session() as session:
        case, key = await cases.case(session, event.case_id), f"{event.vendor}:{event.event}"
        is_watched = await watching.is_watched(session, event.case_id)
        story = case.clock.story(datetime.now(UTC))
        await door.journal.write(
            session, event.case_id, actor=f"vendor:{event.vendor}", what="vendor_event_late", reason=event.kind,
            story=story, key=f"late:{key}", detail={"step": event.step},
        )  # fmt: skip
        if not is_watched:
            await tasks.open_task(session, await _late_news(session, door, event, story))
        if is_watched or not case.status.ended:
            cause = NewStir(client_id=case.client_id, case_id=event.case_id, cause="vendor_event", key=f"vendor:{key}")
            await watching.stir(session, [cause])
            await inbox.offered(session, event.vendor, event.event)
        else:
            await inbox.delivered(session, event.vendor, event.event)


async def _late_news(session: AsyncSession, door: Door, event: VendorEvent, story: datetime) -> NewTask:
    said = await inbox.payload(session, door.vault, event.vendor, event.event) or {}
    check = await identity_checks.by_reference(session, str(said.get("reference")))
    about = {"check": check.id, "inquiry": check.vendor_id, "party": check.party} if check else {}
    return NewTask(
        case_id=event.case_id, step=CASE, key=f"late:{event.vendor}:{event.event}", code="late_vendor_event",
        role=Role.REVIEWER, holder=Holder.STAFF, opened_story=story, resources={"vendor": event.vendor, **about},
        exit_criterion="late_vendor_event_looked_at",
    )  # fmt: skip


async def erase_due(door: Door, now: datetime | None = None) -> int:
    """Destroys the keys whose legal time is over; how many. Whoever made checks for us is made to forget them: that is
    begun before, so that it cannot be lost."""
    now = now or datetime.now(UTC)
    async with door.database.session() as session:
        due = [each.client_id for each in await retention.due(session, now) if each.retention is Retention.KYC]
        outside = [client for client in due if await identity_checks.of_client(session, client)]
    try:
        for client in outside:
            await door.story.run("Forgets", f"forget-{client}", Erased(client=client))
    except OnboardingError as error:
        log.warning("what is due is not erased yet: %s", error.reason)
        return 0
    async with door.database.session() as session:
        return len(await erasure.erase_due(session, door.journal, now, forgetting=outside))
