"""Guides: material that is put before the client, and what of it was read."""

from temporalio import activity

from onboarding.deeds import ABOARD, Publishing, Read
from records import surveys
from records.database import Database
from records.journal import Journal


class Guides:
    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    @activity.defn(name="publish_guides")
    async def publish(self, order: Publishing) -> None:
        """Puts the material on the client's page, in its order; what is there already keeps its progress."""
        ids = [resource.id for resource in order.guide.resources]
        async with self._database.session() as session:
            await surveys.publish(session, order.case, order.step, ids, order.story)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="guides_published", story=order.story,
                key=f"guides:{order.step}", detail={"step": order.step, "guides": ids},
            )  # fmt: skip

    @activity.defn(name="read_guide")
    async def read(self, order: Read) -> None:
        """Notes that one piece was read; the first time counts."""
        async with self._database.session() as session:
            await surveys.read(session, order.case, order.step, order.resource, order.story, order.choice)
            await self._journal.write(
                session, order.case, actor=order.actor, what="guide_read", reason=order.resource, story=order.story,
                key=f"guide:{order.step}:{order.resource}", detail={"step": order.step, "choice": order.choice},
            )  # fmt: skip
