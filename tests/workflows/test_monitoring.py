"""Monitoring, for years, on the time-skipping server: it wakes, looks, lets reviewers judge, and begins anew."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from onboarding.case import Band
from onboarding.clock import Clock
from onboarding.diligence import Screened
from onboarding.messages import Message
from onboarding.plan import Watch
from onboarding.watching import Looked, Watching
from tests.workflows.conftest import at_work, message, tell
from tests.workflows.deeds import Deeds
from workflows.monitoring import Monitoring

CASE, CLIENT = "case_0000000000000000000a", "client_1"
Handle = WorkflowHandle[Any, None]
Play = Callable[[Handle], Awaitable[None]]


def said(what: str, actor: str = "staff_r1", /, **evidence: object) -> Message:
    return message(CLIENT, "monitoring", what, actor, **evidence)


def found(
    *signals: str, sanctions: bool = False, delisted: tuple[str, ...] = (), closed: tuple[str, ...] = ()
) -> Looked:
    screened = Screened(signals=list(signals), sanctions=list(signals) if sanctions else [])
    return Looked(screened=screened, band=Band.LOW, approvals=1, delisted=list(delisted), closed=list(closed))


def looking(*answers: Looked) -> Deeds:
    """Deeds that answer one look after the other, and find nothing after the last."""
    left = list(answers)
    return Deeds(**{"Lookout.screen_again": lambda _: left.pop(0) if left else found()})


async def play(env: WorkflowEnvironment, deeds: Deeds, script: Play) -> None:
    """Runs a monitoring until the script ends the relationship."""
    async with at_work(env.client, deeds) as queue:
        now = await env.get_current_time()
        order = Watching(
            case=CASE, step="monitor", story=now, client=CLIENT, watch=Watch(policy="risk-standard-eu"),
            clock=Clock(origin=now),
        )  # fmt: skip
        handle = await env.client.start_workflow(Monitoring.run, order, id=f"monitoring-{CLIENT}", task_queue=queue)
        await script(handle)
        current: Handle = env.client.get_workflow_handle(f"monitoring-{CLIENT}")
        await tell(current, said("end", reason="client_left"))
        await handle.result()


async def until(env: WorkflowEnvironment, deeds: Deeds, deed: str, times: int = 1) -> None:
    """Lets days of story time pass until this has been done."""
    for _ in range(2000):
        if deeds.names().count(deed) >= times:
            return
        await env.sleep(timedelta(days=1))
    raise AssertionError(f"{deed} was not done {times} times")


async def refused(handle: Handle, spoken: Message) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await tell(handle, spoken)
    assert isinstance(error.value.cause, ApplicationError)
    return str(error.value.cause.type)


def here(env: WorkflowEnvironment) -> Handle:
    return env.client.get_workflow_handle(f"monitoring-{CLIENT}")


async def test_every_review_date_is_kept_and_each_begins_a_small_new_run(env: WorkflowEnvironment) -> None:
    deeds = looking()

    async def script(handle: Handle) -> None:
        await until(env, deeds, "screen_again", 3)
        assert (await here(env).describe()).run_id != handle.first_execution_run_id

    await play(env, deeds, script)

    assert deeds.names().count("next_review") >= 3


async def test_news_of_a_list_is_looked_at_at_once_and_is_recorded_as_heard(env: WorkflowEnvironment) -> None:
    deeds = looking()
    news = said("screen_again", "aboard", cause="list_changed")

    async def script(handle: Handle) -> None:
        for _ in range(2):  # the sweep may tell it twice
            await handle.signal("screen_again", news)
        await until(env, deeds, "next_review", 2)

    await play(env, deeds, script)

    assert next(order.stirs for order in deeds.orders("screen_again")) == [news.id]
    assert sum(news.id in order.stirs for order in deeds.orders("screen_again")) == 1


async def test_a_signal_is_judged_and_decided_in_a_review_of_monitoring(env: WorkflowEnvironment) -> None:
    deeds = looking(found("signal_1"))

    async def script(handle: Handle) -> None:
        await handle.signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "ask")
        approve = said("decide", review="review_1", decision="approve", reason="no_doubts_left", roles=["reviewer"])
        assert await refused(here(env), approve) == "signals_open"
        judged = said("judge_signal", review="review_1", signal="signal_1", verdict="cleared", reason="other_person")
        await tell(here(env), judged)
        await tell(here(env), approve)
        await until(env, deeds, "conclude_review")

    await play(env, deeds, script)

    (conclusion,) = deeds.orders("conclude_review")
    assert (conclusion.decision, conclusion.reviewers) == ("approve", ["staff_r1"])
    assert [order.step for order in deeds.orders("open_review")] == ["monitoring"]


async def test_who_owns_the_client_does_not_review_it_here_either(env: WorkflowEnvironment) -> None:
    deeds = looking(found("signal_1"))

    async def script(handle: Handle) -> None:
        await handle.signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "ask")
        judged = said(
            "judge_signal", "staff_owner", review="review_1", signal="signal_1", verdict="cleared", reason="x"
        )
        assert await refused(here(env), judged) == "reviewer_is_not_independent"

    await play(env, deeds, script)


async def test_reviewers_are_reminded_and_nobody_is_given_up(env: WorkflowEnvironment) -> None:
    deeds = looking(found("signal_1"))

    async def script(handle: Handle) -> None:
        await handle.signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "ask", 2)

    await play(env, deeds, script)

    assert {"staff_task", "staff_escalation"} <= set(deeds.letters())


async def test_a_delisting_during_a_review_ends_it_when_nothing_is_left(env: WorkflowEnvironment) -> None:
    deeds = looking(found("signal_1"), found(closed=("signal_1",)))

    async def script(handle: Handle) -> None:
        await handle.signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "ask")
        await here(env).signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "conclude_review")

    await play(env, deeds, script)

    assert [order.decision for order in deeds.orders("conclude_review")] == [None]


async def test_a_confirmed_hit_that_is_delisted_is_closed_by_two_reviewers(env: WorkflowEnvironment) -> None:
    deeds = looking(found(delisted=("signal_1",)))

    async def script(handle: Handle) -> None:
        await handle.signal("screen_again", said("screen_again", "aboard", cause="list_changed"))
        await until(env, deeds, "ask")
        for reviewer in ("staff_r1", "staff_r2"):
            assert "conclude_review" not in deeds.names()
            await tell(
                here(env), said("decide", reviewer, review="review_1", decision="approve", reason="delisted", roles=[])
            )
        await until(env, deeds, "conclude_review")

    await play(env, deeds, script)

    (conclusion,) = deeds.orders("conclude_review")
    assert (conclusion.delisted, conclusion.reviewers) == (["signal_1"], ["staff_r1", "staff_r2"])


async def test_a_hold_is_placed_and_lifted_and_what_was_kept_goes_out(env: WorkflowEnvironment) -> None:
    deeds = looking()

    async def script(handle: Handle) -> None:
        await tell(handle, said("hold", reason="account_frozen"))
        await tell(handle, said("lift", reason="explained"))
        await until(env, deeds, "send_kept_mails")

    await play(env, deeds, script)

    done = [name for name in deeds.names() if name in ("hold_contact", "lift_hold", "send_kept_mails")]
    assert done == ["hold_contact", "lift_hold", "send_kept_mails"]


async def test_the_end_of_the_relationship_ends_it_for_good(env: WorkflowEnvironment) -> None:
    deeds = looking()

    async def script(handle: Handle) -> None:
        await handle.query("__temporal_workflow_metadata")

    await play(env, deeds, script)

    assert [order.reason for order in deeds.orders("end_relationship")] == ["client_left"]


async def test_a_message_for_another_client_is_refused(env: WorkflowEnvironment) -> None:
    deeds = looking()

    async def script(handle: Handle) -> None:
        stranger = message("client_2", "monitoring", "hold", "staff_r1", reason="account_frozen")
        assert await refused(handle, stranger) == "misdirected_message"
        of_the_case = message(CASE, "onboarding", "hold", "staff_r1", reason="account_frozen")
        assert await refused(handle, of_the_case) == "misdirected_message"

    await play(env, deeds, script)

    assert "hold_contact" not in deeds.names()


async def test_a_case_that_came_to_nothing_ends_its_monitoring(env: WorkflowEnvironment) -> None:
    over = Looked(screened=Screened(signals=[]), band=Band.LOW, approvals=1, over=True)
    deeds = looking(over)
    async with at_work(env.client, deeds) as queue:
        now = await env.get_current_time()
        watch = Watch(policy="risk-standard-eu")
        order = Watching(case=CASE, step="monitor", story=now, client=CLIENT, watch=watch, clock=Clock(origin=now))
        handle = await env.client.start_workflow(Monitoring.run, order, id=f"monitoring-{CLIENT}", task_queue=queue)

        await handle.signal("screen_again", said("screen_again", "aboard", cause="case_ended"))
        await handle.result()

    assert "end_relationship" not in deeds.names()
