"""Tasks, meetings and check-ins: what staff say is told to the step that asked."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from api.door import Door
from onboarding.case import Holder, Moment, Role
from onboarding.errors import Conflict
from records import check_ins, meetings, steps, tasks
from records.check_ins import NewCheckIn
from records.effects import Intent, Receipt
from records.meetings import NewMeeting
from records.tasks import NewTask
from tests.api.house import Caller, FakeEngine, Staff, a_request, planned

STORY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def case_id(desk: Caller, door: Door) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    await planned(door, case_id, opened=("verify", "collect", "kickoff", "day-30"))
    return case_id


async def a_task(door: Door, case_id: str, **changes: object) -> str:
    new = {"case_id": case_id, "step": "collect", "key": "1", "code": "client_silent", "role": "staff"}
    task = NewTask.model_validate({**new, "holder": Holder.STAFF, "opened_story": STORY, **changes})
    async with door.database.session() as session:
        return await tasks.open_task(session, task)


async def a_meeting(door: Door, case_id: str, purpose: str = "kickoff") -> str:
    new = NewMeeting(
        case_id=case_id, step="kickoff", purpose=purpose, minutes=45, owner="staff_1", timezone="UTC", slots=[STORY]
    )
    async with door.database.session() as session:
        return await meetings.offer(session, new)


async def a_check_in(door: Door, case_id: str) -> str:
    due = Moment(nominal=STORY, effective=STORY + timedelta(days=1), reason="weekend")
    async with door.database.session() as session:
        new = NewCheckIn(case_id=case_id, step="day-30", day=30, due=due, dates={"brief": STORY})
        return await check_ins.plan_check_in(session, new)


def told(engine: FakeEngine) -> Iterable[tuple[str, str, dict[str, object]]]:
    return [(workflow, message.what, dict(message.evidence)) for workflow, message in engine.heard]


# ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_settled_task_is_told_to_its_step(desk: Caller, door: Door, engine: FakeEngine, case_id: str) -> None:
    task = await a_task(door, case_id)

    answer = await desk.post(f"/tasks/{task}/resolution", {"resolution": "client_reached"})

    assert answer.status_code == 200
    evidence = {"task": task, "resolution": "client_reached"}
    assert told(engine) == [(f"onboarding-{case_id}/collect", "resolve_task", evidence)]


async def test_a_task_is_for_its_owner_and_its_role(
    desk: Caller, staff: Staff, door: Door, engine: FakeEngine, case_id: str
) -> None:
    csm, admin = await staff.who_is(Role.CSM), await staff.who_is(Role.ADMIN)
    theirs = await a_task(door, case_id, role="csm", owner=csm.id)
    settle = {"resolution": "done"}

    refused = await desk.post(f"/tasks/{theirs}/resolution", settle)
    answers = [(await who.post(f"/tasks/{theirs}/resolution", settle)).status_code for who in (csm, admin)]

    assert (refused.status_code, refused.json()["code"]) == (403, "task_of_another_role")
    assert answers == [200, 200]


@pytest.mark.parametrize("changes", [{"holder": Holder.CLIENT, "code": "collect"}, {"code": "record_meeting"}])
async def test_what_others_have_to_do_is_not_settled_by_a_word(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str, changes: dict[str, object]
) -> None:
    task = await a_task(door, case_id, **changes)

    answer = await desk.post(f"/tasks/{task}/resolution", {"resolution": "done"})

    assert (answer.status_code, answer.json()["code"]) == (409, "task_not_for_staff")
    assert engine.heard == []


async def test_a_task_that_outlived_its_step_is_settled_here(
    desk: Caller, staff: Staff, door: Door, engine: FakeEngine, case_id: str
) -> None:
    task = await a_task(door, case_id, step="account", code="undo_by_hand")

    first = await desk.post(f"/tasks/{task}/resolution", {"resolution": "undone_by_hand"})
    again = await desk.post(f"/tasks/{task}/resolution", {"resolution": "other"})

    assert (first.status_code, again.json()["code"]) == (200, "task_not_open")
    assert engine.heard == []
    timeline = (await desk.get(f"/cases/{case_id}")).json()["timeline"]
    assert [e["reason"] for e in timeline if e["what"] == "task_settled"] == ["undone_by_hand"]


async def test_tasks_are_found_by_case_and_by_whose_they_are(desk: Caller, door: Door, case_id: str) -> None:
    mine, _theirs = await a_task(door, case_id), await a_task(door, case_id, key="2", role="csm")

    every = (await desk.get("/tasks", case=case_id)).json()["tasks"]
    own = (await desk.get("/tasks", case=case_id, mine=True)).json()["tasks"]

    assert len(every) == 2
    assert [task["id"] for task in own] == [mine]


# ── meetings and check-ins ─────────────────────────────────────────────────────────────────────────────────────────
async def test_how_a_meeting_went_is_told_with_the_id_of_the_notes(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    meeting = await a_meeting(door, case_id)

    await desk.post(f"/meetings/{meeting}/outcome", {"outcome": "held", "notes": "Zephyrine will train two"})

    [(workflow, what, evidence)] = told(engine)
    assert (workflow, what) == (f"onboarding-{case_id}/kickoff", "record_meeting")
    assert (evidence["meeting"], evidence["outcome"]) == (meeting, "held")
    assert str(evidence["notes"]).startswith("note_")


async def test_the_meeting_of_a_check_in_is_recorded_with_it(desk: Caller, door: Door, case_id: str) -> None:
    meeting = await a_meeting(door, case_id, purpose="check_in")

    answer = await desk.post(f"/meetings/{meeting}/outcome", {"outcome": "held"})

    assert (answer.status_code, answer.json()["code"]) == (409, "record_the_check_in")


async def test_meetings_of_a_case_are_listed(desk: Caller, door: Door, case_id: str) -> None:
    meeting = await a_meeting(door, case_id)

    assert [m["id"] for m in (await desk.get(f"/cases/{case_id}/meetings")).json()["meetings"]] == [meeting]


async def test_a_check_in_is_recorded_in_codes_and_numbers(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    check_in = await a_check_in(door, case_id)
    recorded = {
        "usage": {"active": 7, "seats": 10, "sticky_features": ["reports"]},
        "goal": "on_track",
        "first_value": "yes",
        "blockers": [],
        "sponsor_engaged": True,
        "nps": 9,
    }

    answer = await desk.post(f"/check-ins/{check_in}/outcome", recorded)

    assert answer.status_code == 200
    [(workflow, what, evidence)] = told(engine)
    assert (workflow, what) == (f"onboarding-{case_id}/day-30", "record_outcome")
    assert evidence == {
        "active": 7, "seats": 10, "sticky_features": ["reports"], "goal": "on_track", "first_value": "yes",
        "blockers": [], "sponsor_engaged": True, "nps": 9, "notes": None,
    }  # fmt: skip


async def test_what_is_not_recorded_is_not_told(desk: Caller, door: Door, engine: FakeEngine, case_id: str) -> None:
    check_in = await a_check_in(door, case_id)

    await desk.post(f"/check-ins/{check_in}/outcome", {})

    assert [evidence for _, _, evidence in told(engine)] == [{"notes": None}]


async def test_check_ins_show_the_nominal_and_the_effective_date(desk: Caller, door: Door, case_id: str) -> None:
    await a_check_in(door, case_id)

    [row] = (await desk.get(f"/cases/{case_id}/check-ins")).json()["check_ins"]

    assert (row["due"]["nominal"], row["due"]["reason"]) == ("2026-03-02T09:00:00Z", "weekend")


async def test_a_brief_is_shown_once_it_is_frozen(desk: Caller, door: Door, case_id: str) -> None:
    check_in = await a_check_in(door, case_id)

    before = (await desk.get(f"/check-ins/{check_in}/brief")).json()["brief"]
    async with door.database.session() as session:
        await check_ins.save_brief(session, door.vault, check_in, {"client": {"name": "Zephyrine"}})
    after = (await desk.get(f"/check-ins/{check_in}/brief")).json()["brief"]

    assert (before, after) == (None, {"client": {"name": "Zephyrine"}})


async def test_a_meeting_that_has_not_been_held_cannot_be_recorded(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    meeting = await a_meeting(door, case_id)
    engine.failures.append(Conflict(code="meeting_not_held_yet"))

    answer = await desk.post(f"/meetings/{meeting}/outcome", {"outcome": "held", "notes": "words"})

    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_not_held_yet")
    async with door.database.session() as session:
        assert await tasks.notes(session, door.vault, case_id) == []


# ── the case, the ledger and the journal ───────────────────────────────────────────────────────────────────────────
async def test_a_case_shows_its_plan_its_tasks_and_its_next_wake_up(desk: Caller, door: Door, case_id: str) -> None:
    task = await a_task(door, case_id)
    async with door.database.session() as session:
        await steps.set_wait(
            session, case_id, "collect", holder=Holder.CLIENT, since=STORY, wakes_at=STORY, why="reminder"
        )

    file = (await desk.get(f"/cases/{case_id}")).json()

    assert [step["key"] for step in file["steps"]][:3] == ["collect", "verify", "explain"]
    assert {step["key"]: step["state"] for step in file["steps"]}["verify"] == "open"
    assert [one["id"] for one in file["tasks"]] == [task]
    assert file["waits"][0]["holder"] == "client"
    assert file["next_wake_up"] is not None
    assert [entry["what"] for entry in file["timeline"]] == ["case_opened"]


async def test_the_ledger_shows_deeds_with_their_receipts(desk: Caller, door: Door, case_id: str) -> None:
    async def look() -> None:
        return None

    async def act() -> Receipt:
        return Receipt(id="user-1")

    intent = Intent(key=f"{case_id}/a", kind="account", case_id=case_id, step="account", story=STORY, actor="aboard")
    await door.effects.perform(intent, look, act)

    [effect] = (await desk.get(f"/cases/{case_id}/effects")).json()["effects"]

    assert (effect["state"], effect["receipt_id"], effect["attempts"]) == ("done", "user-1", 1)
