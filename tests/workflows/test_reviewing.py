"""A review as the workflow enforces it: who may say what and when, on the time-skipping server."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from onboarding.case import Band
from onboarding.diligence import Rated, Screened
from onboarding.plan import Kind
from onboarding.review import Overridden
from tests.workflows.conftest import tell
from tests.workflows.deeds import Deeds
from tests.workflows.playing import Handle, decide, judge, play, refused, said, until

SENIOR = ["reviewer", "senior"]


def reviewing(band: Band = Band.HIGH, approvals: int = 2, answers: dict[str, Any] | None = None) -> Deeds:
    """A client with one signal that is no list hit."""
    return Deeds(
        **{
            "Screening.screen": lambda _: Screened(signals=["signal_1"]),
            "Screening.rate": lambda _: Rated(rating="rating_1", band=band, approvals=approvals),
            **(answers or {}),
        }
    )


def claim(actor: str, roles: list[str] | None = None) -> Any:
    return said(Kind.VERIFICATION, "claim_review", actor, review="review_1", roles=roles or ["reviewer"])


def release(actor: str) -> Any:
    return said(Kind.VERIFICATION, "release_review", actor, review="review_1", roles=["reviewer"])


def propose(actor: str, band: str) -> Any:
    evidence = {"review": "review_1", "override": "override_1", "band": band, "reason": "branch", "note": "note_1"}
    return said(Kind.VERIFICATION, "override_rating", actor, roles=["reviewer"], **evidence)


def agree(actor: str, verdict: str = "confirmed") -> Any:
    evidence = {"review": "review_1", "override": "override_1", "verdict": verdict, "roles": ["reviewer"]}
    return said(Kind.VERIFICATION, "second_override", actor, **evidence)


# ── claims ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_while_one_holds_the_review_another_can_neither_judge_nor_decide(env: WorkflowEnvironment) -> None:
    deeds, refusals = reviewing(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, claim("staff_r1"))
        refusals.append(await refused(handle, judge("cleared", "staff_r2")))
        refusals.append(await refused(handle, decide("reject", "staff_r2")))
        refusals.append(await refused(handle, claim("staff_r2")))
        refusals.append(await refused(handle, release("staff_r2")))
        await tell(handle, judge("cleared", "staff_r1"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))  # whoever has spoken holds it no longer

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"
    assert refusals == ["claimed_by_another"] * 4


async def test_a_claim_ends_when_it_is_given_back_or_its_time_is_over(env: WorkflowEnvironment) -> None:
    deeds = reviewing()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, claim("staff_r1"))
        await tell(handle, release("staff_r1"))
        await tell(handle, claim("staff_r2"))
        await env.sleep(1801)
        await tell(handle, judge("cleared", "staff_r1"))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r3"))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert [(order.actor, order.until is None) for order in deeds.orders("claim_review")] == [
        ("staff_r1", False), ("staff_r1", True), ("staff_r2", False),
    ]  # fmt: skip


async def test_a_senior_takes_a_claimed_review_over_and_must_do_so_to_decide(env: WorkflowEnvironment) -> None:
    deeds, refusals = reviewing(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, claim("staff_r1"))
        refusals.append(await refused(handle, decide("reject", "staff_s", SENIOR)))
        await tell(handle, claim("staff_s", SENIOR))
        refusals.append(await refused(handle, decide("reject", "staff_r1")))
        await tell(handle, decide("reject", "staff_s", SENIOR))
        await tell(handle, decide("reject", "staff_r1"))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["claimed_by_another"] * 2


@pytest.mark.parametrize("barred", ["staff_starter", "staff_owner"])
async def test_who_may_not_review_may_not_claim_either(env: WorkflowEnvironment, barred: str) -> None:
    deeds, refusals = reviewing(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        refusals.append(await refused(handle, claim(barred)))
        refusals.append(await refused(handle, propose(barred, "medium")))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["reviewer_is_not_independent"] * 2


# ── a senior's voice ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_in_a_public_office_is_not_approved_without_a_senior(env: WorkflowEnvironment) -> None:
    office = Screened(signals=["signal_1"], offices=["signal_1"])
    deeds, refusals = reviewing(answers={"Screening.screen": lambda _: office}), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("confirmed"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))
        refusals.append(await refused(handle, decide("approve", "staff_r3")))
        await tell(handle, decide("approve", "staff_s", SENIOR))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert (result.outcome, refusals) == ("done", ["senior_needed"])
    assert [notice.to for notice in deeds.orders("send_mail")] == ["role:senior"]
    [ruling] = deeds.orders("rule")
    assert ruling.reviewers == ["staff_r1", "staff_r2", "staff_s"]


async def test_a_namesake_of_an_office_holder_needs_no_senior(env: WorkflowEnvironment) -> None:
    office = Screened(signals=["signal_1"], offices=["signal_1"])
    deeds = reviewing(answers={"Screening.screen": lambda _: office})

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))

    assert (await play(env, Kind.VERIFICATION, deeds, script)).outcome == "done"


async def test_after_a_disagreement_the_stricter_view_stands_and_a_senior_cannot_soften_it(
    env: WorkflowEnvironment,
) -> None:
    deeds, refusals = reviewing(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))
        refusals.append(await refused(handle, decide("approve", "staff_s", SENIOR)))
        await tell(handle, decide("reject", "staff_s", SENIOR))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert (result.outcome, refusals) == ("rejected", ["stricter_view_stands"])


async def test_every_voice_is_kept_however_quickly_the_second_follows_the_first(env: WorkflowEnvironment) -> None:
    deeds = reviewing()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        for actor in ("staff_r1", "staff_r2"):
            await tell(handle, decide("approve", actor))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert [voice.actor for voice in deeds.orders("hear_reviewer")] == ["staff_r1", "staff_r2"]


# ── the rating once everything is judged ───────────────────────────────────────────────────────────────────────────
async def test_what_was_cleared_lowers_the_band_and_not_who_must_approve(env: WorkflowEnvironment) -> None:
    low = {"Screening.rate_reviewed": lambda _: Rated(rating="rating_2", band=Band.LOW, approvals=0)}
    deeds, standing = reviewing(answers=low), list[bool]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        standing.append("rate_reviewed" in deeds.names())
        await tell(handle, decide("approve", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    [ruling] = deeds.orders("rule")
    assert (standing, result.facts) == ([False], {"band": "low"})
    assert (ruling.band, ruling.reviewers) == (Band.HIGH, ["staff_r1", "staff_r2"])
    assert deeds.names().index("rate_reviewed") < deeds.names().index("rule")


async def test_what_was_confirmed_may_need_a_second_approval(env: WorkflowEnvironment) -> None:
    risen = {"Reviews.judge": lambda _: Overridden(band=Band.HIGH, approvals=2)}
    deeds, open_ = reviewing(Band.MEDIUM, 1, risen), list[bool]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("confirmed"))
        await tell(handle, decide("approve", "staff_r1"))
        await until(lambda: "hear_reviewer" in deeds.names())
        open_.append("rule" not in deeds.names())
        await tell(handle, decide("approve", "staff_r2"))

    await play(env, Kind.VERIFICATION, deeds, script)

    [ruling] = deeds.orders("rule")
    assert open_ == [True]
    assert (ruling.band, ruling.reviewers) == (Band.HIGH, ["staff_r1", "staff_r2"])


# ── another band than the rating gave ──────────────────────────────────────────────────────────────────────────────
async def test_a_raised_band_needs_the_approvals_of_that_band(env: WorkflowEnvironment) -> None:
    raised = {
        "Reviews.second_override": lambda _: Overridden(band=Band.HIGH, approvals=2),
        "Screening.rate_reviewed": lambda _: Rated(rating="rating_2", band=Band.HIGH, approvals=2),
    }
    deeds, refusals = reviewing(Band.MEDIUM, 1, raised), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        refusals.append(await refused(handle, propose("staff_r1", "medium")))
        await tell(handle, propose("staff_r1", "high"))
        refusals.append(await refused(handle, agree("staff_r1")))
        refusals.append(await refused(handle, decide("approve", "staff_r2")))
        refusals.append(await refused(handle, propose("staff_r2", "low")))
        await tell(handle, agree("staff_r2"))
        await until(lambda: "second_override" in deeds.names())
        refusals.append(await refused(handle, agree("staff_r3")))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == [
        "band_is_the_same", "second_person_needed", "override_open", "override_open", "override_not_open"
    ]  # fmt: skip
    assert result.facts == {"band": "high"}


async def test_no_override_goes_below_the_band_that_the_law_sets(env: WorkflowEnvironment) -> None:
    floored = Rated(rating="rating_1", band=Band.HIGH, approvals=2, floor=Band.MEDIUM)
    declined = Overridden(band=Band.HIGH, approvals=2, floor=Band.MEDIUM)
    answers = {"Screening.rate": lambda _: floored, "Reviews.second_override": lambda _: declined}
    deeds, refusals = reviewing(answers=answers), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        refusals.append(await refused(handle, propose("staff_r1", "low")))
        await tell(handle, propose("staff_r1", "medium"))
        await tell(handle, agree("staff_r2", "declined"))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["band_below_law"]


async def test_nobody_agrees_to_a_band_below_what_the_law_has_set_in_the_meantime(env: WorkflowEnvironment) -> None:
    now = Overridden(band=Band.HIGH, approvals=2, floor=Band.HIGH)
    risen = {"Reviews.judge": lambda _: now, "Reviews.second_override": lambda _: now}
    deeds, refusals = reviewing(answers=risen), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, propose("staff_r1", "medium"))
        await tell(handle, judge("confirmed"))
        await until(lambda: "judge_signal" in deeds.names())
        refusals.append(await refused(handle, agree("staff_r2")))
        await tell(handle, agree("staff_r2", "declined"))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["band_below_law"]


async def test_a_floor_goes_with_the_finding_that_is_cleared(env: WorkflowEnvironment) -> None:
    floored = Rated(rating="rating_1", band=Band.HIGH, approvals=2, floor=Band.HIGH)
    answers = {
        "Screening.rate": lambda _: floored,
        "Reviews.judge": lambda _: Overridden(band=Band.HIGH, approvals=2),
        "Reviews.second_override": lambda _: Overridden(band=Band.MEDIUM, approvals=1),
    }
    deeds = reviewing(answers=answers)

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await until(lambda: "judge_signal" in deeds.names())
        await tell(handle, propose("staff_r1", "medium"))
        await tell(handle, agree("staff_r2"))
        await tell(handle, decide("approve", "staff_r1"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"


async def test_a_lowered_band_lets_the_voice_that_is_there_be_enough(env: WorkflowEnvironment) -> None:
    lowered = {
        "Reviews.second_override": lambda _: Overridden(band=Band.MEDIUM, approvals=1),
        "Screening.rate_reviewed": lambda _: Rated(rating="rating_2", band=Band.MEDIUM, approvals=1),
    }
    deeds = reviewing(answers=lowered)

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, propose("staff_r1", "medium"))
        await tell(handle, agree("staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert (result.outcome, result.facts) == ("done", {"band": "medium"})


# ── conditions, rounds ─────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_conditions_of_all_who_approve_go_with_the_ruling(env: WorkflowEnvironment) -> None:
    deeds = reviewing()

    def with_condition(actor: str, condition: str) -> Any:
        evidence = {"review": "review_1", "decision": "approve_with_conditions", "reason": "funds"}
        return said(Kind.VERIFICATION, "decide", actor, roles=["reviewer"], conditions=[condition], **evidence)

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, with_condition("staff_r1", "condition_1"))
        await tell(handle, with_condition("staff_r2", "condition_2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    [ruling] = deeds.orders("rule")
    assert (result.outcome, ruling.decision) == ("done", "approve_with_conditions")
    assert ruling.conditions == ["condition_1", "condition_2"]


async def test_after_a_referral_only_what_changed_is_judged_again(env: WorkflowEnvironment) -> None:
    rounds = [Screened(signals=["signal_2"]), Screened(signals=["signal_1"])]
    deeds, refusals = reviewing(answers={"Screening.screen": lambda _: rounds.pop()}), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: len(deeds.orders("ask")) == 1)
        await tell(handle, judge("cleared"))
        more = {"review": "review_1", "decision": "request_information", "reason": "blurred", "items": ["identity"]}
        await tell(handle, said(Kind.VERIFICATION, "decide", "staff_r1", roles=["reviewer"], **more))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await tell(handle, said(Kind.VERIFICATION, "submit_document", item="identity", document="document_9"))
        await until(lambda: len(deeds.orders("ask")) == 3)
        refusals.append(await refused(handle, judge("confirmed")))
        new = {"review": "review_1", "signal": "signal_2", "verdict": "cleared", "reason": "spelling_variant"}
        await tell(handle, said(Kind.VERIFICATION, "judge_signal", "staff_r1", roles=["reviewer"], **new))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert (result.outcome, refusals) == ("done", ["signal_not_open"])
    assert deeds.orders("ask")[1].about == {"items": "identity"}


async def test_a_hit_that_was_confirmed_before_a_referral_still_bars_approval_after_it(
    env: WorkflowEnvironment,
) -> None:
    rounds = [Screened(signals=[], sanctions=["signal_1"]), Screened(signals=["signal_1"], sanctions=["signal_1"])]
    deeds, refusals = reviewing(answers={"Screening.screen": lambda _: rounds.pop()}), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: len(deeds.orders("ask")) == 1)
        await tell(handle, judge("confirmed"))
        more = {"review": "review_1", "decision": "request_information", "reason": "blurred", "items": ["identity"]}
        await tell(handle, said(Kind.VERIFICATION, "decide", "staff_r1", roles=["reviewer"], **more))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await tell(handle, said(Kind.VERIFICATION, "submit_document", item="identity", document="document_9"))
        await until(lambda: len(deeds.orders("ask")) == 3)
        refusals.append(await refused(handle, decide("approve", "staff_r1")))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert (result.undo, refusals) == (False, ["sanctions_hit_confirmed"])
