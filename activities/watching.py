"""Watching: a client who was taken aboard is looked at again, when a review is due or a list has changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import basis, conditions, leaving, policies, risk, whole
from activities.casework import calendar_of
from activities.evidence import OFFICE, SANCTION
from activities.examination import Examination, expiries, papers_of
from activities.identity import Identity
from activities.parties import parties_of
from activities.watchlist import Watchlist
from kyc.evidence import EXPIRES_SOON
from kyc.risk_policy import RiskPolicy
from kyc.screening.reverse import Hashing, Keys
from onboarding.case import Band, Client, Holder, Role
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import Screened
from onboarding.watching import MONITORING, Concluding, Ending, Looked, Looking, Watching
from records import cases, reviews, signals, steps, tasks, watching
from records import conditions as due_conditions
from records.database import Database
from records.journal import Journal
from records.reviews import DecisionRow, NewDecision
from records.signals import SignalRow, SignalState
from records.tables.base import Fact
from records.watching import HashedName

A_DAY = timedelta(days=1)
HELD_AGAIN = timedelta(days=1)  # story time until a monitoring that was held is tried again
FROM_LISTS = (SANCTION, OFFICE, "other_hit")
DELISTED = "no_longer_listed"
HELD = "screening_held"
LOOKED = "keep"  # what a look comes to, before a person decides
_FOLLOWS = {"reject": "end_relationship", "request_information": "more_information", "escalate": "end_relationship"}


class Lookout:
    def __init__(
        self, database: Database, journal: Journal, examination: Examination, watchlist: Watchlist, hashing: Hashing,
        policies: Path, identity: Identity,
    ) -> None:  # fmt: skip
        self._database = database
        self._journal = journal
        self._examination = examination
        self._watchlist = watchlist
        self._hashing = hashing
        self._policies = policies
        self._identity = identity

    @activity.defn(name="next_review")
    async def next_review(self, order: Watching) -> datetime:
        """When the client is due to be looked at again: by the band, before a document expires and when it has, or for
        a condition.

        From here on a change of a list that may concern one of its parties is told to its Monitoring.
        """
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            known = await whole.cases_of(session, order.case)
            papers = await papers_of(session, self._journal, [case.id for case in known])
            dates = [await due_conditions.earliest_due(session, case.id) for case in known]
            await self._watch_names(session, order, client)
            decided = await reviews.decisions(session, order.case)
            since = max((d.story for d in decided), default=order.story)
            held = was_held(decided)
            policy = await policies.risk(session, self._policies, order.watch.full_name)
            calendar = calendar_of(client)
            again = calendar.roll(since + HELD_AGAIN).effective
            due = again if held else await self._periodic(session, order, policy)
            expire = [datetime.combine(day, time(9), UTC) for day in expiries(papers, since.date())]
            renewals = [day - EXPIRES_SOON for day in expire] + [day + A_DAY for day in expire]
            others = [*(date for date in dates if date), *(each for each in renewals if each > since)]
            wakes = min([due, *(calendar.roll(each).effective for each in others)])
            await steps.set_wait(
                session, order.case, MONITORING, holder=Holder.NOBODY, since=order.story, wakes_at=wakes,
                why="next_review",
            )  # fmt: skip
            return wakes

    async def _periodic(
        self, session: AsyncSession, order: Watching | Looking | Concluding, policy: RiskPolicy
    ) -> datetime:
        """The review date of the band (AMLR Art. 26), counted from the last decision on the client: looks in between,
        for a list that changed or a document that expires, do not put it off. Of several cases the riskiest counts.

        Where nobody works on that day it is the working day before, for the law says by when at the latest.
        """
        known = await whole.cases_of(session, order.case)
        band = whole.band_of(known) or Band.MEDIUM
        decided = [each for case in known for each in await reviews.decisions(session, case.id)]
        told = [d.story for d in decided if d.decision != LOOKED]
        latest = max(told, default=order.story) + timedelta(days=policy.measures[band].review_months * 365 // 12)
        client = await cases.client_of(session, self._journal.vault, order.case)
        return calendar_of(client).roll_back(latest).effective

    @activity.defn(name="screen_again")
    async def screen_again(self, order: Looking) -> Looked:
        """Examines the client anew, by what is known in all of its cases, rates it, and answers what a review has to
        look at. A screening that is held becomes a task.

        Signals that nobody has judged are closed when their entry is off the lists; confirmed ones are for a review.
        """
        occasion = f"{order.step}:{order.story.isoformat()}"
        async with self._database.session() as session:
            known = await whole.cases_of(session, order.case)
            if all(whole.came_to_nothing(case) for case in known):
                await watching.heard(session, order.stirs)
                band = known[0].band or Band.MEDIUM
                return Looked(screened=Screened(signals=[]), band=band, approvals=1, over=True)
            for case in known:
                await conditions.fall_due(session, self._journal, whole.at(order, case.id))
        silent = [await self._identity.take_late(whole.at(order, case.id)) for case in known]
        screened = await self._examination.examine(order, 0, occasion, known[1:])
        screened = screened.model_copy(update={"held": screened.held or next(filter(None, silent), None)})
        gone = set() if screened.held else await self._off_the_lists(order)
        async with self._database.session() as session:
            closed, delisted = await self._close_delisted(session, order, gone)
            left = without(screened, closed)
            reason = HELD if left.held else "new_signals" if left.signals or delisted else "nothing_new"
            policy = await policies.risk(session, self._policies, order.watch.full_name)
            if not left.held:  # of a screening that is not whole nothing is concluded
                await self._rate_again(session, order, policy, occasion)
            standing = await whole.cases_of(session, order.case)
            rated = whole.band_of(standing)
            floor = await risk.floor(session, [each.id for each in standing if not whole.came_to_nothing(each)])
            band = Band.HIGH if left.sanctions else rated or Band.MEDIUM
            await basis.decide(
                session,
                self._journal,
                NewDecision(
                    case_id=order.case, key=occasion, review_id=None, decision=LOOKED, reason=reason,
                    band=band, reviewers=[], story=order.story,
                ),
            )  # fmt: skip
            await self._tell_of_hold(session, order, left.held)
            await watching.heard(session, order.stirs)
            await self._write(session, order, "screened_again", reason, f"again:{occasion}")
            periodic = not left.held and order.story >= await self._periodic(session, order, policy)
        approvals = max(1, policy.measures[band].approvals_with_open_signal)
        return Looked(
            screened=left,
            band=band,
            approvals=approvals,
            closed=closed,
            delisted=delisted,
            periodic=periodic,
            floor=floor,
        )

    @activity.defn(name="conclude_review")
    async def conclude(self, order: Concluding) -> None:
        """What follows from a review: delisted hits are closed by its approval, a rejection asks staff to act; and by
        what was confirmed and cleared the client is rated again, unless the last look was held: of a screening that is
        not whole nothing is concluded, and the next look, a day later, rates."""
        async with self._database.session() as session:
            if order.decision is None:
                await reviews.close_review(session, order.review, "closed", order.story)
                await self._write(session, order, "review_closed", "nothing_left", f"closed:{order.review}")
            elif order.decision.startswith("approve"):
                for each in order.delisted:
                    signal = await signals.signal(session, each)
                    await signals.close(session, each, reason=DELISTED, reviewer=order.reviewers[-1])
                    await self._write_closed(session, order, signal)
            else:
                await self._hand_over(session, order, _FOLLOWS[order.decision], order.review, {"review": order.review})
            rated = await signals.ratings(session, order.case)
            if rated and not was_held(await reviews.decisions(session, order.case)):
                policy = await policies.risk(session, self._policies, f"risk-{rated[-1].policy}")
                await self._rate_again(session, order, policy, signals.after_review(order.step, order.review))

    async def _rate_again(
        self, session: AsyncSession, order: Looking | Concluding, policy: RiskPolicy, occasion: str
    ) -> None:
        """The relationship in each of its cases, for each has a product of its own."""
        known = await whole.cases_of(session, order.case)
        ours = await whole.judged_by_monitoring(session, known)
        for case in [case for case in known if case.id in ours and not whole.came_to_nothing(case)]:
            await self._rate_case(session, whole.at(order, case.id), policy, occasion)

    async def _rate_case(
        self, session: AsyncSession, order: Looking | Concluding, policy: RiskPolicy, occasion: str
    ) -> None:
        """Another band has another review date: it is in the journal, and staff are told."""
        before = (await cases.case(session, order.case)).band
        rated = await risk.rate_again(session, self._journal, order, policy, occasion)
        if rated is None or rated.band is before:
            return
        due = await self._periodic(session, order, policy)
        about: dict[str, Fact] = {
            "before": before or "", "band": rated.band, "rating": rated.rating, "next_review": due.date().isoformat(),
        }  # fmt: skip
        await self._journal.write(
            session, order.case, actor=ABOARD, what="band_changed", reason=rated.band, story=order.story,
            key=f"band:{occasion}", detail={"step": order.step, **about},
        )  # fmt: skip
        new = tasks.NewTask(
            case_id=order.case, step=conditions.CASE, key=f"band_changed:{rated.rating}", code="band_changed",
            role=Role.STAFF, holder=Holder.STAFF, opened_story=order.story, resources=about,
            exit_criterion="band_change_noted",
        )  # fmt: skip
        await tasks.open_task(session, new)

    @activity.defn(name="end_relationship")
    async def end(self, order: Ending) -> None:
        """Starts the legal clocks, in real time; nothing is watched any more."""
        async with self._database.session() as session:
            await leaving.end(session, self._journal, order)

    async def _watch_names(self, session: AsyncSession, order: Watching, client: Client) -> None:
        names: list[HashedName] = []
        words: dict[int, Keys] = {}
        for party in parties_of(client, order.story.date()):
            subject = party.subject()
            readings, its_words = self._hashing.readings(subject)
            names += [HashedName(party.code, subject.kind, *reading) for reading in readings]
            words |= its_words
        await watching.watch(session, order.client, order.case, names, words)

    async def _off_the_lists(self, order: Place) -> set[str]:
        """The signals that rest on entries which no list has any more."""
        async with self._database.session() as session:
            known = [row for row in await self._ours(session, order) if row.kind in FROM_LISTS]
            shown = [await signals.evidence(session, self._journal.vault, row.id) or {} for row in known]
        entries = {row.id: str(said.get("entry")) for row, said in zip(known, shown, strict=True)}
        contents = {str(said.get("entry")): str(said.get("content")) for said in shown}
        standing = await self._watchlist.standing(contents) if entries else set()
        return {signal for signal, entry in entries.items() if entry not in standing}

    async def _close_delisted(self, session: AsyncSession, order: Place, gone: set[str]) -> tuple[list[str], list[str]]:
        """What nobody has judged is closed; what was confirmed needs people."""
        known = [row for row in await self._ours(session, order) if row.id in gone]
        closed = [row for row in known if row.state is SignalState.OPEN]
        for signal in closed:
            await signals.judge(session, signal.id, SignalState.CLEARED, reason=DELISTED, reviewer=ABOARD)
            await self._write_closed(session, order, signal)
        return [row.id for row in closed], [row.id for row in known if row.state is SignalState.CONFIRMED]

    async def _ours(self, session: AsyncSession, order: Place) -> list[SignalRow]:
        """The signals of the client that no verification under way has to judge."""
        ours = await whole.judged_by_monitoring(session, known := await whole.cases_of(session, order.case))
        return [row for row in await signals.of_client(session, known[0].client_id) if row.case_id in ours]

    async def _write_closed(self, session: AsyncSession, order: Place, signal: SignalRow) -> None:
        found_in = whole.at(order, signal.case_id)
        await self._write(session, found_in, "signal_closed", DELISTED, f"closed:{signal.id}")

    async def _tell_of_hold(self, session: AsyncSession, order: Place, held: str | None) -> None:
        """One task for as long as the screening cannot be finished."""
        open_ = await tasks.tasks(session, case_id=order.case, step=order.step, state="open")
        told = [task for task in open_ if task.code == HELD]
        if held and not told:
            await self._hand_over(session, order, HELD, order.story.isoformat(), {"code": held})
        for task in [] if held else told:
            await tasks.close_task(session, task.id, resolution="screening_finished", story=order.story)

    async def _hand_over(
        self, session: AsyncSession, order: Place, code: str, key: str, about: dict[str, Fact]
    ) -> None:
        new = tasks.NewTask(
            case_id=order.case, step=order.step, key=f"{code}:{key}", code=code, role=Role.STAFF,
            holder=Holder.STAFF, opened_story=order.story, resources=about, exit_criterion=code,
        )  # fmt: skip
        await tasks.open_task(session, new)

    async def _write(self, session: AsyncSession, order: Place, what: str, reason: str, key: str) -> None:
        await self._journal.write(
            session, order.case, actor=ABOARD, what=what, reason=reason, story=order.story, key=key,
            detail={"step": order.step},
        )  # fmt: skip


def was_held(decided: Sequence[DecisionRow]) -> bool:
    """Whether the last look could not be finished, whatever people have decided since."""
    looks = [each for each in decided if each.decision == LOOKED]
    return bool(looks) and looks[-1].reason == HELD


def without(screened: Screened, closed: Sequence[str]) -> Screened:
    """What is left once these signals are closed."""
    kinds = ("signals", "sanctions", "offices")
    return screened.model_copy(
        update={kind: [each for each in getattr(screened, kind) if each not in closed] for kind in kinds}
    )
