"""Identity checks: one run for everybody who must prove who they are, and what the vendor says in any order."""

from datetime import timedelta

import pytest

from activities.identity import ATTEMPTS, Identity
from activities.vendors.onfido import Onfido
from onboarding.case import Client
from onboarding.deeds import Undo
from onboarding.diligence import IdentityTaken, Screened, VendorTold
from onboarding.errors import NotFound, Unavailable
from records import effects, evidence_files, identity_checks, inbox, signals
from records.effects import EffectState
from tests.activities.desk import STORY, Desk, a_company, a_person, identified
from tests.activities.test_screening import verifying
from tests.outside.onfido import OnfidoServer


@pytest.fixture
async def checking(desk: Desk, vendor: Onfido) -> Desk:
    """A desk with an identity vendor."""
    desk.identity = Identity(desk.database, desk.journal, desk.effects, vendor)
    desk.screening._identity = desk.identity
    desk.undoing._identity = vendor
    desk.lookout._identity = desk.identity
    return desk


async def told(desk: Desk, case: str, event: str, party: str = "person") -> IdentityTaken:
    """A webhook was stored by the door; the story has it taken in."""
    event = f"{event}_{case}"
    async with desk.database.session() as session:
        check = (await identity_checks.of_case(session, case))[party]
        payload: dict[str, object] = {"reference": check.id, "what": "workflow_run.completed"}
        await inbox.receive(
            session, desk.journal.vault, vendor="onfido", event=event, case_id=case, step="verify",
            kind="vendor_event", payload=payload,
        )  # fmt: skip
    return await desk.identity.take(VendorTold(case=case, step="verify", story=STORY, vendor="onfido", event=event))


async def codes(desk: Desk, case: str) -> list[str]:
    async with desk.database.session() as session:
        return sorted(row.code for row in await signals.signals(session, case))


async def screened(desk: Desk, case: str) -> Screened:
    return await desk.screening.screen(verifying(case))


async def test_nothing_is_screened_before_the_vendor_has_checked(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())

    assert await screened(checking, case) == Screened(signals=[], waiting=["person"])
    async with checking.database.session() as session:
        assert await signals.screenings(session, case) == []
        check = (await identity_checks.of_case(session, case))["person"]
        link = await identity_checks.link(session, checking.journal.vault, check.id)
    assert link == f"https://eu.onfido.app/l/{onfido.only}"


async def test_screened_again_there_is_still_one_run(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())

    for _ in range(3):
        await screened(checking, case)

    assert len(onfido.runs) == 1
    assert (await checking.said(case)).count("effect_done") == 1


async def test_killed_after_the_run_was_started_it_is_found_again(
    checking: Desk, onfido: OnfidoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await identified(checking, a_person())

    async def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(checking.effects, "_settle", killed)
        with pytest.raises(RuntimeError):
            await screened(checking, case)

    assert (await screened(checking, case)).waiting == ["person"]
    assert len(onfido.runs) == 1


async def test_for_a_check_that_comes_to_an_end_at_once_nobody_waits(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    onfido.at_once = "declined"

    assert (await screened(checking, case)).waiting == []
    assert await codes(checking, case) == ["identity_failed"]


async def test_each_owner_of_a_company_is_checked(checking: Desk, onfido: OnfidoServer) -> None:
    case = await checking.case(a_company())

    assert (await screened(checking, case)).waiting == ["owner_1", "owner_2"]
    assert len(onfido.runs) == 2


async def test_a_vendor_that_does_not_answer_is_asked_again(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    onfido.troubles.append(503)

    with pytest.raises(Unavailable):
        await screened(checking, case)
    assert (await screened(checking, case)).waiting == ["person"]


async def test_who_was_checked_is_screened_without_a_signal(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "approved")

    assert await told(checking, case, "evt_1") == IdentityTaken(waiting=[])
    assert await screened(checking, case) == Screened(signals=[])
    async with checking.database.session() as session:
        kept = await evidence_files.last(session, checking.journal.vault, case)
        assert case not in [event.case_id for event in await inbox.undelivered(session, timedelta(0))]
    assert kept
    assert "vendor:identity_" in str(kept.content["matrices"])


async def test_a_vendor_who_vouches_makes_up_for_a_document_that_no_machine_could_read(
    checking: Desk, onfido: OnfidoServer
) -> None:
    case = await checking.case(a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "approved")
    await told(checking, case, "evt_1")

    await screened(checking, case)

    assert await codes(checking, case) == []


@pytest.mark.parametrize(("status", "code"), [("review", "identity_needs_review"), ("declined", "identity_failed")])
async def test_a_doubt_of_the_vendor_is_a_signal(checking: Desk, onfido: OnfidoServer, status: str, code: str) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, status)

    taken = await told(checking, case, "evt_1")
    found = await screened(checking, case)

    assert (taken.signals, await codes(checking, case)) == (found.signals, [code])


async def test_what_the_vendor_read_is_compared_with_what_was_declared(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "approved", date_of_birth="1990-01-01")
    await told(checking, case, "evt_1")

    await screened(checking, case)

    assert await codes(checking, case) == ["birth_date_differs"]


async def test_events_out_of_order_end_at_what_the_vendor_says_now(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "declined")

    for event in ("evt_declined", "evt_completed", "evt_started"):
        await told(checking, case, event)

    assert await codes(checking, case) == ["identity_failed"]


async def test_an_event_that_is_taken_in_twice_changes_nothing(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    onfido.says(onfido.only, "review")

    first = await told(checking, case, "evt_1")
    again = await told(checking, case, "evt_1")

    assert first == again
    assert (await checking.said(case)).count("identity_review") == 1


async def test_a_run_that_was_abandoned_is_started_anew_and_in_the_end_a_reviewer_is_told(
    checking: Desk, onfido: OnfidoServer
) -> None:
    case = await identified(checking, a_person())
    for attempt in range(1, ATTEMPTS + 1):
        assert (await screened(checking, case)).waiting == ["person"]
        onfido.says(list(onfido.runs)[-1], "abandoned")
        await told(checking, case, f"evt_{attempt}")

    last = await screened(checking, case)

    assert last.waiting == []
    assert len(onfido.runs) == ATTEMPTS
    assert await codes(checking, case) == ["identity_not_checked"]


async def test_an_event_of_another_case_is_not_taken_in(checking: Desk) -> None:
    case, other = await identified(checking, a_person()), await identified(checking, a_person())
    await screened(checking, case)
    await told(checking, case, "evt_1")

    with pytest.raises(NotFound):
        await checking.identity.take(
            VendorTold(case=other, step="verify", story=STORY, vendor="onfido", event=f"evt_1_{case}")
        )


async def test_a_withdrawal_takes_the_applicant_away(checking: Desk, onfido: OnfidoServer) -> None:
    case = await identified(checking, a_person())
    await screened(checking, case)
    async with checking.database.session() as session:
        (planned,) = await effects.undo_plan(session, case)
    order = Undo(case=case, effect=planned.key, kind=planned.kind, undo=planned.undo, story=STORY)

    await checking.undoing.undo(order)

    assert onfido.happened[-1] == "applicant deleted"
    async with checking.database.session() as session:
        assert (await effects.effect_row(session, planned.key)).state is EffectState.UNDONE


async def test_nothing_that_names_a_person_leaves_but_what_is_compared(checking: Desk, onfido: OnfidoServer) -> None:
    client: Client = a_person()
    case = await identified(checking, client)
    await screened(checking, case)

    sent = str(onfido.applicants) + str(onfido.runs)

    assert "Hortensia" in sent
    assert not [word for word in ("hortensia@", "Quay", "PX1234567", case) if word in sent]


async def test_without_a_vendor_nobody_waits(desk: Desk) -> None:
    case = await identified(desk, a_person())

    assert await screened(desk, case) == Screened(signals=[])
