"""Screening: the risk of a client examined and rated.

A screening that could not be finished answers `held` with the reason and is never clear.
"""

from pathlib import Path

from temporalio import activity

from activities import policies, risk
from activities.examination import Examination
from activities.identity import Identity
from onboarding.diligence import Rated, ReviewEnded, Screened, Verifying
from records import signals
from records.database import Database
from records.journal import Journal


class Screening:
    def __init__(
        self, database: Database, journal: Journal, examination: Examination, identity: Identity, policies: Path
    ) -> None:
        self._database = database
        self._journal = journal
        self._examination = examination
        self._identity = identity
        self._policies = policies

    @activity.defn(name="screen")
    async def screen(self, order: Verifying) -> Screened:
        """Compares documents and screens every party; `signals` are those that nobody has judged yet.

        While an identity vendor has yet to check somebody, it answers whom, and nothing is screened.
        """
        if waiting := await self._identity.waiting(order):
            return Screened(signals=[], waiting=waiting)
        return await self._examination.examine(order, order.round, f"{order.step}:{order.round}")

    @activity.defn(name="rate")
    async def rate(self, order: Verifying) -> Rated:
        """Rates the risk by the playbook's policy; the first rating of a round stays."""
        async with self._database.session() as session:
            named = order.verify
            policy = await policies.risk(session, self._policies, named.full_name)
            occasion = f"{order.step}:{order.round}"
            return await risk.rate(session, self._journal, order, policy, named.product, occasion, order.round)

    @activity.defn(name="rate_reviewed")
    async def rate_reviewed(self, order: ReviewEnded) -> Rated:
        """Rates anew at the end of a review, by what was cleared and confirmed in it: a namesake weighs nothing from
        here on. The decision keeps the band that it was made under, and with it how many had to agree."""
        async with self._database.session() as session:
            named = order.verify
            policy = await policies.risk(session, self._policies, named.full_name)
            occasion = signals.after_review(order.step, order.review)
            return await risk.rate(session, self._journal, order, policy, named.product, occasion)
