"""Check-ins: dates that roll, a brief that is frozen, an outcome that is never green without its inputs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from onboarding.case import CheckInOutcome, Holder, Role
from onboarding.deeds import Assessed, CheckInDates, CheckingIn, Outcome, Planning, SurveyClosed
from onboarding.plan import CheckUp
from records import check_ins, signals, surveys, tasks
from records.signals import NewSignal
from tests.activities.desk import STORY, Desk, step_of

KEYS = {30: "check-in-30", 60: "check-in-60", 90: "check-in-90", None: "feedback"}
ANCHOR = datetime(2026, 2, 27, 15, 0, tzinfo=UTC)


def bar(day: int | None) -> CheckUp:
    check = step_of("saas", KEYS[day]).check
    assert check
    return check


async def planned(desk: Desk, case: str, day: int | None, story: datetime = STORY) -> CheckInDates:
    order = Planning(case=case, step=KEYS[day], story=story, check=bar(day), anchor=ANCHOR)
    return await desk.check_ins.plan(order)


def at(case: str, day: int | None, dates: CheckInDates) -> CheckingIn:
    return CheckingIn(case=case, step=KEYS[day], story=STORY, check_in=dates.check_in, check=bar(day))


async def assess(
    desk: Desk, case: str, day: int | None, recorded: dict[str, object], message: str = "m1", survey: object = None
) -> Outcome:
    dates = await planned(desk, case, day)
    place = at(case, day, dates)
    if isinstance(survey, dict):
        opened = await desk.check_ins.open_survey(place)
        async with desk.database.session() as session:
            await surveys.save_answers(session, desk.journal.vault, opened.survey, survey)
    order = Assessed.model_validate(
        {**place.model_dump(), "actor": "staff_owner", "message": message, "recorded": recorded}
    )
    return await desk.check_ins.assess(order)


async def test_day_thirty_is_rolled_off_a_weekend_and_prepared_in_business_days(desk: Desk) -> None:
    case = await desk.case()

    dates = await planned(desk, case, 30)

    # 27 February + 30 days is Sunday 29 March, the day on which the clocks go forward in Dublin
    assert (dates.held.nominal.date(), dates.held.reason) == (date(2026, 3, 29), "weekend")
    assert dates.held.effective == datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
    # St Patrick's Day is a holiday: seven business days before lie nine weekdays back
    assert [moment.date().isoformat() for moment in (dates.brief_at, dates.survey_at)] == [
        "2026-03-19",
        "2026-03-23",
    ]
    assert not dates.merged


async def test_a_plan_that_is_asked_for_again_is_the_same(desk: Desk) -> None:
    case = await desk.case()

    first = await planned(desk, case, 30)

    assert await planned(desk, case, 30, STORY + timedelta(days=3)) == first


async def test_a_review_without_a_day_is_due_at_once_and_open_for_five_business_days(desk: Desk) -> None:
    case = await desk.case()

    dates = await planned(desk, case, None)

    assert (dates.brief_at, dates.survey_at) == (STORY, STORY)
    assert dates.held.effective == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


async def test_a_check_in_that_began_too_late_says_so_and_merges_into_a_near_one(desk: Desk) -> None:
    case = await desk.case()

    late = await planned(desk, case, 30, datetime(2026, 4, 3, 9, 0, tzinfo=UTC))
    other = await desk.case()
    too_late = await planned(desk, other, 30, datetime(2026, 4, 17, 9, 0, tzinfo=UTC))

    assert (late.held.reason, late.merged) == ("began_late", False)
    assert (too_late.held.reason, too_late.merged) == ("began_late", True)


async def test_a_merged_check_in_leaves_its_bars_to_the_next(desk: Desk) -> None:
    case = await desk.case()
    await planned(desk, case, 30, datetime(2026, 4, 17, 9, 0, tzinfo=UTC))

    outcome = await assess(desk, case, 60, {"active": 8, "seats": 10, "sticky_features": ["reports"]})

    assert outcome.outcome is CheckInOutcome.AMBER
    assert set(outcome.missing) == {"blockers", "ces", "first_value"}


async def test_a_reviewers_note_is_not_in_the_brief(desk: Desk) -> None:
    case = await desk.case()
    dates = await planned(desk, case, 30)
    async with desk.database.session() as session:
        vault = desk.journal.vault
        await tasks.add_note(session, vault, case, author="staff_r", text="a namesake is listed", confidential=True)
        await tasks.add_note(session, vault, case, author="staff_c", text="they like mornings")

    await desk.check_ins.brief(at(case, 30, dates))

    async with desk.database.session() as session:
        brief = await check_ins.brief(session, vault, dates.check_in)
    assert brief
    assert brief["notes"] == ["they like mornings"]
    assert "namesake" not in str(brief)


async def test_what_compliance_has_to_do_is_not_in_the_brief(desk: Desk) -> None:
    case = await desk.case()
    dates = await planned(desk, case, 30)
    async with desk.database.session() as session:
        for code, role in (("blocking_report", Role.MLRO), ("recovery", Role.CSM)):
            new = tasks.NewTask(
                case_id=case, step="case", key=code, code=code, role=role, holder=Holder.STAFF, opened_story=STORY
            )
            await tasks.open_task(session, new)

    await desk.check_ins.brief(at(case, 30, dates))

    async with desk.database.session() as session:
        brief = await check_ins.brief(session, desk.journal.vault, dates.check_in)
    assert brief
    assert [task["code"] for task in brief["open_tasks"]] == ["recovery"]  # type: ignore[attr-defined]  # JSON


async def test_the_brief_is_frozen_when_it_is_first_put_together(desk: Desk) -> None:
    case = await desk.case()
    dates = await planned(desk, case, 30)
    await desk.check_ins.brief(at(case, 30, dates))
    async with desk.database.session() as session:
        await signals.add_signal(session, desk.journal.vault, a_signal(case))

    await desk.check_ins.brief(at(case, 30, dates))

    async with desk.database.session() as session:
        brief = await check_ins.brief(session, desk.journal.vault, dates.check_in)
    assert brief
    assert brief["kyc"] == {"band": None, "open_signals": 0}
    assert (await desk.said(case)).count("check_in_briefed") == 1


async def test_a_survey_is_opened_and_closed_once(desk: Desk) -> None:
    case = await desk.case()
    place = at(case, 30, await planned(desk, case, 30))

    first = await desk.check_ins.open_survey(place)
    assert await desk.check_ins.open_survey(place) == first
    for state in ("answered", "expired"):
        closed = SurveyClosed(case=case, step=place.step, story=STORY, survey=first.survey, state=state)
        await desk.check_ins.close_survey(closed)

    async with desk.database.session() as session:
        assert (await surveys.survey(session, first.survey)).state == "answered"


async def test_a_check_in_is_booked_at_its_time_once(desk: Desk) -> None:
    case = await desk.case()
    dates = await planned(desk, case, 30)

    first = await desk.check_ins.book(at(case, 30, dates))

    assert await desk.check_ins.book(at(case, 30, dates)) == first
    (meeting,) = desk.calendar.meetings.values()
    assert (meeting.start, len(desk.calendar.happened)) == (dates.held.effective, 1)


async def test_answers_and_records_together_pass_the_bar(desk: Desk) -> None:
    case = await desk.case()

    outcome = await assess(
        desk, case, 30, {"first_value": "yes", "ces": None, "check_in": "x"}, survey={"ces": 6, "blockers": []}
    )

    assert outcome == Outcome(outcome=CheckInOutcome.GREEN, reasons=[])


@pytest.mark.parametrize("day", [30, 60, 90, None])
async def test_without_its_inputs_no_check_in_is_green(desk: Desk, day: int | None) -> None:
    case = await desk.case()

    outcome = await assess(desk, case, day, {"note": "all is well"})

    assert outcome.outcome is not CheckInOutcome.GREEN
    assert outcome.missing


async def test_what_the_manager_recorded_goes_before_what_was_answered(desk: Desk) -> None:
    case = await desk.case()

    outcome = await assess(desk, case, 90, {"goal": "no"}, survey={"goal": "reached", "nps": 9})

    assert (outcome.outcome, outcome.reasons) == (CheckInOutcome.RED, ["goal_not_reached"])
    async with desk.database.session() as session:
        (row,) = await check_ins.check_ins(session, case)
    assert row.exit_criterion == "recovery_plan_agreed"


async def test_a_client_whom_compliance_looks_at_is_blocked(desk: Desk) -> None:
    case = await desk.case()
    async with desk.database.session() as session:
        await signals.add_signal(session, desk.journal.vault, a_signal(case))

    outcome = await assess(desk, case, 90, {"goal": "reached", "nps": 9})

    assert outcome.outcome is CheckInOutcome.BLOCKED


async def test_one_record_has_one_outcome(desk: Desk) -> None:
    case = await desk.case()
    first = await assess(desk, case, 90, {"goal": "reached", "nps": 9})
    async with desk.database.session() as session:
        await signals.add_signal(session, desk.journal.vault, a_signal(case))

    assert await assess(desk, case, 90, {"goal": "reached", "nps": 9}) == first
    assert (await desk.said(case)).count("check_in_green") == 1


def a_signal(case: str) -> NewSignal:
    return NewSignal(case_id=case, key="person:hit:x", round=0, kind="list_hit", code="list_hit", evidence={})
