"""Each kind of step, alone on the time-skipping server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from onboarding.case import Band, CheckInOutcome, Moment
from onboarding.clock import Clock
from onboarding.deeds import Booked, Lacking, Offered, Outcome, Rated, Screened, StepOrder, StepResult, Trial, Verdict
from onboarding.plan import Agree, CheckUp, Collect, Guide, Kind, Meet, Provision, Resource, Step, Verify
from tests.workflows.conftest import at_work, message, tell
from tests.workflows.deeds import Deeds
from workflows.agreement import Agreement
from workflows.check_in import CheckIn
from workflows.collection import Collection
from workflows.guidance import Guidance
from workflows.meeting import Meeting
from workflows.provisioning import Provisioning
from workflows.verification import Verification

CASE = "case_0000000000000000000a"
RUN: dict[Kind, Any] = {
    Kind.COLLECTION: Collection,
    Kind.VERIFICATION: Verification,
    Kind.AGREEMENT: Agreement,
    Kind.PROVISIONING: Provisioning,
    Kind.MEETING: Meeting,
    Kind.GUIDANCE: Guidance,
    Kind.CHECK_IN: CheckIn,
}
RESOURCE = Resource(id="first-steps", title={"en": "First steps"}, link="guides/first-steps")
STEPS = {
    Kind.COLLECTION: {"collect": Collect(documents={"person": ["identity"]})},
    Kind.VERIFICATION: {"verify": Verify(policy="eu")},
    Kind.AGREEMENT: {"agree": Agree(template="agreement", terms="saas")},
    Kind.PROVISIONING: {"provision": Provision(do="trial", group="customers")},
    Kind.MEETING: {"meet": Meet(purpose="kickoff", minutes=30)},
    Kind.GUIDANCE: {"guide": Guide(resources=[RESOURCE], choice="e_documents")},
    Kind.CHECK_IN: {"check": CheckUp(day=30, anchor="account", survey="day-30")},
}

Handle = WorkflowHandle[Any, StepResult]
Play = Callable[[Handle], Awaitable[None]]


def an_order(kind: Kind, now: datetime) -> StepOrder:
    step = Step(key=kind.value, kind=kind, name={"en": kind.value}, **STEPS[kind])  # type: ignore[arg-type]
    return StepOrder(
        case=CASE,
        client="client_1",
        step=step,
        owner="staff_owner",
        due=Moment(nominal=now, effective=now),
        clock=Clock(origin=now),
        facts={},
        anchors={"account": now},
    )


async def play(env: WorkflowEnvironment, kind: Kind, deeds: Deeds, script: Play) -> StepResult:
    """Runs a step from its beginning to its end, with people played by `script`."""
    async with at_work(env.client, deeds) as queue:
        order = an_order(kind, await env.get_current_time())
        handle: Handle = await env.client.start_workflow(
            RUN[kind].run, order, id=f"onboarding-{CASE}/{kind.value}", task_queue=queue
        )
        await script(handle)
        return await handle.result()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the deeds are called from another loop's callbacks
            await asyncio.sleep(0.01)


def said(kind: Kind, what: str, actor: str = "client", /, **evidence: object) -> Any:
    return message(CASE, kind.value, what, actor, **evidence)


async def refused(handle: Handle, spoken: Any) -> str:
    """The reason code with which the story refuses a message."""
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await tell(handle, spoken)
    assert isinstance(error.value.cause, ApplicationError)
    return str(error.value.cause.type)


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


async def test_a_pause_while_staff_mend_a_deed_moves_the_clients_reminders_too(env: WorkflowEnvironment) -> None:
    failures = [ApplicationError("no", type="calendar_refused", non_retryable=True)]

    def offer(order: Any) -> Offered:
        if failures:
            raise failures.pop()
        return Offered(meeting="meeting_1")

    deeds = Deeds(**{"Meetings.offer": offer})

    async def script(handle: Handle) -> None:
        await until(lambda: "deed_failed" in [order.task for order in deeds.orders("ask")])
        await handle.signal("pause", said(Kind.MEETING, "pause"))
        await env.sleep(timedelta(days=8))
        await handle.signal("resume", said(Kind.MEETING, "resume"))
        await tell(handle, said(Kind.MEETING, "resolve_task", task="task_2"))
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=1)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await env.sleep(timedelta(days=2))
        await until(lambda: "record_meeting" in [order.task for order in deeds.orders("ask")])
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", meeting="meeting_1", outcome="held"))

    await play(env, Kind.MEETING, deeds, script)

    assert "reminder" not in deeds.letters()


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


def judge(verdict: str, actor: str = "staff_r1") -> Any:
    evidence = {"review": "review_1", "signal": "signal_1", "verdict": verdict, "reason": "not_the_same_person"}
    return said(Kind.VERIFICATION, "judge_signal", actor, **evidence)


def decide(decision: str, actor: str, roles: list[str] | None = None) -> Any:
    evidence = {"review": "review_1", "decision": decision, "reason": "evidence_seen", "roles": roles or ["reviewer"]}
    return said(Kind.VERIFICATION, "decide", actor, **evidence)


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


async def test_a_meeting_is_booked_held_and_recorded(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async def script(handle: Handle) -> None:
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=2)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await env.sleep(timedelta(days=3))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await asyncio.sleep(0.2)
        evidence = {"meeting": "meeting_1", "outcome": "held"}
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", **evidence))

    result = await play(env, Kind.MEETING, deeds, script)

    assert result.facts == {"meeting": "held"}
    assert deeds.letters() == ["slots", "invitation", "invitation_reminder"]


async def test_a_sign_of_life_while_a_meeting_is_booked_does_not_bring_it_forward(env: WorkflowEnvironment) -> None:
    deeds = Deeds(**{"Meetings.book": lambda order: _slowly(order)})

    async def script(handle: Handle) -> None:
        await until(lambda: "slots" in deeds.letters())
        slot = (await env.get_current_time() + timedelta(days=10)).isoformat()
        await tell(handle, said(Kind.MEETING, "choose_slot", meeting="meeting_1", slot=slot))
        await tell(handle, said(Kind.MEETING, "sign_of_life"))
        await env.sleep(timedelta(days=5))
        assert "invitation_reminder" not in deeds.letters()
        await env.sleep(timedelta(days=6))
        await until(lambda: len(deeds.orders("ask")) == 2)
        await asyncio.sleep(0.2)
        evidence = {"meeting": "meeting_1", "outcome": "held"}
        await tell(handle, said(Kind.MEETING, "record_meeting", "staff_owner", **evidence))

    result = await play(env, Kind.MEETING, deeds, script)

    assert result.facts == {"meeting": "held"}


async def _slowly(order: Any) -> Booked:
    await asyncio.sleep(0.5)
    ends = order.slot + timedelta(minutes=30)
    return Booked(starts=order.slot, ends=ends, remind_at=order.slot - timedelta(hours=20), sequence=0)


async def test_our_own_silence_costs_the_client_nothing(env: WorkflowEnvironment) -> None:
    deeds = Deeds()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=80))
        await until(lambda: len([ask for ask in deeds.orders("ask") if ask.task == "record_outcome"]) > 1)
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached"))

    result = await play(env, Kind.CHECK_IN, deeds, script)

    assert result.outcome == "done"
    assert "role:admin" in [order.to for order in deeds.orders("send_mail")]


async def test_a_check_in_is_recorded_once(env: WorkflowEnvironment) -> None:
    red = Outcome(outcome=CheckInOutcome.RED, reasons=["low_adoption"])
    deeds, refusals = Deeds(**{"CheckIns.assess": lambda _: red}), list[str]()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="no"))
        refusals.append(await refused(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached")))
        await until(lambda: any(ask.task == "recovery" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        task = f"task_{len(deeds.orders('ask'))}"
        await tell(handle, said(Kind.CHECK_IN, "resolve_task", "staff_owner", task=task, resolution="agreed"))

    await play(env, Kind.CHECK_IN, deeds, script)

    assert refusals == ["already_answered"]


async def test_material_is_done_when_all_is_read_and_the_choice_is_made(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()

    async def script(handle: Handle) -> None:
        refusals.append(await refused(handle, said(Kind.GUIDANCE, "acknowledge", resource="first-steps")))
        refusals.append(await refused(handle, said(Kind.GUIDANCE, "acknowledge", resource="unknown")))
        await tell(handle, said(Kind.GUIDANCE, "acknowledge", resource="first-steps", choice="yes"))

    result = await play(env, Kind.GUIDANCE, deeds, script)

    assert refusals == ["choice_needed", "unknown_resource"]
    assert result.facts == {"e_documents": "yes"}


async def test_a_red_check_in_opens_a_recovery_with_an_exit_criterion(env: WorkflowEnvironment) -> None:
    red = Outcome(outcome=CheckInOutcome.RED, reasons=["low_adoption"])
    deeds = Deeds(**{"CheckIns.assess": lambda _: red})

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="no"))
        await until(lambda: any(ask.task == "recovery" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        task = f"task_{len(deeds.orders('ask'))}"
        await tell(handle, said(Kind.CHECK_IN, "resolve_task", "staff_owner", task=task, resolution="agreed"))

    result = await play(env, Kind.CHECK_IN, deeds, script)

    recovery = deeds.orders("ask")[-1]
    assert (recovery.task, recovery.exit_criterion) == ("recovery", "recovery_plan_agreed")
    assert result.facts == {"check_in": "red"}


async def test_a_survey_answered_after_it_expired_is_refused(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()

    async def script(handle: Handle) -> None:
        await env.sleep(timedelta(days=31))
        await until(lambda: any(ask.task == "record_outcome" for ask in deeds.orders("ask")))
        await asyncio.sleep(0.2)
        refusals.append(await refused(handle, said(Kind.CHECK_IN, "answer_survey", survey="survey_1")))
        await tell(handle, said(Kind.CHECK_IN, "record_outcome", "staff_owner", goal="reached"))

    await play(env, Kind.CHECK_IN, deeds, script)

    assert refusals == ["survey_expired"]
    assert [order.state for order in deeds.orders("close_survey")] == ["expired"]
