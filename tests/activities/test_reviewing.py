"""Reviews in records: who may not take part, what nobody reads too early, and what follows from a decision."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy.exc import IntegrityError

from activities.casework import Casework
from activities.conditions import fall_due
from onboarding.case import Band, CaseStatus, Moment
from onboarding.deeds import CaseNote, Decision, Judgement, Place, Reviewing, Ruling, Screened, StepEnd, Voice
from onboarding.review import Claim, Override, OverrideVerdict
from records import cases, conditions, overrides, reviews, signals, steps, tasks
from records.conditions import ConditionState, NewCondition
from tests.activities import desk as people
from tests.activities.desk import OWNER, ROOT, STARTER, STORY, Desk, identified, listed
from tests.activities.test_screening import verifying

UNTIL = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def place(case: str, days: int = 0) -> dict[str, Any]:
    return {"case": case, "step": "verify", "story": STORY + timedelta(days=days)}


async def opened(desk: Desk, case: str, band: Band = Band.HIGH, approvals: int = 2) -> str:
    order = Reviewing(**place(case), round=1, signals=[], band=band, approvals=approvals)
    return (await desk.reviews.open_review(order)).review


def voice(case: str, review: str, actor: str, decision: Decision = "approve", **said: Any) -> Voice:
    return Voice(**place(case), review=review, decision=decision, reason="checked", actor=actor, **said)


def ruling(case: str, review: str, decision: Decision = "approve", **said: Any) -> Ruling:
    return Ruling(
        **place(case), review=review, decision=decision, reason="checked", reviewers=["r_1", "r_2"], band=Band.HIGH,
        **said,
    )  # fmt: skip


async def test_who_started_or_owns_the_case_may_not_review_it(desk: Desk) -> None:
    case = await desk.case()
    order = Reviewing(**place(case), round=1, signals=[], band=Band.HIGH, approvals=2)

    first = await desk.reviews.open_review(order)

    assert first.barred == sorted([OWNER, STARTER])
    assert first == await desk.reviews.open_review(order)


async def test_a_decision_closes_its_review_and_stands_once(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    review = await opened(desk, case)

    for _ in range(2):
        await desk.reviews.voice(voice(case, review, "r_1"))
        await desk.reviews.rule(ruling(case, review))

    async with desk.database.session() as session:
        row = await reviews.review(session, review)
        decided = await reviews.decisions(session, case)
    assert (row.state, len(row.votes), len(decided)) == ("approve", 1, 1)


async def test_the_journal_tells_what_a_reviewer_said_only_once_the_decision_stands(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    review = await opened(desk, case)

    await desk.reviews.voice(voice(case, review, "r_1"))
    before = [entry for entry in await desk.entries(case) if entry.actor == "r_1"]
    await desk.reviews.rule(ruling(case, review))
    after = [entry.what for entry in await desk.entries(case) if entry.actor == "r_1"]

    assert [(entry.what, entry.reason, entry.detail) for entry in before] == [
        ("reviewer_spoke", None, {"step": "verify"})
    ]
    assert after == ["reviewer_spoke", "reviewer_says_approve"]


async def test_a_claim_is_kept_taken_over_and_given_back(desk: Desk) -> None:
    case = await desk.case()
    review = await opened(desk, case)
    seen = []

    for message, actor, until in (("m1", "r_1", UNTIL), ("m2", "r_2", UNTIL), ("m3", "r_2", None)):
        await desk.reviews.claim(Claim(**place(case), review=review, message=message, actor=actor, until=until))
        async with desk.database.session() as session:
            row = await reviews.review(session, review)
        seen.append((row.claimed_by, row.claimed_until))

    assert seen == [("r_1", UNTIL), ("r_2", UNTIL), (None, None)]
    assert (await desk.said(case))[-3:] == ["review_claimed", "review_taken_over", "review_released"]


async def test_whoever_has_spoken_holds_the_review_no_longer(desk: Desk) -> None:
    case = await desk.case()
    review = await opened(desk, case)
    await desk.reviews.claim(Claim(**place(case), review=review, message="m1", actor="r_1", until=UNTIL))

    await desk.reviews.voice(voice(case, review, "r_1", "escalate", for_senior=True))

    async with desk.database.session() as session:
        row = await reviews.review(session, review)
    assert (row.claimed_by, row.for_senior) == (None, True)


# ── another band than the rating gave ──────────────────────────────────────────────────────────────────────────────
async def overridden(desk: Desk, case: str, band: Band, verdict: Literal["confirmed", "declined"]) -> tuple[Band, int]:
    await desk.screening.screen(verifying(case))
    rated = await desk.screening.rate(verifying(case))
    review = await opened(desk, case, rated.band, max(1, rated.approvals))
    override = f"override_{case[-12:]}"
    await desk.reviews.override(
        Override(
            **place(case), review=review, override=override, band=band, reason="branch_abroad", note="note_1",
            actor="r_1",
        )
    )  # fmt: skip
    now = await desk.reviews.second_override(
        OverrideVerdict(**place(case), review=review, override=override, verdict=verdict, actor="r_2")
    )
    return now.band, now.approvals


async def test_a_band_that_two_people_raised_needs_the_approvals_of_that_band(desk: Desk) -> None:
    case = await identified(desk, people.a_person())

    assert await overridden(desk, case, Band.HIGH, "confirmed") == (Band.HIGH, 2)

    async with desk.database.session() as session:
        [row] = await overrides.overrides(session, case)
    assert (row.before, row.band, row.proposed_by, row.second) == (Band.LOW, Band.HIGH, "r_1", "r_2")
    assert {"override_proposed_high", "override_confirmed"} <= set(await desk.said(case))


async def test_a_band_that_two_people_lowered_needs_fewer_approvals(desk: Desk) -> None:
    case = await identified(desk, listed())

    assert await overridden(desk, case, Band.MEDIUM, "confirmed") == (Band.MEDIUM, 1)


async def test_an_override_that_the_second_person_declines_changes_nothing(desk: Desk) -> None:
    case = await identified(desk, people.a_person())

    assert await overridden(desk, case, Band.HIGH, "declined") == (Band.LOW, 1)


async def test_an_override_holds_while_the_policy_gives_the_band_that_it_was_made_against(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await overridden(desk, case, Band.HIGH, "confirmed")

    same = await desk.screening.rate(verifying(case, turn=2))
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "VN"}))
    changed = await desk.screening.rate(verifying(case, turn=3))

    assert (same.band, same.approvals) == (Band.HIGH, 2)
    assert changed.band is Band.MEDIUM


# ── conditions ─────────────────────────────────────────────────────────────────────────────────────────────────────
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


# ── a confirmed sanctions hit ──────────────────────────────────────────────────────────────────────────────────────
async def judged(desk: Desk, screened: Screened, case: str, verdict: Literal["cleared", "confirmed"]) -> None:
    (hit,) = screened.sanctions
    await desk.reviews.judge(Judgement(**place(case), signal=hit, verdict=verdict, reason="same_person", actor="r_1"))


async def test_a_confirmed_sanctions_hit_asks_for_a_blocking_report_within_ten_business_days(desk: Desk) -> None:
    case = await identified(desk, listed())
    screened = await desk.screening.screen(verifying(case))

    await judged(desk, screened, case, "confirmed")
    await judged(desk, screened, case, "confirmed")

    async with desk.database.session() as session:
        [task] = await tasks.tasks(session, case_id=case)
        stays = await tasks.cancel_tasks(session, case, story=STORY, resolution="rejected")
    assert (task.code, task.role, stays) == ("blocking_report", "mlro", [])
    assert task.due
    assert task.due.effective.date().isoformat() == "2026-03-16"


async def test_a_cleared_hit_asks_for_no_report(desk: Desk) -> None:
    case = await identified(desk, listed())

    await judged(desk, await desk.screening.screen(verifying(case)), case, "cleared")

    async with desk.database.session() as session:
        assert await tasks.tasks(session, case_id=case) == []


# ── when the step or the case ends ─────────────────────────────────────────────────────────────────────────────────
def casework(desk: Desk) -> Casework:
    return Casework(desk.database, desk.journal, ROOT / "workflows" / "playbooks", None, "nowhere")  # type: ignore[arg-type]  # starts nothing


async def ended(desk: Desk, case: str, status: CaseStatus) -> list[str]:
    note = CaseNote(
        case=case, story=STORY + timedelta(days=2), what=f"case_{status}", actor="aboard", status=status, key=case
    )
    await casework(desk).end(note)
    async with desk.database.session() as session:
        return [task.state for task in await tasks.tasks(session, case_id=case)]


async def test_a_review_ends_with_its_step(desk: Desk) -> None:
    case = await desk.case()
    review = await opened(desk, case)
    async with desk.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)

    await casework(desk).finish(StepEnd(**place(case, 1), outcome="closed", reason="case_over"))

    async with desk.database.session() as session:
        assert (await reviews.review(session, review)).state == "closed"


async def test_the_conditions_of_a_completed_case_are_still_to_be_met_and_of_another_are_dropped(desk: Desk) -> None:
    case, other = [await identified(desk, people.a_person()) for _ in range(2)]
    await approved_with_conditions(desk, case)
    await approved_with_conditions(desk, other)

    assert await ended(desk, case, CaseStatus.COMPLETED) == ["open"]
    assert await ended(desk, other, CaseStatus.WITHDRAWN) == ["cancelled"]


async def test_the_database_itself_refuses_one_person_as_both(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.screening.screen(verifying(case))
    await desk.screening.rate(verifying(case))
    review, override = await opened(desk, case), f"override_{case[-12:]}"
    said = {"review": review, "override": override, "actor": "r_1"}
    await desk.reviews.override(Override(**place(case), **said, band=Band.LOW, reason="x", note="note_1"))

    with pytest.raises(IntegrityError):
        await desk.reviews.second_override(OverrideVerdict(**place(case), **said, verdict="confirmed"))


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
