"""Watching: a client who was taken aboard is looked at again, when a review is due or a list has changed."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import basis, policies
from activities.casework import calendar_of
from activities.examination import Examination, expiries, papers_of
from kyc.evidence import EXPIRES_SOON
from onboarding.case import Band, Holder, Role
from onboarding.deeds import ABOARD, Place, Watching
from records import cases, reviews, tasks
from records.database import Database
from records.journal import Journal
from records.reviews import NewDecision

HELD_AGAIN = timedelta(days=1)  # story time until a monitoring that was held is tried again


class Lookout:
    def __init__(self, database: Database, journal: Journal, examination: Examination, policies: Path) -> None:
        self._database = database
        self._journal = journal
        self._examination = examination
        self._policies = policies

    @activity.defn(name="next_review")
    async def next_review(self, order: Watching) -> datetime:
        """When the client is due to be looked at again: by the band, or before a document expires."""
        async with self._database.session() as session:
            policy = await policies.risk(session, self._policies, order.watch.policy, "eu")
            client = await cases.client_of(session, self._journal.vault, order.case)
            decided = await reviews.decisions(session, order.case)
            band = (await cases.case(session, order.case)).band or Band.MEDIUM
            papers = await papers_of(session, self._journal, order.case)
        last = max(decided, key=lambda decision: decision.story, default=None)
        since = last.story if last else order.story
        if last and last.reason == "screening_held":
            due = since + HELD_AGAIN
        else:
            due = since + timedelta(days=policy.measures[band].review_months * 365 // 12)
        renewals = [datetime.combine(day, time(9), UTC) - EXPIRES_SOON for day in expiries(papers, since.date())]
        nearest = min([due, *(renewal for renewal in renewals if renewal > since)])
        return calendar_of(client).roll(nearest).effective

    @activity.defn(name="screen_again")
    async def screen_again(self, order: Watching) -> None:
        """Examines the client anew. What is found, or a screening that is held, becomes a task; it decides nothing."""
        occasion = f"{order.step}:{order.story.isoformat()}"
        screened = await self._examination.examine(order, 0, occasion)
        reason = "screening_held" if screened.held else "new_signals" if screened.signals else "nothing_new"
        async with self._database.session() as session:
            case = await cases.case(session, order.case)
            await basis.decide(
                session,
                self._journal,
                NewDecision(
                    case_id=order.case, key=occasion, review_id=None, decision="keep", reason=reason,
                    band=case.band or Band.MEDIUM, reviewers=[], story=order.story,
                ),
            )  # fmt: skip
            if reason != "nothing_new":
                newest = screened.signals[-1] if screened.signals else occasion
                await self._hand_over(session, order, reason, newest, screened.held)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="screened_again", reason=reason, story=order.story,
                key=f"again:{occasion}", detail={"step": order.step},
            )  # fmt: skip

    async def _hand_over(self, session: AsyncSession, order: Place, code: str, newest: str, held: str | None) -> None:
        reviewer = held is None
        await tasks.open_task(
            session,
            tasks.NewTask(
                case_id=order.case, step=order.step, key=f"{code}:{newest}", code=code,
                role=Role.REVIEWER if reviewer else Role.STAFF, holder=Holder.REVIEWER if reviewer else Holder.STAFF,
                opened_story=order.story, resources={"code": held}, exit_criterion="signals_judged",
            ),
        )  # fmt: skip
