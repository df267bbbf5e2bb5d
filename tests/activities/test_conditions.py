"""Conditions of an approval: tasks that outlive step and case, and signals when nobody met them."""

from datetime import timedelta

from activities.conditions import fall_due
from onboarding.case import CaseStatus, Moment
from onboarding.deeds import CaseNote, Place
from onboarding.watching import MONITORING
from records import cases, conditions, signals, tasks, watching
from records.conditions import ConditionState, NewCondition
from tests.activities import desk as people
from tests.activities.desk import OWNER, STORY, Desk, identified
from tests.activities.test_reviewing import casework, opened, place, ruling
from tests.activities.test_screening import verifying
from tests.activities.test_watching import looking, watching_of


async def a_condition(desk: Desk, case: str, review: str, number: str = "1") -> str:
    new = NewCondition(
        id=f"condition_{number}", case_id=case, review_id=review, code="source_of_funds", owner=OWNER, days=30,
        words="Bank statements of Hortensia's mother", proposed_by="r_1",
    )  # fmt: skip
    async with desk.database.session() as session:
        await conditions.propose(session, desk.journal.vault, [new])
    return new.id


async def approved_with_conditions(desk: Desk, case: str) -> str:
    review = await opened(desk, case)
    kept = await a_condition(desk, case, review, f"kept_{case[-6:]}")
    await a_condition(desk, case, review, f"not_{case[-6:]}")
    await desk.reviews.rule(ruling(case, review, "approve_with_conditions", conditions=[kept]))
    return kept


async def test_a_condition_becomes_a_task_with_owner_and_due_date(desk: Desk) -> None:
    case = await identified(desk, people.a_person())

    kept = await approved_with_conditions(desk, case)

    async with desk.database.session() as session:
        [task] = await tasks.tasks(session, case_id=case)
        rows = {row.id: row for row in await conditions.conditions(session, case)}
        words = await conditions.words(session, desk.journal.vault, kept)
    assert (task.code, task.owner, task.due) == ("condition", OWNER, rows[kept].due)
    assert task.due
    assert (task.due.effective - STORY).days in (30, 31, 32)
    assert sorted(row.state for row in rows.values()) == [ConditionState.DROPPED, ConditionState.OPEN]
    assert words == "Bank statements of Hortensia's mother"


async def test_the_task_of_a_condition_outlives_its_step_and_its_case(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await approved_with_conditions(desk, case)

    async with desk.database.session() as session:
        cancelled = await tasks.cancel_tasks(session, case, story=STORY, resolution="completed")

    assert cancelled == []


async def test_a_condition_that_nobody_met_in_time_becomes_a_signal(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    kept = await approved_with_conditions(desk, case)
    raised: list[list[str]] = []

    for days in (20, 40, 41):
        async with desk.database.session() as session:
            raised.append(await fall_due(session, desk.journal, Place(**place(case, days))))

    assert [len(ids) for ids in raised] == [0, 1, 1]
    async with desk.database.session() as session:
        [signal] = await signals.signals(session, case)
        row = await conditions.condition(session, kept)
    assert (signal.kind, signal.code, row.state) == ("condition", "condition_overdue", ConditionState.OVERDUE)
    assert raised[1] == raised[2] == [signal.id]


async def test_a_condition_that_got_more_time_and_is_late_again_is_a_new_signal(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    kept = await approved_with_conditions(desk, case)
    async with desk.database.session() as session:
        [first] = await fall_due(session, desk.journal, Place(**place(case, 40)))
        later = STORY + timedelta(days=60)
        await conditions.extend(session, kept, Moment(nominal=later, effective=later))
        meanwhile = await fall_due(session, desk.journal, Place(**place(case, 50)))
        [second] = await fall_due(session, desk.journal, Place(**place(case, 70)))

    assert meanwhile == []
    assert first != second


async def ended(desk: Desk, case: str, status: CaseStatus) -> list[str]:
    note = CaseNote(
        case=case, story=STORY + timedelta(days=2), what=f"case_{status}", actor="aboard", status=status, key=case
    )
    await casework(desk).end(note)
    async with desk.database.session() as session:
        return [task.state for task in await tasks.tasks(session, case_id=case)]


async def test_the_conditions_of_a_completed_case_are_still_to_be_met_and_of_another_are_dropped(desk: Desk) -> None:
    case, other = [await identified(desk, people.a_person()) for _ in range(2)]
    await approved_with_conditions(desk, case)
    await approved_with_conditions(desk, other)

    assert await ended(desk, case, CaseStatus.COMPLETED) == ["open"]
    assert await ended(desk, other, CaseStatus.WITHDRAWN) == ["cancelled"]


async def test_monitoring_wakes_for_the_first_condition_and_opens_a_review_when_it_is_overdue(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.screening.rate(verifying(case))
    kept = await approved_with_conditions(desk, case)

    wakes = await desk.lookout.next_review(await watching_of(desk, case))
    looked = await desk.lookout.screen_again(await looking(desk, case, days=40))

    async with desk.database.session() as session:
        due = (await conditions.condition(session, kept)).due
        [signal] = await signals.signals(session, case)
    assert due
    assert wakes >= due.effective
    assert wakes - due.effective < timedelta(days=4)
    assert looked.needs_review
    assert (looked.screened.signals, signal.code) == ([signal.id], "condition_overdue")


async def news(desk: Desk, case: str) -> list[str]:
    async with desk.database.session() as session:
        return await watching.unheard(session, (await cases.case(session, case)).client_id)


async def test_a_condition_of_a_client_who_is_watched_already_wakes_its_monitoring(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    asleep = await desk.lookout.next_review(await watching_of(desk, case))

    await approved_with_conditions(desk, case)

    due = await desk.lookout.next_review(await watching_of(desk, case))
    assert await news(desk, case) == ["condition_set"]
    assert due < asleep


async def test_where_nobody_watches_yet_a_condition_wakes_nobody(desk: Desk) -> None:
    case = await identified(desk, people.a_person())

    await approved_with_conditions(desk, case)

    assert await news(desk, case) == []


async def test_a_condition_that_monitoring_s_own_review_sets_makes_no_further_look(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.lookout.next_review(await watching_of(desk, case))
    review = await opened(desk, case)
    kept = await a_condition(desk, case, review, f"kept_{case[-6:]}")
    order = ruling(case, review, "approve_with_conditions", conditions=[kept])

    await desk.reviews.rule(order.model_copy(update={"step": MONITORING}))

    assert await news(desk, case) == []
