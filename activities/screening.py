"""Screening: the risk of a client examined and rated, then reviewers' judgements and the decision that stands.

A screening that could not be finished answers `held` with the reason and is never clear.
"""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.evidence import risk_facts
from activities.examination import Examination
from kyc import rating, risk_policy
from onboarding.case import Band
from onboarding.deeds import (
    ABOARD,
    Judgement,
    Place,
    Rated,
    Reviewing,
    ReviewOpened,
    Ruling,
    Screened,
    Verifying,
    Voice,
)
from records import cases, reviews, signals
from records.database import Database
from records.journal import Journal
from records.reviews import NewDecision, NewReview
from records.signals import NewRating, SignalState


class Screening:
    def __init__(self, database: Database, journal: Journal, examination: Examination, policies: Path) -> None:
        self._database = database
        self._journal = journal
        self._examination = examination
        self._policies = policies

    @activity.defn(name="screen")
    async def screen(self, order: Verifying) -> Screened:
        """Compares documents and screens every party; `signals` are those that nobody has judged yet."""
        return await self._examination.examine(order, order.round, f"{order.step}:{order.round}")

    @activity.defn(name="rate")
    async def rate(self, order: Verifying) -> Rated:
        """Rates the risk by the playbook's policy; the first rating of a round stays."""
        policy = policy_of(self._policies, order.verify.policy, order.verify.jurisdiction)
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            standing = [s for s in await signals.signals(session, order.case) if s.state is not SignalState.CLEARED]
            open_signals = sum(signal.state is SignalState.OPEN for signal in standing)
            codes, kinds = [signal.code for signal in standing], [signal.kind for signal in standing]
            facts = risk_facts(client, codes, kinds, open_signals, order.verify.product, order.story.date())
            found = rating.rate(facts, policy)
            kept = await self._keep_rating(session, order, found)
            await cases.set_band(session, order.case, found.band)
            await self._write(session, order, "rated", found.band, f"rated:{order.step}:{order.round}")
            return Rated(rating=kept, band=found.band, approvals=found.approvals)

    @activity.defn(name="open_review")
    async def open_review(self, order: Reviewing) -> ReviewOpened:
        """Opens the review of this round. Who started the case or owns the client may not review it."""
        async with self._database.session() as session:
            case = await cases.case(session, order.case)
            new = NewReview(
                case_id=order.case, step=order.step, round=order.round, band=order.band, approvals=order.approvals,
                barred=sorted({case.started_by, case.owner}), opened_story=order.story,
            )  # fmt: skip
            opened = await reviews.review(session, await reviews.open_review(session, new))
            await self._write(session, order, "review_opened", order.band, f"review:{opened.id}")
            return ReviewOpened(review=opened.id, barred=opened.barred)

    @activity.defn(name="judge_signal")
    async def judge(self, order: Judgement) -> None:
        async with self._database.session() as session:
            state = SignalState(order.verdict)
            await signals.judge(session, order.signal, state, reason=order.reason, reviewer=order.actor)
            key = f"judged:{order.signal}"
            await self._write(session, order, f"signal_{order.verdict}", order.reason, key, order.actor)

    @activity.defn(name="hear_reviewer")
    async def voice(self, order: Voice) -> None:
        async with self._database.session() as session:
            await reviews.vote(
                session, order.review, reviewer=order.actor, decision=order.decision, reason=order.reason,
                story=order.story, items=order.items,
            )  # fmt: skip
            key = f"voice:{order.review}:{order.actor}"
            await self._write(session, order, f"reviewer_says_{order.decision}", order.reason, key, order.actor)

    @activity.defn(name="rule")
    async def rule(self, order: Ruling) -> None:
        """Keeps the decision that stands and closes its review."""
        async with self._database.session() as session:
            key = order.review or f"{order.step}:without_review"
            await self._decide(session, order, key, order.decision, order.reason, order.band, order)
            if order.review:
                await reviews.close_review(session, order.review, order.decision, order.story)
            await self._write(session, order, f"decided_{order.decision}", order.reason, f"decided:{key}")

    async def _keep_rating(self, session: AsyncSession, order: Verifying, found: rating.Rating) -> str:
        name, _, version = found.policy.partition("@")
        new = NewRating(
            case_id=order.case, round=order.round, band=found.band, points=found.points, policy=name,
            policy_version=f"{version}+{found.policy_hash[:12]}",
            factors=[factor.model_dump(mode="json") for factor in found.factors],
        )  # fmt: skip
        return await signals.add_rating(session, new)

    async def _decide(
        self,
        session: AsyncSession,
        order: Place,
        key: str,
        decision: str,
        reason: str,
        band: Band,
        ruling: Ruling | None = None,
    ) -> None:
        new = NewDecision(
            case_id=order.case, key=key, review_id=ruling.review if ruling else None, decision=decision,
            reason=reason, band=band, reviewers=ruling.reviewers if ruling else [], story=order.story,
        )  # fmt: skip
        await reviews.add_decision(session, new)

    async def _write(
        self, session: AsyncSession, order: Place, what: str, reason: str, key: str, actor: str = ABOARD
    ) -> None:
        await self._journal.write(
            session, order.case, actor=actor, what=what, reason=reason, story=order.story, key=key,
            detail={"step": order.step},
        )  # fmt: skip


def policy_of(folder: Path, name: str, jurisdiction: str) -> risk_policy.RiskPolicy:
    """By its full name, `risk-standard-eu`, or as `standard` with the jurisdiction."""
    full = name if name.startswith("risk-") else f"risk-{name}-{jurisdiction}"
    return risk_policy.load_file(folder / f"{full}.yaml")
