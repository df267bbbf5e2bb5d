"""Contact: what goes to a client while it is held, and what goes out once it no longer is. Words stay neutral."""

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.notices import HELD, Notices
from onboarding.deeds import Notice
from onboarding.watching import Holding, Watching
from records import holds
from records.database import Database
from records.journal import Journal


class Contact:
    def __init__(self, database: Database, journal: Journal, notices: Notices) -> None:
        self._database = database
        self._journal = journal
        self._notices = notices

    @activity.defn(name="hold_contact")
    async def hold(self, order: Holding) -> None:
        """From here on commercial mails to the client are kept."""
        async with self._database.session() as session:
            await holds.place(session, order.client, reason=order.reason, actor=order.actor, story=order.story)
            await self._write(session, order, "contact_held")

    @activity.defn(name="lift_hold")
    async def lift(self, order: Holding) -> None:
        async with self._database.session() as session:
            await holds.lift(session, order.client, actor=order.actor, story=order.story)
            await self._write(session, order, "contact_resumed")

    @activity.defn(name="send_kept_mails")
    async def send_kept(self, order: Watching) -> None:
        """Sends what was kept, in order; nothing while the client still is held."""
        async with self._database.session() as session:
            if await holds.held(session, order.case):
                return
            kept = [Notice.model_validate(notice) for notice in await holds.kept_mails(session, order.client)]
        for notice in kept:
            if await self._notices.send(notice) == HELD:  # held anew meanwhile: it stays kept
                return
            async with self._database.session() as session:
                await holds.mail_sent(session, notice.case, notice.key)

    async def _write(self, session: AsyncSession, order: Holding, what: str) -> None:
        await self._journal.write(
            session, order.case, actor=order.actor, what=what, reason=order.reason, story=order.story,
            key=f"{what}:{order.key}",
        )  # fmt: skip
