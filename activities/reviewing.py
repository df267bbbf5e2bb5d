"""Reviews in records: opened, claimed, spoken in, decided. Who may say what is decided by the workflow that asks."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import basis, conditions, policies, risk, whole
from activities.evidence import SANCTIONS
from onboarding.calendar import Calendar
from onboarding.case import Band, Holder, Role
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import Judgement, Rated, Reviewing, ReviewOpened, Ruling, Voice
from onboarding.review import Claim, Overridden, Override, OverrideVerdict
from records import cases, overrides, reviews, signals, tasks
from records.database import Database
from records.journal import Journal
from records.overrides import NewOverride
from records.reviews import NewDecision, NewReview
from records.signals import SignalState

BLOCKING_DAYS = 10  # business days: 31 CFR 501.603 and 501.604; two weeks under Regulation (EU) 269/2014, Art. 8
_OFFICE = Calendar("US", "America/New_York")  # the authority's days count, not the client's


class Reviews:
    def __init__(self, database: Database, journal: Journal, policies: Path) -> None:
        self._database = database
        self._journal = journal
        self._policies = policies

    @activity.defn(name="open_review")
    async def open_review(self, order: Reviewing) -> ReviewOpened:
        """Opens the review of this round. Who started a case of the client or owns one may not review
        it."""
        async with self._database.session() as session:
            known = await whole.cases_of(session, order.case)
            barred = {who for case in known for who in (case.started_by, case.owner)}
            new = NewReview(
                case_id=order.case, step=order.step, round=order.round, band=order.band, approvals=order.approvals,
                barred=sorted(barred), opened_story=order.story,
            )  # fmt: skip
            opened = await reviews.review(session, await reviews.open_review(session, new))
            await self._write(session, order, "review_opened", order.band, f"review:{opened.id}")
            return ReviewOpened(review=opened.id, barred=opened.barred)

    @activity.defn(name="judge_signal")
    async def judge(self, order: Judgement) -> Overridden | None:
        """Clears or confirms a signal. A confirmed sanctions hit has to be reported to the authority in time.

        What is confirmed may weigh more than it did while it was open: the higher band, and how many must agree in it,
        hold for the open review. What is cleared takes nothing back from it but the floor that the law set for it.
        """
        async with self._database.session() as session:
            state = SignalState(order.verdict)
            await signals.judge(session, order.signal, state, reason=order.reason, reviewer=order.actor)
            judged = await signals.signal(session, order.signal)
            found_in, key = whole.at(order, judged.case_id), f"judged:{order.signal}"
            await self._write(session, found_in, f"signal_{order.verdict}", order.reason, key, order.actor)
            if state is SignalState.CONFIRMED and judged.kind in SANCTIONS:
                await self._ask_for_blocking_report(session, found_in)
            return await self._after(session, order, state)

    @activity.defn(name="hear_reviewer")
    async def voice(self, order: Voice) -> None:
        """Keeps a voice. The journal says that somebody spoke, and what they said once a decision stands: until then
        the second pair of eyes must not read it there."""
        async with self._database.session() as session:
            await reviews.vote(
                session, order.review, reviewer=order.actor, decision=order.decision, reason=order.reason,
                story=order.story, items=order.items, note=order.note,
            )  # fmt: skip
            await reviews.claim(session, order.review, None, None)
            if order.for_senior:
                await reviews.leave_to_senior(session, order.review)
            await self._write(
                session, order, "reviewer_spoke", None, f"spoke:{order.review}:{order.actor}", order.actor
            )

    @activity.defn(name="claim_review")
    async def claim(self, order: Claim) -> None:
        async with self._database.session() as session:
            before = (await reviews.review(session, order.review)).claimed_by
            holder = order.actor if order.until else None
            await reviews.claim(session, order.review, holder, order.until)
            taken_over = holder and before not in (None, holder)
            what = "review_taken_over" if taken_over else "review_claimed" if holder else "review_released"
            await self._write(session, order, what, None, f"claim:{order.message}", order.actor)

    @activity.defn(name="override_rating")
    async def override(self, order: Override) -> None:
        """Keeps the proposal of another band; nothing changes by it."""
        async with self._database.session() as session:
            before = (await reviews.review(session, order.review)).band
            new = NewOverride(
                id=order.override, case_id=order.case, review_id=order.review, before=before, band=order.band,
                reason=order.reason, note=order.note, proposed_by=order.actor, proposed_story=order.story,
            )  # fmt: skip
            await overrides.propose(session, new)
            key = f"override:{order.override}"
            await self._write(session, order, f"override_proposed_{order.band}", order.reason, key, order.actor)

    @activity.defn(name="second_override")
    async def second_override(self, order: OverrideVerdict) -> Overridden:
        """Confirms or declines another band, and answers what holds from here on. It comes to nothing where it would go
        below what the law sets by now."""
        async with self._database.session() as session:
            floor = await self._floor(session, order)
            below = (await overrides.override(session, order.override)).band.rank < floor.rank
            state = "void" if below and order.verdict == "confirmed" else order.verdict
            kept = await overrides.decide(session, order.override, state, second=order.actor, story=order.story)
            if kept.state == "confirmed":
                approvals = await self._approvals(session, order.case, kept.band)
                await reviews.set_band(session, order.review, kept.band, approvals)
                await cases.set_band(session, order.case, kept.band)
            key = f"override:{order.override}:{order.verdict}"
            reason = "band_below_law" if kept.state == "void" else kept.reason
            await self._write(session, order, f"override_{kept.state}", reason, key, order.actor)
            now = await reviews.review(session, order.review)
            return Overridden(band=now.band, approvals=now.approvals, floor=floor)

    @activity.defn(name="rule")
    async def rule(self, order: Ruling) -> None:
        """Keeps the decision that stands, closes its review and sets its conditions."""
        async with self._database.session() as session:
            key = order.review or f"{order.step}:without_review"
            new = NewDecision(
                case_id=order.case, key=key, review_id=order.review, decision=order.decision, reason=order.reason,
                band=order.band, reviewers=order.reviewers, story=order.story,
            )  # fmt: skip
            await basis.decide(session, self._journal, new)
            if order.review:
                await self._close(session, order, order.review)
            await self._write(session, order, f"decided_{order.decision}", order.reason, f"decided:{key}")
            await conditions.come_to_stand(session, self._journal, order)

    async def _close(self, session: AsyncSession, order: Ruling, review: str) -> None:
        """From here on everybody may read who said what."""
        await reviews.close_review(session, review, order.decision, order.story)
        await overrides.void(session, review)
        for vote in (await reviews.review(session, review)).votes:
            key = f"voice:{review}:{vote.reviewer}"
            await self._write(session, order, f"reviewer_says_{vote.decision}", vote.reason, key, vote.reviewer)

    async def _after(self, session: AsyncSession, order: Judgement, state: SignalState) -> Overridden | None:
        """What the open review needs by now, raised where something was confirmed and the policy asks for more."""
        known = await reviews.reviews(session, case_id=order.case, state="open")
        opened = next((review for review in known if review.step == order.step), None)
        now = await self._foreseen(session, order)
        if opened is None or now is None:
            return None
        held, asked = (opened.band.rank, opened.approvals), (now.band.rank, now.approvals)
        if state is not SignalState.CONFIRMED or asked <= held:
            return Overridden(band=opened.band, approvals=opened.approvals, floor=now.floor)
        approvals = max(now.approvals, opened.approvals)
        await reviews.set_band(session, opened.id, now.band, approvals)
        return Overridden(band=now.band, approvals=approvals, floor=now.floor)

    async def _floor(self, session: AsyncSession, order: Place) -> Band:
        now = await self._foreseen(session, order)
        return now.floor if now else Band.LOW

    async def _foreseen(self, session: AsyncSession, order: Place) -> Rated | None:
        """What the client would be rated by the facts as they are, by the rules of the last rating."""
        rated = await signals.ratings(session, order.case)
        if not rated:
            return None
        policy = await policies.risk(session, self._policies, f"risk-{rated[-1].policy}")
        return await risk.foreseen(session, self._journal, order, policy)

    async def _approvals(self, session: AsyncSession, case_id: str, band: Band) -> int:
        """How many must approve in this band, by the policy that the client was rated by."""
        rated = (await signals.ratings(session, case_id))[-1]
        measures = (await policies.risk(session, self._policies, f"risk-{rated.policy}")).measures[band]
        found = any(s.state is not SignalState.CLEARED for s in await signals.signals(session, case_id))
        return max(1, measures.approvals_with_open_signal if found else measures.approvals)

    async def _ask_for_blocking_report(self, session: AsyncSession, order: Judgement) -> None:
        due = _OFFICE.mail_time(_OFFICE.add_business_days(order.story, BLOCKING_DAYS))
        task = tasks.NewTask(
            case_id=order.case, step=conditions.CASE, key=f"blocking_report:{order.signal}", code="blocking_report",
            role=Role.MLRO, holder=Holder.STAFF, due=due, opened_story=order.story,
            resources={"signal": order.signal}, exit_criterion="blocking_report_filed",
        )  # fmt: skip
        await tasks.open_task(session, task)
        key = f"blocking_report:{order.signal}"
        await self._write(session, order, "blocking_report_asked", order.reason, key)

    async def _write(
        self, session: AsyncSession, order: Place, what: str, reason: str | None, key: str, actor: str = ABOARD
    ) -> None:
        await self._journal.write(
            session, order.case, actor=actor, what=what, reason=reason, story=order.story, key=key,
            detail={"step": order.step},
        )  # fmt: skip
