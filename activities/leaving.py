"""Leaving: a relationship is over, whatever ended it, and the legal clocks of its data begin to run."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities import whole
from onboarding.watching import MONITORING, Ending
from records import cases, reviews, steps, tasks, watching
from records.journal import Journal
from records.retention import Regime, end_relationship
from records.watching import NewStir

_AMERICAN = {"US", "PR", "GU", "VI", "AS", "MP"}  # where OFAC's ten years hold


async def end(session: AsyncSession, journal: Journal, order: Ending) -> None:
    """Ends the relationship in records: clocks, watched names, open reviews and tasks. Twice is the same as once."""
    for review in await reviews.reviews(session, case_id=order.case, state="open"):
        await reviews.close_review(session, review.id, "closed", order.story)
    await tasks.cancel_tasks(session, order.case, step=order.step, story=order.story, resolution=order.reason)
    await steps.clear_wait(session, order.case, MONITORING)
    await watching.forget(session, order.client)
    await start_clocks(session, journal, order.case)
    await journal.write(
        session, order.case, actor=order.actor, what="relationship_ended", reason=order.reason, story=order.story,
        key="relationship_ended",
    )  # fmt: skip


async def refuse(session: AsyncSession, journal: Journal, case_id: str) -> None:
    """No relationship came of the case: the clocks run from here, and a monitoring that has begun is told to end. Of
    a client whose relationship rests on another case, nothing ends and no clock runs."""
    client_id = (await cases.case(session, case_id)).client_id
    watched = await watching.since(session, client_id)
    others = (await whole.cases_of(session, case_id))[1:]
    if any(not case.status.ended or (watched and not whole.came_to_nothing(case)) for case in others):
        return
    await start_clocks(session, journal, case_id)
    if watched:
        stir = NewStir(client_id=client_id, case_id=case_id, cause="case_ended", key=f"ended:{case_id}")
        await watching.stir(session, [stir])
        await watching.forget(session, client_id)


async def start_clocks(session: AsyncSession, journal: Journal, case_id: str) -> None:
    """From now on, in real time, each class of the client's data has a day on which it is erased."""
    client = await cases.client_of(session, journal.vault, case_id)
    countries = {client.country, *({client.company.country} if client.company else set())}
    regime = Regime.OFAC if countries & _AMERICAN else Regime.EU
    case = await cases.case(session, case_id)
    await end_relationship(session, case.client_id, regime, datetime.now(UTC))
