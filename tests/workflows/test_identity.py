"""Verification with an identity vendor: the client is asked, the vendor tells by signals, and then it goes on."""

from typing import Any

from temporalio.testing import WorkflowEnvironment

from onboarding.case import Band
from onboarding.diligence import IdentityTaken, Rated, Screened
from onboarding.messages import Message
from onboarding.plan import Kind
from tests.workflows.conftest import message, tell
from tests.workflows.deeds import Deeds
from tests.workflows.playing import CASE, Handle, play, refused, said, until


def told(number: int) -> Message:
    return message(CASE, "verification", "vendor_event", "vendor:onfido", event=f"evt_{number}")


async def signal(handle: Handle, said: Message) -> None:
    await handle.signal("vendor_event", said)


def with_a_vendor(checks: int = 1, **answers: Any) -> Deeds:
    """Waits until the vendor has told as often as there are checks."""
    deeds = Deeds(**answers)

    def left() -> list[str]:
        return ["person"] * (checks > deeds.names().count("take_identity_event"))

    deeds.answers["Screening.screen"] = lambda _: Screened(signals=[], waiting=left())
    deeds.answers["Identity.take"] = lambda _: IdentityTaken(waiting=left())
    return deeds


async def test_a_client_is_asked_and_the_vendor_s_word_lets_it_go_on(env: WorkflowEnvironment) -> None:
    deeds = with_a_vendor()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await signal(handle, told(1))

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert result.outcome == "done"
    assert [(ask.task, ask.holder) for ask in deeds.orders("ask")] == [("identity_check", "client")]
    assert [(order.vendor, order.event) for order in deeds.orders("take_identity_event")] == [("onfido", "evt_1")]


async def test_the_same_event_is_taken_in_once_however_often_it_is_delivered(env: WorkflowEnvironment) -> None:
    deeds = with_a_vendor(checks=2)

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        first = told(1)
        for again in (first, first, first.model_copy(), told(2)):
            await signal(handle, again)

    await play(env, Kind.VERIFICATION, deeds, script)

    assert [order.event for order in deeds.orders("take_identity_event")][:1] == ["evt_1"]
    assert len({order.event for order in deeds.orders("take_identity_event")}) == 2


async def test_an_event_that_nobody_signed_lets_nobody_through(env: WorkflowEnvironment) -> None:
    deeds = with_a_vendor()

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await signal(handle, told(1).model_copy(update={"signature": ""}))
        await signal(handle, told(1).model_copy(update={"actor": "vendor:another"}))
        assert "take_identity_event" not in deeds.names()
        await signal(handle, told(2))

    await play(env, Kind.VERIFICATION, deeds, script)

    assert [order.event for order in deeds.orders("take_identity_event")] == ["evt_2"]


async def test_a_vendor_who_thinks_better_of_it_during_the_review_adds_a_signal(env: WorkflowEnvironment) -> None:
    deeds, refusals = Deeds(), list[str]()
    deeds.answers["Screening.screen"] = lambda _: Screened(signals=["signal_1"])
    deeds.answers["Screening.rate"] = lambda _: Rated(rating="rating_1", band=Band.MEDIUM, approvals=1)
    deeds.answers["Identity.take"] = lambda _: IdentityTaken(waiting=[], signals=["signal_late"])

    def judged(signal_id: str) -> Any:
        evidence = {"review": "review_1", "signal": signal_id, "verdict": "cleared", "reason": "checked"}
        return said(Kind.VERIFICATION, "judge_signal", "staff_r1", roles=["reviewer"], **evidence)

    def approved() -> Any:
        evidence = {"review": "review_1", "decision": "approve", "reason": "checked", "roles": ["reviewer"]}
        return said(Kind.VERIFICATION, "decide", "staff_r1", **evidence)

    async def script(handle: Handle) -> None:
        await until(lambda: "ask" in deeds.names())
        await signal(handle, told(1))
        await until(lambda: "take_identity_event" in deeds.names())
        await tell(handle, judged("signal_1"))
        refusals.append(await refused(handle, approved()))
        await tell(handle, judged("signal_late"))
        await tell(handle, approved())

    result = await play(env, Kind.VERIFICATION, deeds, script)

    assert refusals == ["signals_open"]
    assert result.outcome == "done"
