"""Casework: what is asked of whom and until when, in the client's own calendar, and done once however often tried."""

from contextlib import nullcontext
from datetime import timedelta
from typing import cast

import pytest
from temporalio.client import Client as Engine

from activities.casework import Casework
from onboarding.case import CaseStatus, Holder, StepState
from onboarding.deeds import Again, Ask, CaseNote, CaseOrder, Ladder, Place, StepEnd
from records import cases, steps, tasks
from records.links import LinkExpired, Links, Purpose, SessionOver, session_of
from tests.activities.desk import ROOT, STORY, Desk

DAY = timedelta(days=1)
LADDER = Ladder(remind=[3, 6], escalate=[8], give_up=20)


@pytest.fixture
def casework(desk: Desk) -> Casework:
    nobody = cast(Engine, None)  # only the start of monitoring talks to the engine
    return Casework(desk.database, desk.journal, ROOT / "workflows" / "playbooks", nobody, "aboard")


def an_ask(case: str, number: int = 1, later: timedelta = timedelta(0)) -> Ask:
    return Ask(
        case=case, step="collect", story=STORY + later, task="collect", number=number, holder=Holder.CLIENT,
        role="client", ladder=LADDER, begins=True,
    )  # fmt: skip


async def test_asked_again_after_a_crash_at_another_time_it_is_the_same_task(desk: Desk, casework: Casework) -> None:
    case = await desk.case()
    async with desk.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)

    first = await casework.ask(an_ask(case))
    second = await casework.ask(an_ask(case, later=timedelta(seconds=9)))

    assert first.task == second.task
    assert (await desk.said(case)).count("asked") == 1


async def test_a_ladder_counts_business_days_and_ends_with_giving_up(desk: Desk, casework: Casework) -> None:
    case = await desk.case()

    asked = await casework.ask(an_ask(case))

    assert [rung.do for rung in asked.rungs] == ["remind", "remind", "escalate", "give_up"]
    assert all(rung.at.weekday() < 5 for rung in asked.rungs)


async def test_a_sign_of_life_moves_the_reminders_and_not_the_final_deadline(desk: Desk, casework: Casework) -> None:
    case = await desk.case()
    asked = await casework.ask(an_ask(case))
    end = asked.rungs[-1].at

    fresh = await casework.start_over(
        Again(case=case, step="collect", story=STORY + timedelta(days=2), task=asked.task, ladder=LADDER, give_up=end)
    )

    assert fresh[0].at > asked.rungs[0].at
    assert fresh[-1].at == end


async def test_a_step_that_ends_leaves_no_open_task_and_no_wait(desk: Desk, casework: Casework) -> None:
    case = await desk.case()
    async with desk.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)
    await casework.ask(an_ask(case))

    await casework.finish(StepEnd(case=case, step="collect", story=STORY, outcome="done"))

    async with desk.database.session() as session:
        assert await tasks.tasks(session, case_id=case, state="open") == []
        assert await steps.waits(session, [case]) == []
        assert (await steps.step(session, case, "collect")).state is StepState.DONE


async def test_a_resumed_case_moves_its_due_dates_once_however_often_it_is_noted(
    desk: Desk, casework: Casework
) -> None:
    case = await desk.case()
    asked = await casework.ask(an_ask(case))
    async with desk.database.session() as session:
        before = (await tasks.task(session, asked.task)).due
    note = CaseNote(
        case=case, story=STORY, what="resume", actor="staff_starter", status=CaseStatus.RUNNING, shift=86_400, key="m1"
    )

    await casework.note(note)
    await casework.note(note)

    async with desk.database.session() as session:
        after = (await tasks.task(session, asked.task)).due
    assert before
    assert after
    assert after.effective - before.effective == timedelta(days=1)
    assert after.reason == "case_was_paused"


async def test_the_plan_of_a_case_is_made_once(desk: Desk, casework: Casework) -> None:
    case = await desk.case()
    async with desk.database.session() as session:
        row = await cases.case(session, case)
    order = CaseOrder(case=case, client=row.client_id, clock=row.clock)

    first, second = await casework.make_plan(order), await casework.make_plan(order)

    assert first == second
    assert (await desk.said(case)).count("case_started") == 1


async def test_a_step_begins_once(desk: Desk, casework: Casework) -> None:
    case = await desk.case()
    place = Place(case=case, step="collect", story=STORY)

    await casework.begin(place)
    await casework.begin(place.model_copy(update={"story": STORY + timedelta(hours=1)}))

    assert (await desk.said(case)).count("step_opened") == 1


@pytest.mark.parametrize(
    ("status", "shut"), [("withdrawn", True), ("rejected", True), ("lapsed", True), ("completed", False)]
)
async def test_a_case_that_came_to_nothing_lets_nobody_in_any_more(
    desk: Desk, casework: Casework, status: str, shut: bool
) -> None:
    case, door = await desk.case(), Links(bytes(32))
    async with desk.database.session() as session:
        used, unused = [
            await door.mint(session, await door.create(session, case, Purpose.PORTAL, key=key, valid_for=DAY))
            for key in ("used", "unused")
        ]
        secret = await door.exchange(session, used)

    ended = CaseNote(
        case=case, step="onboarding", story=STORY, what="case_ended", key="end", actor="aboard",
        status=CaseStatus(status),
    )  # fmt: skip
    await casework.end(ended)

    async with desk.database.session() as session:
        with pytest.raises(SessionOver) if shut else nullcontext():
            await session_of(session, secret)
        with pytest.raises(LinkExpired) if shut else nullcontext():
            await door.exchange(session, unused)
