"""Conditions of an approval: they become tasks when the decision stands, and signals when nobody met them in time."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from activities.casework import calendar_of
from onboarding.case import Holder, Moment, Role
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import Ruling
from onboarding.watching import MONITORING
from records import cases, conditions, signals, tasks, watching
from records.conditions import ConditionRow
from records.journal import Journal
from records.sealing import client_id_of
from records.signals import NewSignal
from records.tasks import NewTask

CASE = "onboarding"  # the case as a whole: these tasks belong to no step


async def come_to_stand(session: AsyncSession, journal: Journal, order: Ruling) -> None:
    """Each condition of the decision becomes a task with owner and due date; what others had proposed is dropped."""
    if order.conditions:
        if order.step != MONITORING:  # which sets its own alarm after its own decision
            await wake(session, order.case, order.conditions[0])
        calendar = calendar_of(await cases.client_of(session, journal.vault, order.case))
        for each in [await conditions.condition(session, one) for one in order.conditions]:
            due = calendar.roll(order.story + timedelta(days=each.days))
            await _set(session, journal, order, each, due)
    if order.review:
        await conditions.drop(session, review_id=order.review)


async def _set(session: AsyncSession, journal: Journal, order: Ruling, each: ConditionRow, due: Moment) -> None:
    task = NewTask(
        case_id=order.case, step=CASE, key=f"condition:{each.id}", code="condition", role=Role.STAFF,
        holder=Holder.STAFF, owner=each.owner, due=due, opened_story=order.story,
        resources={"condition": each.id, "code": each.code}, exit_criterion="condition_met",
    )  # fmt: skip
    await conditions.open_(session, each.id, task=await tasks.open_task(session, task), due=due)
    await journal.write(
        session, order.case, actor=ABOARD, what="condition_set", reason=each.code, story=order.story,
        key=f"condition:{each.id}", detail={"condition": each.id, "due": due.effective.isoformat()},
    )  # fmt: skip


async def wake(session: AsyncSession, case_id: str, key: str) -> None:
    """A client who is watched is looked at again: its Monitoring may sleep past the day that was set just now."""
    client_id = await client_id_of(session, case_id)
    if await watching.since(session, client_id):
        new = watching.NewStir(client_id=client_id, case_id=case_id, cause="condition_set", key=f"condition:{key}")
        await watching.stir(session, [new])


async def fall_due(session: AsyncSession, journal: Journal, order: Place) -> list[str]:
    """A signal for each condition that nobody met in time: a review has to look at it. Answers the signals' ids."""
    raised = []
    for each in await conditions.fall_due(session, order.case, order.story):
        due = each.due.effective.isoformat() if each.due else None
        new = NewSignal(
            case_id=order.case, key=f"condition:{each.id}:{due}", round=0, kind="condition", code="condition_overdue",
            evidence={"condition": each.id, "code": each.code, "owner": each.owner, "due": due},
        )  # fmt: skip
        raised.append(await signals.add_signal(session, journal.vault, new))
        await journal.write(
            session, order.case, actor=ABOARD, what="condition_overdue", reason=each.code, story=order.story,
            key=f"overdue:{each.id}:{due}", detail={"condition": each.id},
        )  # fmt: skip
    return raised
