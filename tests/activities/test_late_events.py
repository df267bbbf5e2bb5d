"""What an identity vendor says after the decision: Monitoring's next look asks what is meant, and people see it."""

from onboarding.case import StepState
from records import cases, identity_checks, inbox, signals, steps
from tests.activities.desk import STORY, Desk, a_person, identified
from tests.activities.test_identity import checking, codes, screened, told
from tests.activities.test_watching import looking
from tests.outside.onfido import OnfidoServer

__all__ = ["checking"]


async def over(desk: Desk, case: str) -> None:
    """The decision was made without waiting for the vendor."""
    async with desk.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)
        await steps.close_step(session, case, "verify", STORY, StepState.DONE, "no_findings")


async def came_late(desk: Desk, case: str, party: str = "person") -> None:
    """The door has stored an event that no step took in."""
    async with desk.database.session() as session:
        check = (await identity_checks.of_case(session, case))[party]
        await inbox.receive(
            session, desk.journal.vault, vendor="onfido", event=f"late_{case}", case_id=case, step="verify",
            kind="vendor_event", payload={"reference": check.id, "what": "workflow_run.completed"},
        )  # fmt: skip


async def waiting(desk: Desk, case: str) -> list[str]:
    async with desk.database.session() as session:
        return [event.event for event in await inbox.too_late(session, case)]


async def test_what_the_vendor_says_after_the_decision_is_for_a_review_of_monitoring(
    checking: Desk, onfido: OnfidoServer
) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "approved")
    await told(checking, case, "evt_1")
    await screened(checking, case)
    await over(checking, case)
    onfido.says(onfido.only, "declined", ["document_forged"])
    await came_late(checking, case)

    looked = await checking.lookout.screen_again(await looking(checking, case))

    assert (await codes(checking, case), looked.needs_review) == (["identity_failed"], True)
    assert (await waiting(checking, case), (await checking.said(case))[-1]) == ([], "screened_again")
    async with checking.database.session() as session:
        (signal,) = looked.screened.signals
        shown = await signals.evidence(session, checking.journal.vault, signal)
    assert shown
    assert shown["reasons"] == ["document_forged"]


async def test_good_news_after_the_decision_is_kept_and_asks_for_nobody(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    await over(checking, case)
    onfido.says(onfido.only, "approved")
    await came_late(checking, case)

    looked = await checking.lookout.screen_again(await looking(checking, case))

    assert (looked.needs_review, "identity_passed" in await checking.said(case)) == (False, True)


async def test_what_is_gone_at_the_vendor_after_the_decision_is_told_and_unsays_nothing(
    checking: Desk, onfido: OnfidoServer
) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "approved")
    await told(checking, case, "evt_1")
    await over(checking, case)
    onfido.applicants.clear()
    await came_late(checking, case)

    await checking.lookout.screen_again(await looking(checking, case))

    assert await codes(checking, case) == ["identity_not_checked"]
    async with checking.database.session() as session:
        assert (await identity_checks.of_case(session, case))["person"].state == "passed"


async def test_a_vendor_that_does_not_say_what_it_meant_holds_the_look_and_is_asked_again(
    checking: Desk, onfido: OnfidoServer
) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    await over(checking, case)
    onfido.says(onfido.only, "declined")
    await came_late(checking, case)
    onfido.troubles.append(503)

    held = await checking.lookout.screen_again(await looking(checking, case))
    again = await checking.lookout.screen_again(await looking(checking, case, days=1))

    assert (held.screened.held, await waiting(checking, case)) == ("unavailable", [])
    assert (again.screened.held, again.needs_review) == (None, True)


async def test_an_event_for_a_step_that_goes_on_is_left_to_it(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    async with checking.database.session() as session:
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)
        await steps.open_step(session, case, "verify", STORY)
    await screened(checking, case)
    await came_late(checking, case)

    assert await waiting(checking, case) == []
