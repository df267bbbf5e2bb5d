"""The door and the real story: signed, sent once, answered; every refusal under its own code."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.testing import WorkflowEnvironment

from api.door import Door
from api.story import TemporalEngine
from onboarding.case import Role
from onboarding.errors import StepNotOpen, Unavailable
from onboarding.messages import Signer
from records import cases
from records.database import Database
from records.journal import Journal
from records.objects import Bucket
from tests.api.house import Caller, Staff, a_door, a_request
from tests.api.test_cases import refusals
from tests.workflows.conftest import SIGNER, at_work, env
from tests.workflows.deeds import Deeds
from tests.workflows.playing import until
from tests.workflows.test_onboarding import COLLECT, READ, a_plan

__all__ = ["env"]  # the fixture of the time-skipping server


@dataclass
class Staged:
    """A door before the real story, its deeds, and one case whose first step is open."""

    door: Door
    desk: Caller
    deeds: Deeds
    case_id: str


@pytest.fixture
async def staged(
    env: WorkflowEnvironment,
    database: Database,
    journal: Journal,
    bucket: Bucket,
) -> AsyncIterator[Staged]:
    deeds = Deeds()
    deeds.answers["make_plan"] = lambda order: a_plan(order, COLLECT, READ)
    async with at_work(env.client, deeds) as queue:
        door = a_door(database, journal, TemporalEngine(env.client, queue), bucket, SIGNER)
        staff = Staff(door)
        await staff.who_is(Role.CSM)
        desk = await staff.who_is(Role.STAFF)
        case_id = str((await desk.post("/cases", a_request())).json()["case"])
        await until(lambda: "lacking" in deeds.names())
        yield Staged(door, desk, deeds, case_id)


async def test_a_case_that_runs_is_not_started_again(staged: Staged) -> None:
    async with staged.door.database.session() as session:
        case = await cases.case(session, staged.case_id)

    await staged.door.story.start(case)

    assert staged.deeds.names().count("make_plan") == 1


async def test_a_case_that_has_ended_is_not_started_again(staged: Staged) -> None:
    await staged.desk.post(f"/cases/{staged.case_id}/withdraw", {"reason": "client_asked"})
    await until(lambda: "ended_neutral" in staged.deeds.letters())
    async with staged.door.database.session() as session:
        case = await cases.case(session, staged.case_id)

    await staged.door.story.start(case)

    assert staged.deeds.names().count("make_plan") == 1


async def test_the_story_answers_and_refuses_under_its_own_codes(staged: Staged) -> None:
    path = f"/cases/{staged.case_id}"

    answers = [
        await staged.desk.post(f"{path}/resume", {}),
        await staged.desk.post(f"{path}/pause", {}),
        await staged.desk.post(f"{path}/pause", {}),
        await staged.desk.post(f"{path}/skip", {"step": "no-such-step", "reason": "x"}),
    ]

    assert [answer.json().get("code", "taken") for answer in answers] == [
        "not_paused", "taken", "already_paused", "unknown_step",
    ]  # fmt: skip
    assert [reason for _, _, reason in await refusals(staged.door, staged.desk.id)] == [
        "not_paused", "already_paused", "unknown_step",
    ]  # fmt: skip


async def test_what_arrives_while_paused_is_answered_as_kept(staged: Staged) -> None:
    await staged.desk.post(f"/cases/{staged.case_id}/pause", {})
    await until(lambda: "note" in "".join(staged.deeds.names()))

    receipt = await staged.door.story.tell(
        staged.case_id, "collect", "submit_form", "client", {"form": "profile"}, "message_1"
    )
    again = await staged.door.story.tell(
        staged.case_id, "collect", "submit_form", "client", {"form": "profile"}, "message_1"
    )

    assert receipt == again
    assert receipt.status == "kept"


async def test_a_step_that_is_not_open_says_so(staged: Staged) -> None:
    with pytest.raises(StepNotOpen):
        await staged.door.story.tell(staged.case_id, "read", "acknowledge", "client", {"resource": "x"}, "message_2")


async def test_a_door_that_nobody_trusts_gets_nowhere(
    staged: Staged,
    env: WorkflowEnvironment,
    bucket: Bucket,
) -> None:
    stranger = Signer("stranger", Ed25519PrivateKey.generate())
    database, journal = staged.door.database, staged.door.journal
    door = a_door(database, journal, TemporalEngine(env.client, "aboard"), bucket, stranger)

    with pytest.raises(Unavailable) as refusal:
        await door.story.tell(staged.case_id, "onboarding", "pause", "staff_1", {}, "message_3")

    assert refusal.value.reason == "story_unavailable"


async def test_without_a_worker_the_caller_may_repeat(
    env: WorkflowEnvironment,
    database: Database,
    journal: Journal,
    bucket: Bucket,
) -> None:
    engine = TemporalEngine(env.client, "nobody-works-here", patience=timedelta(seconds=1))
    staff = Staff(a_door(database, journal, engine, bucket, SIGNER))
    await staff.who_is(Role.CSM)
    desk = await staff.who_is(Role.STAFF)
    case_id = (await desk.post("/cases", a_request())).json()["case"]

    answer = await desk.post(f"/cases/{case_id}/pause", {})

    assert (answer.status_code, answer.json()["code"]) == (503, "story_unavailable")
