"""Casework: the plan of a case, what it asks of whom and until when, and how its steps end.

Every deed here is one transaction in records, with its journal entry, and may be repeated.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.client import Client as Engine
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities import leaving, planning
from onboarding.calendar import Calendar
from onboarding.case import CaseStatus, Client, Holder, Moment, StepState
from onboarding.deeds import (
    ABOARD,
    Again,
    Answered,
    Ask,
    Asked,
    CaseNote,
    CaseOrder,
    Ladder,
    Place,
    Rung,
    StepEnd,
    Wake,
)
from onboarding.plan import Plan
from onboarding.watching import Watching
from records import cases, conditions, links, reviews, steps, tasks
from records.database import Database
from records.journal import Journal


def calendar_of(client: Client) -> Calendar:
    return Calendar(client.country, client.timezone)


def rungs_of(ladder: Ladder, calendar: Calendar, start: datetime) -> list[Rung]:
    """The rungs of a ladder in the calendar of who is asked, at hours in which one may write."""

    def at(days: int) -> datetime:
        return calendar.mail_time(calendar.add_business_days(start, days)).effective

    rungs = [Rung(at=at(n), do="remind") for n in ladder.remind]
    rungs += [Rung(at=at(n), do="escalate") for n in ladder.escalate]
    rungs.append(Rung(at=at(ladder.give_up), do="give_up"))
    return sorted(rungs, key=lambda rung: rung.at)


async def begin(session: AsyncSession, journal: Journal, place: Place) -> None:
    """Opens a step with the first thing that is done in it; it is opened once."""
    await steps.open_step(session, place.case, place.step, place.story)
    await journal.write(
        session, place.case, actor=ABOARD, what="step_opened", story=place.story, key=f"step:{place.step}:open",
        detail={"step": place.step},
    )  # fmt: skip


class Casework:
    def __init__(self, database: Database, journal: Journal, playbooks: Path, engine: Engine, task_queue: str) -> None:
        self._database = database
        self._journal = journal
        self._playbooks = playbooks
        self._engine = engine
        self._queue = task_queue

    @activity.defn(name="make_plan")
    async def make_plan(self, order: CaseOrder) -> Plan:
        """Resolves the playbook for this case and marks the case started; the first plan stays."""
        async with self._database.session() as session:
            case = await cases.case(session, order.case)
            if case.started:
                return await cases.plan(session, order.case)
            client = await cases.client_of(session, self._journal.vault, order.case)
            plan = planning.resolve(planning.load(self._playbooks, case.playbook), case, client, order.clock)
            await cases.set_plan(session, order.case, plan)
            await steps.save_steps(session, order.case, plan.steps)
            await cases.set_case_due(session, order.case, max((p.due for p in plan.steps), key=lambda d: d.effective))
            await cases.set_status(session, order.case, CaseStatus.RUNNING)
            await cases.mark_started(session, order.case)
            await self._write(session, order.case, plan.made, "case_started", f"{plan.playbook}:{plan.version}")
            return plan

    @activity.defn(name="ask")
    async def ask(self, order: Ask) -> Asked:
        """Opens a task for its holder, with the ladder's dates in the calendar of the case's client."""
        async with self._database.session() as session:
            calendar = await self._calendar(session, order.case)
            rungs = rungs_of(order.ladder, calendar, order.story)
            await self._close(session, order.closes)
            if order.begins:
                await steps.open_step(session, order.case, order.step, order.story)
            task = await tasks.open_task(
                session,
                tasks.NewTask(
                    case_id=order.case,
                    step=order.step,
                    key=f"{order.number}:{order.task}",
                    code=order.task,
                    role=order.role,
                    holder=order.holder,
                    owner=order.owner,
                    due=_due(order.ladder, calendar, order.story),
                    opened_story=order.story,
                    resources=dict(order.about),
                    exit_criterion=order.exit_criterion,
                ),
            )
            await self._wait(session, order, order.holder, rungs[0].at, order.task)
            await self._write(session, order.case, order.story, "asked", order.task, key=f"asked:{task}")
            return Asked(task=task, rungs=rungs)

    @activity.defn(name="start_over")
    async def start_over(self, order: Again) -> list[Rung]:
        """New dates for the reminders of an open task; the final deadline stays."""
        async with self._database.session() as session:
            task = await tasks.task(session, order.task)
            calendar = await self._calendar(session, order.case)
            fresh = rungs_of(order.ladder, calendar, order.story)
            rungs = [rung for rung in fresh if rung.do != "give_up" and rung.at < order.give_up]
            rungs.append(Rung(at=order.give_up, do="give_up"))
            await self._wait(session, order, task.holder, rungs[0].at, task.code)
            return rungs

    @activity.defn(name="answered")
    async def answered(self, order: Answered) -> None:
        async with self._database.session() as session:
            await self._close(session, [order])

    @activity.defn(name="wake")
    async def wake(self, order: Wake) -> None:
        """Notes when the step wakes next and what for."""
        async with self._database.session() as session:
            await self._close(session, order.closes)
            if order.begins:
                await begin(session, self._journal, order)
            await self._wait(session, order, order.holder, order.at, order.why)

    @activity.defn(name="begin")
    async def begin(self, order: Place) -> None:
        async with self._database.session() as session:
            await begin(session, self._journal, order)

    @activity.defn(name="finish")
    async def finish(self, order: StepEnd) -> None:
        """Ends a step: its open tasks are done with it, or cancelled when it was not done itself."""
        state = {"done": StepState.DONE, "skipped": StepState.SKIPPED}.get(order.outcome, StepState.CLOSED)
        async with self._database.session() as session:
            await self._close(session, order.closes)
            if state is StepState.DONE:
                for task in await tasks.tasks(session, case_id=order.case, step=order.step, state="open"):
                    await tasks.close_task(session, task.id, resolution="step_done", story=order.story)
            await tasks.cancel_tasks(
                session, order.case, step=order.step, story=order.story, resolution=order.reason or order.outcome
            )
            await steps.close_step(session, order.case, order.step, order.story, state, order.reason or order.outcome)
            await reviews.close_reviews(session, order.case, order.step, order.story)
            await cases.add_facts(session, order.case, order.facts)
            key = f"step:{order.step}:{order.outcome}"
            what = f"step_{order.outcome}"
            await self._write(session, order.case, order.story, what, order.reason, order.actor, key, step=order.step)

    @activity.defn(name="note")
    async def note(self, order: CaseNote) -> None:
        """Something that concerns the case as a whole: paused, resumed, given to another owner."""
        async with self._database.session() as session:
            if not await self._is_news(session, order):
                return
            if order.status:
                await cases.set_status(session, order.case, order.status, reason=order.reason)
            if order.owner:
                before = (await cases.case(session, order.case)).owner
                await cases.set_owner(session, order.case, order.owner)
                for task in await tasks.tasks(session, case_id=order.case, state="open", owner=before):
                    await tasks.assign_task(session, task.id, order.owner)
            if order.shift:
                await steps.shift_due(session, order.case, timedelta(seconds=order.shift), "case_was_paused")

    @activity.defn(name="end_case")
    async def end(self, order: CaseNote) -> None:
        async with self._database.session() as session:
            if not await self._is_news(session, order):
                return
            assert order.status
            await tasks.cancel_tasks(session, order.case, story=order.story, resolution=order.status)
            if order.status is not CaseStatus.COMPLETED:
                await self._drop_conditions(session, order)
                await links.revoke(session, order.case)  # who completed it may still read what was signed
                await leaving.refuse(session, self._journal, order.case)
            for step in await steps.steps(session, order.case):
                if step.state in (StepState.PENDING, StepState.OPEN):
                    await steps.close_step(session, order.case, step.key, order.story, StepState.CLOSED, order.status)
            await steps.clear_wait(session, order.case, "onboarding")
            await cases.set_status(session, order.case, order.status, reason=order.reason, ended=order.story)

    @activity.defn(name="start_monitoring")
    async def start_monitoring(self, order: Watching) -> None:
        """Starts the client's monitoring, or finds it running: it serves all cases of its client."""
        await self._engine.start_workflow(
            "Monitoring",
            order,
            id=f"monitoring-{order.client}",
            task_queue=self._queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Monitoring for as long as the client is one",
        )
        async with self._database.session() as session:
            await begin(session, self._journal, order)
            await steps.close_step(session, order.case, order.step, order.story, StepState.DONE, "monitoring")
            key = f"monitoring:{order.step}"
            await self._write(session, order.case, order.story, "monitoring_started", order.watch.full_name, key=key)

    async def _drop_conditions(self, session: AsyncSession, order: CaseNote) -> None:
        """Whoever did not become a client owes nothing any more."""
        for task in await conditions.drop(session, case_id=order.case):
            await tasks.close_task(session, task, resolution="case_over", story=order.story, state="cancelled")

    # ── shared ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _calendar(self, session: AsyncSession, case_id: str) -> Calendar:
        return calendar_of(await cases.client_of(session, self._journal.vault, case_id))

    async def _close(self, session: AsyncSession, over: Sequence[Answered]) -> None:
        for order in over:
            await tasks.close_task(session, order.task, resolution=order.resolution, story=order.story)
            key = f"answered:{order.task}"
            await self._write(session, order.case, order.story, "task_done", order.resolution, order.actor, key)

    async def _wait(self, session: AsyncSession, place: Place, holder: Holder, wakes: datetime, why: str) -> None:
        await steps.set_wait(session, place.case, place.step, holder=holder, since=place.story, wakes_at=wakes, why=why)

    async def _is_news(self, session: AsyncSession, order: CaseNote) -> bool:
        """Journals the note; False when it was noted before, so that nothing is done twice."""
        before = (await cases.case(session, order.case)).journal_length
        reason = order.reason or order.owner
        await self._write(session, order.case, order.story, order.what, reason, order.actor, f"note:{order.key}")
        return (await cases.case(session, order.case)).journal_length > before

    async def _write(
        self,
        session: AsyncSession,
        case_id: str,
        story: datetime,
        what: str,
        reason: str | None,
        actor: str = ABOARD,
        key: str | None = None,
        step: str | None = None,
    ) -> None:
        detail = {"step": step} if step else None
        await self._journal.write(
            session, case_id, actor=actor, what=what, reason=reason, story=story, key=key or what, detail=detail
        )


def _due(ladder: Ladder, calendar: Calendar, start: datetime) -> Moment:
    """Due is when the first reminder would go: before it nobody is late."""
    days = ladder.remind[0] if ladder.remind else ladder.give_up
    return calendar.mail_time(calendar.add_business_days(start, days))
