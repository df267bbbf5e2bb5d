"""What is tried on the past: a proposed policy on the inputs of past decisions, and the month's sample of near misses.

Past inputs are screened and rated again; what was stored of the outcome is not looked at. Reports hold ids and codes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import policies
from activities.conditions import CASE
from activities.replaying import ratings_of, screenings_of
from activities.watchlist import Watchlist
from kyc import rating, risk_policy
from kyc.rating import RiskFacts
from kyc.risk_policy import PolicyUnknown, RiskPolicy
from kyc.screening import Policy, Subject
from kyc.screening.afterwards import NearMiss, near_misses
from kyc.screening.replay import Past, Shift, backtest, loses_confirmed
from onboarding.case import Holder, Role
from onboarding.deeds import ABOARD
from onboarding.watching import BackTest, Sampling
from records import basis, cases, house_journal, sampling, signals, tasks
from records import policies as kept
from records.basis import BasisRow
from records.database import Database
from records.journal import Journal
from records.keys import Erased
from records.policies import NotApproved, PolicyRow
from records.sealing import Content
from records.signals import SignalState

LIST_HITS = ("list_hit", "pep_hit", "other_hit")


class Trials:
    """`folder` has the shipped risk policies."""

    def __init__(self, database: Database, journal: Journal, watchlist: Watchlist, folder: Path) -> None:
        self._database = database
        self._journal = journal
        self._watchlist = watchlist
        self._folder = folder

    @activity.defn(name="back_test")
    async def back_test(self, order: BackTest) -> None:
        """Tries a proposed policy against the one in force and keeps the report: gained, lost, changed bands."""
        async with self._database.session() as session:
            policy = await kept.policy(session, order.policy)
            if policy.kind == "risk":
                before = await self._risk_before(session, policy.name)
                against = before.hash if before else ""
                report = await self._rated(session, before, policy) if before else {"ratings": 0, "changed": []}
            else:
                now = await policies.screening(session)
                against, report = now.hash, await self._screened(session, now, Policy.parse(policy.content))
            blocked = bool(report.get("loses_confirmed"))
            await kept.add_back_test(session, self._journal, order.policy, against, blocked, report)

    @activity.defn(name="sample_near_misses")
    async def sample(self, order: Sampling) -> None:
        """Opens a task for each near miss that is drawn this month. A month that was sampled stays as it is."""
        month = f"{order.month:%Y-%m}"
        async with self._database.session() as session:
            if await sampling.sampled(session, month):
                return
            stored = [row async for row in sampling.screenings(session, self._journal.vault, order.month)]
            policy = await policies.screening(session)
            pasts = [(row.id, Past.model_validate(row.evidence).screening) for row in stored]
            for miss in await asyncio.to_thread(near_misses, pasts, policy, order.month):
                case_id = next(row.case_id for row in stored if row.id == miss.ref)
                await self._open_task(session, month, case_id, miss)
            await house_journal.write(session, self._journal, actor=ABOARD, what=sampling.SAMPLED, about=month)

    async def _open_task(self, session: AsyncSession, month: str, case_id: str, miss: NearMiss) -> None:
        story = (await cases.case(session, case_id)).clock.story(datetime.now(UTC))
        task = tasks.NewTask(
            case_id=case_id, step=CASE, key=f"near_miss:{month}:{miss.ref}", code="near_miss", role=Role.REVIEWER,
            holder=Holder.STAFF, opened_story=story, exit_criterion="near_miss_looked_at",
            resources={"screening": miss.ref, "entry": miss.hit.entry, "party": miss.subject},
        )  # fmt: skip
        await sampling.draw(session, month, miss.ref, await tasks.open_task(session, task))

    async def _screened(self, session: AsyncSession, before: Policy, after: Policy) -> Content:
        subjects, confirmed, erased = await self._inputs(session)
        index = await self._watchlist.index()
        shifts = await asyncio.to_thread(backtest, index, subjects, before, after, datetime.now(UTC))
        return {
            "parties": len(subjects),
            "erased": erased,
            "gained": _entries(shifts, {shift.subject: shift.gained for shift in shifts}),
            "lost": _entries(shifts, {shift.subject: shift.lost for shift in shifts}),
            "loses_confirmed": [shift.subject for shift in loses_confirmed(shifts, confirmed)],
        }

    async def _inputs(self, session: AsyncSession) -> tuple[list[Subject], dict[str, set[str]], int]:
        """Every party that a last decision was about, as `case/party`; what was ever confirmed of it; cases erased."""
        subjects: list[Subject] = []
        confirmed: dict[str, set[str]] = {}
        erased = 0
        for row in await basis.latest(session):
            content = await self._opened(session, row)
            if content is None:
                erased += 1
                continue
            for past in screenings_of(content):
                subjects.append(past.asked.model_copy(update={"id": f"{row.case_id}/{past.asked.id}"}))
            confirmed |= await self._confirmed(session, row.case_id)
        return subjects, confirmed, erased

    async def _confirmed(self, session: AsyncSession, case_id: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in await signals.signals(session, case_id, SignalState.CONFIRMED):
            if row.kind in LIST_HITS:
                shown = await signals.evidence(session, self._journal.vault, row.id) or {}
                found.setdefault(f"{case_id}/{row.party}", set()).add(str(shown.get("entry")))
        return found

    async def _risk_before(self, session: AsyncSession, name: str) -> RiskPolicy | None:
        """The policy in force under this name; None when there was none before."""
        try:
            return await policies.risk(session, self._folder, f"risk-{name}")
        except (PolicyUnknown, NotApproved):
            return None

    async def _rated(self, session: AsyncSession, before: RiskPolicy, proposed: PolicyRow) -> Content:
        """The bands of the last ratings by policies of this name, under both."""
        after, changed, count, erased = risk_policy.unpack(proposed.content), [], 0, 0
        named = {row.hash for row in await kept.policies(session) if (row.kind, row.name) == ("risk", proposed.name)}
        for row in await basis.latest(session):
            content = await self._opened(session, row)
            rated = [one for one in ratings_of(content) if one.policy in named] if content else []
            erased += content is None
            if rated:
                count += 1
                facts = RiskFacts.model_validate(rated[-1].facts)
                old, new = (rating.rate(facts, policy).band for policy in (before, after))
                changed += [{"case": row.case_id, "before": old, "after": new}] if old != new else []
        return {"ratings": count, "erased": erased, "changed": changed}

    async def _opened(self, session: AsyncSession, row: BasisRow) -> Content | None:
        try:
            return (await basis.content(session, self._journal.vault, row.decision_id))[0]
        except Erased:
            return None


def _entries(shifts: Sequence[Shift], by_party: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [{"party": shift.subject, "entry": entry} for shift in shifts for entry in by_party[shift.subject]]
