"""Undoing: in reverse order, what was only intended too, once, and with a person behind what fails."""

from datetime import timedelta

import pytest

from onboarding.deeds import Booking, Drafting, Offering, Opening, Place, Undo
from onboarding.errors import Unavailable
from onboarding.plan import Agree, Meet
from records import agreements, effects, meetings, tasks
from records.effects import Intent
from tests.activities.desk import STORY, Desk

LATER = STORY + timedelta(hours=1)


async def a_busy_case(desk: Desk) -> str:
    """A case with an agreement, an account with its permissions, and a booked meeting."""
    case = await desk.case()
    agree = Agree(template="agreement", terms="saas")
    await desk.agreements.draw_up(Drafting(case=case, step="agreement", story=STORY, agree=agree))
    opening = Opening(case=case, step="account", story=STORY, group="customers")
    await desk.accounts.open(opening)
    await desk.accounts.join(opening)
    meet = Meet(purpose="kickoff", minutes=30)
    offered = await desk.meetings.offer(Offering(case=case, step="kickoff", story=STORY, meet=meet))
    async with desk.database.session() as session:
        meeting = await meetings.meeting(session, offered.meeting)
    await desk.meetings.book(
        Booking(case=case, step="kickoff", story=STORY, meeting=meeting.id, slot=meeting.slots[0], message="m1")
    )
    return case


async def plan(desk: Desk, case: str) -> list[Undo]:
    return await desk.undoing.plan(Place(case=case, step="onboarding", story=LATER))


async def test_the_plan_takes_the_last_deed_first(desk: Desk) -> None:
    case = await a_busy_case(desk)

    assert [undo.undo for undo in await plan(desk, case)] == [
        "cancel_event",
        "leave_group",
        "deactivate_and_delete_account",
        "void_envelope",
    ]


async def test_afterwards_nothing_of_it_is_left_outside(desk: Desk) -> None:
    case = await a_busy_case(desk)

    for undo in await plan(desk, case):
        await desk.undoing.undo(undo)

    assert desk.directory.happened[-3:] == ["left customers", f"deactivated {case}", f"deleted {case}"]
    assert desk.calendar.meetings == {}
    async with desk.database.session() as session:
        assert [row.state for row in await agreements.agreements(session, case)] == ["void"]
    assert await plan(desk, case) == []


async def test_what_is_undone_twice_is_undone_once(desk: Desk) -> None:
    case = await a_busy_case(desk)
    steps = await plan(desk, case)

    for undo in [*steps, *steps]:
        await desk.undoing.undo(undo)

    assert (await desk.said(case)).count("effect_undone") == 4
    assert len(desk.mails.notices) == 1


async def test_an_invitation_is_taken_back_by_mail_with_a_higher_sequence(desk: Desk) -> None:
    case = await a_busy_case(desk)

    await desk.undoing.undo((await plan(desk, case))[0])

    (notice,) = desk.mails.notices
    assert (notice.letter, notice.about["sequence"]) == ("invitation_cancel", "1")


async def test_a_deed_that_was_only_intended_is_looked_for_outside(desk: Desk) -> None:
    case = await desk.case()
    await desk.directory.open_user(case, case, "Hortensia Vexley", "hortensia@vexley.example")
    await desk.effects._intend(
        Intent(
            key=f"account:{case}", kind="account", case_id=case, step="account", story=STORY, actor="aboard",
            undo_args={"external_id": case},
        )
    )  # fmt: skip

    for undo in await plan(desk, case):
        await desk.undoing.undo(undo)

    assert desk.directory.accounts == {}


async def test_a_deed_that_was_intended_and_never_done_is_undone_by_finding_nothing(desk: Desk) -> None:
    case = await desk.case()
    await desk.effects._intend(
        Intent(
            key=f"account:{case}", kind="account", case_id=case, step="account", story=STORY, actor="aboard",
            undo_args={"external_id": case},
        )
    )  # fmt: skip

    for undo in await plan(desk, case):
        await desk.undoing.undo(undo)

    assert await plan(desk, case) == []


async def test_an_undoing_that_fails_for_good_becomes_one_task(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await a_busy_case(desk)
    undo = (await plan(desk, case))[2]

    async def refuse(account_id: str) -> None:
        raise Unavailable

    monkeypatch.setattr(desk.directory, "delete", refuse)
    with pytest.raises(Exception, match="could not be taken back"):
        await desk.undoing.undo(undo)
    await desk.undoing.give_up(undo)
    await desk.undoing.give_up(undo)

    async with desk.database.session() as session:
        opened = await tasks.tasks(session, case_id=case, state="open")
        row = await effects.effect_row(session, undo.effect)
    assert [(task.code, task.resources["undo"]) for task in opened] == [("undo_by_hand", undo.undo)]
    assert (row.state, row.error) == ("undo_failed", "unavailable")
