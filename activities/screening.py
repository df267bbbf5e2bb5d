"""Screening: the risk of a client examined and rated.

A screening that could not be finished answers `held` with the reason and is never clear.
"""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import basis, policies
from activities.evidence import risk_facts
from activities.examination import Examination
from activities.identity import Identity
from kyc import rating
from kyc.risk_policy import RiskPolicy
from onboarding.deeds import ABOARD, Place, Rated, Screened, Verifying
from records import cases, overrides, signals
from records.database import Database
from records.journal import Journal
from records.signals import NewRating, SignalState


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
        """Rates the risk by the playbook's policy; the first rating of a round stays.

        An override that two people agreed on holds for as long as the policy gives the band that it was made against.
        """
        async with self._database.session() as session:
            policy = await self._policy(session, order)
            client = await cases.client_of(session, self._journal.vault, order.case)
            standing = [s for s in await signals.signals(session, order.case) if s.state is not SignalState.CLEARED]
            open_signals = sum(signal.state is SignalState.OPEN for signal in standing)
            codes, kinds = [signal.code for signal in standing], [signal.kind for signal in standing]
            facts = risk_facts(client, codes, kinds, open_signals, order.verify.product, order.story.date())
            found = rating.rate(facts, policy)
            kept = await self._keep_rating(session, order, found)
            await basis.keep_rating(session, self._journal, order.case, kept, facts, policy)
            rated = await self._overridden(
                session, order, Rated(rating=kept, band=found.band, approvals=found.approvals)
            )
            await cases.set_band(session, order.case, rated.band)
            await self._write(session, order, "rated", found.band, f"rated:{order.step}:{order.round}")
            return rated

    async def _overridden(self, session: AsyncSession, order: Verifying, rated: Rated) -> Rated:
        agreed = [row for row in await overrides.overrides(session, order.case) if row.state == "confirmed"]
        if not agreed or agreed[-1].before is not rated.band:
            return rated
        band = agreed[-1].band
        measures = (await self._policy(session, order)).measures[band]
        return rated.model_copy(update={"band": band, "approvals": measures.approvals_with_open_signal})

    async def _policy(self, session: AsyncSession, order: Verifying) -> RiskPolicy:
        return await policies.risk(session, self._policies, order.verify.policy, order.verify.jurisdiction)

    async def _keep_rating(self, session: AsyncSession, order: Verifying, found: rating.Rating) -> str:
        name, _, version = found.policy.partition("@")
        new = NewRating(
            case_id=order.case, round=order.round, band=found.band, points=found.points, policy=name,
            policy_version=f"{version}+{found.policy_hash[:12]}",
            factors=[factor.model_dump(mode="json") for factor in found.factors],
        )  # fmt: skip
        return await signals.add_rating(session, new)

    async def _write(
        self, session: AsyncSession, order: Place, what: str, reason: str, key: str, actor: str = ABOARD
    ) -> None:
        await self._journal.write(
            session, order.case, actor=actor, what=what, reason=reason, story=order.story, key=key,
            detail={"step": order.step},
        )  # fmt: skip
