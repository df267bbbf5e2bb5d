"""Reviews in records: who may not take part, what nobody reads too early, and what follows from a decision."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy.exc import IntegrityError

from activities.casework import Casework
from activities.replaying import ratings_of
from onboarding.case import Band
from onboarding.deeds import StepEnd
from onboarding.diligence import Decision, Judgement, Rated, ReviewEnded, Reviewing, Ruling, Screened, Voice
from onboarding.review import Claim, Overridden, Override, OverrideVerdict
from records import basis, cases, overrides, reviews, signals, steps, tasks
from records.reviews import ReviewRow
from records.signals import NewSignal
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
async def of_high_risk_by_the_house(desk: Desk) -> str:
    """By points alone: a country under increased monitoring and a conduct that nobody could explain."""
    case = await identified(desk, people.a_person())
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "VN"}))
    async with desk.database.session() as session:
        new = NewSignal(case_id=case, key="usage:1", round=0, kind="anomaly", code="anomaly_usage", evidence={})
        signal = await signals.add_signal(session, desk.journal.vault, new)
    order = Judgement(**place(case), signal=signal, verdict="confirmed", reason="unexplained", actor="r_1")
    await desk.reviews.judge(order)
    return case


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
    case = await of_high_risk_by_the_house(desk)

    assert await overridden(desk, case, Band.MEDIUM, "confirmed") == (Band.MEDIUM, 1)


async def test_two_people_do_not_go_below_the_band_that_the_law_sets(desk: Desk) -> None:
    case = await identified(desk, listed())

    assert await overridden(desk, case, Band.MEDIUM, "confirmed") == (Band.HIGH, 2)

    async with desk.database.session() as session:
        [row] = await overrides.overrides(session, case)
        assert (row.state, (await cases.case(session, case)).band) == ("void", Band.HIGH)
    assert "override_void" in await desk.said(case)


async def test_an_override_ends_when_the_law_sets_a_higher_band(desk: Desk) -> None:
    case = await of_high_risk_by_the_house(desk)
    await overridden(desk, case, Band.MEDIUM, "confirmed")
    same = await desk.screening.rate(verifying(case, turn=2))

    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "IR"}))
    now = await desk.screening.rate(verifying(case, turn=3))

    assert (same.band, same.floor) == (Band.MEDIUM, Band.LOW)
    assert (now.band, now.floor) == (Band.HIGH, Band.HIGH)


async def test_a_cleared_namesake_sets_no_floor_any_more(desk: Desk) -> None:
    case = await identified(desk, listed())
    screened = await desk.screening.screen(verifying(case))
    rated = await desk.screening.rate(verifying(case))
    await opened(desk, case)

    now = await judged(desk, screened, case, "cleared")

    assert rated.floor is Band.HIGH
    assert now
    assert (now.band, now.floor) == (Band.HIGH, Band.LOW)


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


# ── the rating at the end of a review ──────────────────────────────────────────────────────────────────────────────
async def settled(desk: Desk, case: str, review: str) -> Rated:
    """What the end of verification does: it rates, and keeps the decision."""
    order = ReviewEnded(**verifying(case).model_dump() | place(case, 1), review=review)
    rated = await desk.screening.rate_reviewed(order)
    await desk.reviews.rule(ruling(case, review))
    return rated


async def test_a_cleared_namesake_weighs_nothing_from_the_end_of_the_review_on(desk: Desk) -> None:
    case = await identified(desk, listed())
    screened = await desk.screening.screen(verifying(case))
    before = await desk.screening.rate(verifying(case))
    review = await opened(desk, case)
    await judged(desk, screened, case, "cleared")

    after = await settled(desk, case, review)

    async with desk.database.session() as session:
        [decided] = await reviews.decisions(session, case)
        content, _ = await basis.content(session, desk.journal.vault, decided.id)
        row = await cases.case(session, case)
    assert (before.band, after.band, row.band) == (Band.HIGH, Band.LOW, Band.LOW)
    assert (decided.band, (await _review(desk, review)).approvals) == (Band.HIGH, 2)
    assert [each.band for each in ratings_of(content)] == ["high", "low"]


async def test_a_band_that_two_people_raised_stays_when_the_rest_is_cleared(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "VN"}))
    await overridden(desk, case, Band.HIGH, "confirmed")
    async with desk.database.session() as session:
        [row] = await overrides.overrides(session, case)
    await desk.set_client(case, people.a_person())

    at_the_end = await settled(desk, case, row.review_id)
    later = await desk.screening.rate(verifying(case, turn=2))

    assert row.before is Band.MEDIUM
    assert (at_the_end.band, later.band) == (Band.HIGH, Band.HIGH)


async def test_a_band_that_two_people_lowered_does_not_outlast_what_turned_out_worse(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "VN"}))
    await overridden(desk, case, Band.LOW, "confirmed")
    async with desk.database.session() as session:
        [row] = await overrides.overrides(session, case)
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "IR"}))

    assert (await settled(desk, case, row.review_id)).band is Band.HIGH


async def test_what_is_confirmed_in_a_review_raises_how_many_must_agree_in_it(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.set_client(case, (await desk.client(case)).model_copy(update={"country": "VN"}))
    async with desk.database.session() as session:
        new = NewSignal(case_id=case, key="usage:1", round=0, kind="anomaly", code="anomaly_usage", evidence={})
        signal = await signals.add_signal(session, desk.journal.vault, new)
    rated = await desk.screening.rate(verifying(case))
    review = await opened(desk, case, rated.band, rated.approvals)
    order = Judgement(**place(case), signal=signal, verdict="confirmed", reason="unexplained", actor="r_1")

    answers = [await desk.reviews.judge(order) for _ in range(2)]

    assert (rated.band, rated.approvals) == (Band.MEDIUM, 1)
    assert answers == [Overridden(band=Band.HIGH, approvals=2)] * 2
    assert (await _review(desk, review)).approvals == 2


async def _review(desk: Desk, review: str) -> ReviewRow:
    async with desk.database.session() as session:
        return await reviews.review(session, review)


# ── a confirmed sanctions hit ──────────────────────────────────────────────────────────────────────────────────────
async def judged(
    desk: Desk, screened: Screened, case: str, verdict: Literal["cleared", "confirmed"]
) -> Overridden | None:
    (hit,) = screened.sanctions
    order = Judgement(**place(case), signal=hit, verdict=verdict, reason="same_person", actor="r_1")
    return await desk.reviews.judge(order)


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


async def test_a_review_ends_with_its_step(desk: Desk) -> None:
    case = await desk.case()
    review = await opened(desk, case)
    async with desk.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)

    await casework(desk).finish(StepEnd(**place(case, 1), outcome="closed", reason="case_over"))

    async with desk.database.session() as session:
        assert (await reviews.review(session, review)).state == "closed"


async def test_the_database_itself_refuses_one_person_as_both(desk: Desk) -> None:
    case = await identified(desk, people.a_person())
    await desk.screening.screen(verifying(case))
    await desk.screening.rate(verifying(case))
    review, override = await opened(desk, case), f"override_{case[-12:]}"
    said = {"review": review, "override": override, "actor": "r_1"}
    await desk.reviews.override(Override(**place(case), **said, band=Band.LOW, reason="x", note="note_1"))

    with pytest.raises(IntegrityError):
        await desk.reviews.second_override(OverrideVerdict(**place(case), **said, verdict="confirmed"))
