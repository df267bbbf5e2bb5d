"""What outlasts a case, for the sweep: Monitoring is told of news, and data whose time is over is erased."""

import logging
from datetime import UTC, datetime, timedelta

from api.door import Door
from onboarding.errors import OnboardingError
from records import cases, erasure, watching
from records.watching import Stir

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


async def erase_due(door: Door, now: datetime | None = None) -> int:
    """Destroys the keys whose legal time is over; how many."""
    async with door.database.session() as session:
        return len(await erasure.erase_due(session, door.journal, now or datetime.now(UTC)))
