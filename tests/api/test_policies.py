"""Policies at the door: proposed by hash, approved by two people, tried, put in force; the house journal says so."""

import pytest

from api.door import Door
from api.sweep import sweep
from kyc.screening import Policy
from onboarding.case import Role
from onboarding.watching import BackTest
from records import house_journal, policies, signals
from records.signals import NewSignal
from tests.api.house import Caller, FakeEngine, Staff, a_request
from tests.kyc.samples import NOW, a_person, sample_index


def words(version: int) -> dict[str, str]:
    shipped = Policy.read().model_copy(update={"version": version})
    return {"kind": "screening", "content": shipped.model_dump_json()}


@pytest.fixture
async def reviewer(staff: Staff) -> Caller:
    return await staff.who_is(Role.REVIEWER)


async def tried(door: Door, policy: str, against: str, blocked: bool = False) -> None:
    """What the worker keeps after a back-test."""
    async with door.database.session() as session:
        report: dict[str, object] = {"parties": 1, "gained": [], "lost": [], "loses_confirmed": []}
        await policies.add_back_test(session, door.journal, policy, against, blocked, report)


async def test_a_policy_comes_into_force_by_two_people_and_a_trial(
    staff: Staff, reviewer: Caller, door: Door, engine: FakeEngine
) -> None:
    senior = await staff.who_is(Role.SENIOR)
    policy = (await reviewer.post("/policies", words(2))).json()["hash"]
    await reviewer.post(f"/policies/{policy}/approval")
    too_early = await reviewer.post(f"/policies/{policy}/activation")
    await senior.post(f"/policies/{policy}/approval")
    untried = await senior.post(f"/policies/{policy}/activation")
    started = await senior.post(f"/policies/{policy}/backtest")
    await tried(door, policy, Policy.read().hash)

    active = await senior.post(f"/policies/{policy}/activation")

    assert (too_early.json()["code"], untried.json()["code"]) == ("policy_not_approved", "not_back_tested")
    assert (started.status_code, engine.trials[-1]) == (
        202, ("BackTesting", f"backtest-{policy}", BackTest(policy=policy)),
    )  # fmt: skip
    assert active.json()["in_force"] is True
    assert active.json()["approved_by"] == [reviewer.id, senior.id]
    async with door.database.session() as session:
        assert await house_journal.verify(session, door.journal) == []


async def test_a_policy_that_would_lose_a_confirmed_hit_stays_out(staff: Staff, reviewer: Caller, door: Door) -> None:
    senior = await staff.who_is(Role.SENIOR)
    policy = (await reviewer.post("/policies", words(3))).json()["hash"]
    for caller in (reviewer, senior):
        await caller.post(f"/policies/{policy}/approval")
    shown = (await reviewer.get("/policies")).json()["policies"]
    current = next((row["hash"] for row in shown if row["in_force"]), Policy.read().hash)
    await tried(door, policy, current, blocked=True)

    answer = await senior.post(f"/policies/{policy}/activation")

    assert (answer.status_code, answer.json()["code"]) == (409, "loses_confirmed")


async def test_what_is_no_policy_is_refused_with_the_place_of_the_fault(reviewer: Caller) -> None:
    answer = await reviewer.post("/policies", {"kind": "screening", "content": "name: screening\nversion: 2"})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_policy")
    assert "threshold" in answer.json()["detail"]


async def test_the_words_of_a_policy_are_shown_to_auditors_and_only_reviewers_and_admins_change_it(
    staff: Staff, desk: Caller, reviewer: Caller
) -> None:
    auditor = await staff.who_is(Role.AUDITOR)
    policy = (await reviewer.post("/policies", words(4))).json()["hash"]

    shown = await auditor.get(f"/policies/{policy}")

    assert shown.json()["content"] == words(4)["content"]
    assert (await desk.post("/policies", words(5))).status_code == 403
    assert (await auditor.post(f"/policies/{policy}/approval")).status_code == 403


async def test_the_sweep_asks_for_the_sample_of_the_month_until_it_was_drawn(door: Door, engine: FakeEngine) -> None:
    await sweep(door)
    (name, run, order), *_ = engine.trials
    async with door.database.session() as session:
        month = run.removeprefix("near-misses-")
        await house_journal.write(session, door.journal, actor="aboard", what="near_misses_sampled", about=month)
    await sweep(door)

    assert name == "NearMissSampling"
    assert [each for each in engine.trials if each[0] == name] == [(name, run, order)]


async def test_triage_suggests_nothing_as_it_is_shipped(reviewer: Caller, desk: Caller, door: Door) -> None:
    case = str((await desk.post("/cases", a_request())).json()["case"])
    hit = sample_index().screen(a_person("Viktor Markov"), Policy.read(), NOW).hits[0]
    async with door.database.session() as session:
        shown: dict[str, object] = hit.model_dump(mode="json") | {"words": hit.explanation.words}
        new = NewSignal(case_id=case, key="hit", round=1, kind="list_hit", code="list_hit", evidence=shown)
        await signals.add_signal(session, door.vault, new)

    answer = await reviewer.get(f"/cases/{case}/suggestions")

    assert answer.json() == {"triage": False, "suggestions": []}
