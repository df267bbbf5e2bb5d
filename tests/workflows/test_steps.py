"""Each kind of step, alone on the time-skipping server."""

import asyncio
from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from onboarding.case import Band
from onboarding.deeds import Trial
from onboarding.diligence import Lacking, Rated, Screened, Verdict
from onboarding.plan import Kind
from tests.workflows.conftest import tell
from tests.workflows.deeds import Deeds
from tests.workflows.playing import Handle, decide, judge, play, refused, said, until


async def test_a_refused_document_comes_back_with_its_reason_and_may_be_sent_again(env: WorkflowEnvironment) -> None:
    verdicts = [Verdict(item="identity", accepted=False, reason="expired"), Verdict(item="identity", accepted=True)]
    deeds = Deeds(
        **{"Intake.lacking": lambda _: Lacking(items=["identity"]), "Intake.check": lambda _: verdicts.pop(0)}
    )

    async def script(handle: Handle) -> None:
        for document in ("document_1", "document_2"):
            await tell(handle, said(Kind.COLLECTION, "submit_document", item="identity", document=document))

    result = await play(env, Kind.COLLECTION, deeds, script)

    assert result.outcome == "done"
    assert [n.about for n in deeds.orders("send_mail") if n.letter == "refused"] == [
        {"item": "identity", "reason": "expired"}
    ]


async def test_a_form_that_names_owners_makes_their_papers_lacking(env: WorkflowEnvironment) -> None:
    asked = [Lacking(items=["identity:2"]), Lacking(items=["profile"])]
    deeds = Deeds(**{"Intake.lacking": lambda _: asked.pop()})

    async def script(handle: Handle) -> None:
        await tell(handle, said(Kind.COLLECTION, "submit_form", form="profile"))
        await tell(handle, said(Kind.COLLECTION, "submit_document", item="identity:2", document="document_1"))

    result = await play(env, Kind.COLLECTION, deeds, script)

    assert result.outcome == "done"
    assert [order.item for order in deeds.orders("check_handed_in")] == ["profile", "identity:2"]


async def test_a_silent_client_is_reminded_then_staff_hear_of_it_then_the_case_lapses(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async def script(handle: Handle) -> None:
        await asyncio.sleep(0)

    result = await play(env, Kind.COLLECTION, deeds, script)

    assert (result.outcome, result.reason) == ("lapsed", "no_answer")
    assert deeds.letters() == [
        *["reminder"] * 3,
        *["staff_escalation"] * 2,
        *["staff_task"] * 2,
        "staff_escalation",
    ]


async def test_after_a_sign_of_life_the_first_reminder_comes_three_days_later(env: WorkflowEnvironment) -> None:
    deeds = Deeds(**{"Intake.lacking": lambda _: Lacking(items=["identity"])})

    async def script(handle: Handle) -> None:
        await until(lambda: "lacking" in deeds.names())
        await env.sleep(timedelta(days=2))
        await tell(handle, said(Kind.COLLECTION, "sign_of_life"))
        await env.sleep(timedelta(days=4))
        await tell(handle, said(Kind.COLLECTION, "submit_document", item="identity", document="document_1"))

    result = await play(env, Kind.COLLECTION, deeds, script)

    opened, reminded = deeds.orders("ask")[0].story, deeds.orders("send_mail")[0]
    assert result.outcome == "done"
    assert deeds.letters() == ["reminder"]
    assert timedelta(days=5) <= reminded.story - opened < timedelta(days=5, minutes=5)


async def test_low_risk_without_findings_needs_no_reviewer(env: WorkflowEnvironment) -> None:
    async def script(handle: Handle) -> None:
        await asyncio.sleep(0)

    deeds = Deeds()
    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.facts == {"band": "low"}
    assert deeds.orders("ask") == []


def high_risk() -> Deeds:
    return Deeds(
        **{
            "Screening.screen": lambda _: Screened(signals=["signal_1"], sanctions=["signal_1"]),
            "Screening.rate": lambda _: Rated(rating="rating_1", band=Band.HIGH, approvals=2),
        }
    )


async def test_high_risk_needs_two_different_independent_reviewers(env: WorkflowEnvironment) -> None:
    deeds, refusals = high_risk(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        refusals.append(await refused(handle, decide("approve", "staff_r1")))
        refusals.append(await refused(handle, judge("cleared", "staff_starter")))
        await tell(handle, judge("cleared"))
        refusals.append(await refused(handle, judge("confirmed")))
        await tell(handle, decide("approve", "staff_r1"))
        refusals.append(await refused(handle, decide("approve", "staff_r1")))
        refusals.append(await refused(handle, decide("approve", "staff_owner")))
        await tell(handle, decide("approve", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"
    independent = "reviewer_is_not_independent"
    assert refusals == ["signals_open", independent, "signal_not_open", "already_decided", independent]


async def test_a_confirmed_sanctions_hit_bars_approval_and_undoes_nothing_by_itself(env: WorkflowEnvironment) -> None:
    deeds, refusals = high_risk(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("confirmed"))
        refusals.append(await refused(handle, decide("approve", "staff_r1")))
        await tell(handle, decide("reject", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["sanctions_hit_confirmed"]
    assert (result.outcome, result.undo) == ("rejected", False)


async def test_reviewers_who_disagree_are_settled_by_a_senior(env: WorkflowEnvironment) -> None:
    deeds, refusals = high_risk(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("reject", "staff_r2"))
        refusals.append(await refused(handle, decide("approve", "staff_r3")))
        await tell(handle, decide("reject", "staff_s", ["reviewer", "senior"]))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["senior_needed"]
    assert result.outcome == "rejected"


async def test_a_screening_that_could_not_be_finished_holds_the_case(env: WorkflowEnvironment) -> None:
    answers = [Screened(signals=[], held="list_missing"), Screened(signals=[], held="list_missing")]
    deeds = Deeds(**{"Screening.screen": lambda _: answers.pop() if answers else Screened(signals=[])})

    async def script(handle: Handle) -> None:
        await asyncio.sleep(0)

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"
    assert [ask.task for ask in deeds.orders("ask")] == ["screening_held"]


async def test_a_referral_asks_the_client_for_what_was_named_and_screens_again(env: WorkflowEnvironment) -> None:
    deeds = high_risk()

    async def script(handle: Handle) -> None:
        await until(lambda: len(deeds.orders("ask")) == 1)
        more = {"review": "review_1", "decision": "request_information", "reason": "blurred", "items": ["identity"]}
        await tell(handle, said(Kind.VERIFICATION, "decide", "staff_r1", roles=["reviewer"], **more))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await tell(handle, said(Kind.VERIFICATION, "submit_document", item="identity", document="document_9"))
        await until(lambda: len(deeds.orders("ask")) == 3)
        await tell(handle, judge("cleared"))
        await tell(handle, decide("approve", "staff_r1"))
        await tell(handle, decide("approve", "staff_r2"))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"
    assert [ask.task for ask in deeds.orders("ask")] == ["review", "more_information", "review"]


async def test_an_agreement_is_signed_once_and_then_sealed(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        refusals.append(await refused(handle, said(Kind.AGREEMENT, "sign", agreement="another", consent="c")))
        await tell(handle, said(Kind.AGREEMENT, "sign", agreement="agreement_1", consent="c"))
        refusals.append(await refused(handle, said(Kind.AGREEMENT, "sign", agreement="agreement_1", consent="c")))

    result = await play(env, Kind.AGREEMENT, deeds, script)

    assert result.facts == {"agreement": "signed"}
    assert refusals[0] == "agreement_not_open"
    assert deeds.letters() == ["agreement_ready", "agreement_signed"]


async def test_a_failed_trial_is_tried_again_when_staff_have_mended_it(env: WorkflowEnvironment) -> None:
    trials = [Trial(failed=[]), Trial(failed=["not_in_group"])]
    deeds = Deeds(**{"Accounts.try_out": lambda _: trials.pop()})

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await until(lambda: len(deeds.orders("ask")) == 1)
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.PROVISIONING, "resolve_task", "staff_1", task="task_1", resolution="mended"))

    result = await play(env, Kind.PROVISIONING, deeds, script)

    assert result.facts == {"trial": "passed"}


async def test_material_is_done_when_all_is_read_and_the_choice_is_made(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()

    async def script(handle: Handle) -> None:
        refusals.append(await refused(handle, said(Kind.GUIDANCE, "acknowledge", resource="first-steps")))
        refusals.append(await refused(handle, said(Kind.GUIDANCE, "acknowledge", resource="unknown")))
        await tell(handle, said(Kind.GUIDANCE, "acknowledge", resource="first-steps", choice="yes"))

    result = await play(env, Kind.GUIDANCE, deeds, script)

    assert refusals == ["choice_needed", "unknown_resource"]
    assert result.facts == {"e_documents": "yes"}
