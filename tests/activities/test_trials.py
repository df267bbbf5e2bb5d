"""A proposed policy is tried on past inputs; what would lose a confirmed hit is barred. Near misses are sampled."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activities import policies as deeds
from activities.trials import Trials
from kyc import risk_policy
from kyc.risk_policy import FOLDER
from kyc.screening import Policy
from onboarding.case import Client
from onboarding.diligence import Judgement
from onboarding.watching import BackTest, Sampling
from records import basis, house_journal, policies, sampling, signals, tasks
from records.database import Database
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster
from records.policies import LosesConfirmed, NewPolicy, NotApproved, NotBackTested
from records.signals import NewScreening
from tests.activities.desk import STORY, Desk, a_person, identified, listed
from tests.activities.test_basis import decided, verifying
from tests.conftest import DatabaseUrls


def a_policy(**changes: object) -> NewPolicy:
    shipped = yaml.safe_load(Policy.read().model_dump_json())
    return deeds.read("screening", yaml.safe_dump({**shipped, "version": 2, **changes}))


def blind() -> NewPolicy:
    """A policy that finds only who is spelled as the list does."""
    return a_policy(threshold=0.99, cutoff=0.99, near_miss=0.99)


def misspelled() -> Client:
    """A listed person with a slip in the name."""
    return a_person(
        name="Viktor Antonovich Markoff", given_names="Viktor Antonovich", family_name="Markoff",
        birth_date=date(1961, 3, 14), nationality=None,
    )  # fmt: skip


@pytest.fixture
async def desk(own_database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    """With a database of its own: a trial reads all the cases that there are, and a policy is in force for all."""
    database = Database(own_database_urls.app)
    journal = Journal(Vault(LocalMaster(tmp_path / "master")), Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    desk = Desk(database, journal, tmp_path)
    yield desk
    desk.pool.shutdown()
    await database.dispose()


@pytest.fixture
def trials(desk: Desk) -> Trials:
    return Trials(desk.database, desk.journal, desk.watchlist, FOLDER)


async def proposed(desk: Desk, new: NewPolicy, *approvers: str) -> str:
    async with desk.database.session() as session:
        await policies.propose(session, desk.journal, new, "r_1")
        for approver in approvers:
            await policies.approve(session, desk.journal, new.hash, approver)
    return new.hash


async def activated(desk: Desk, policy: str) -> None:
    async with desk.database.session() as session:
        await policies.activate(session, desk.journal, policy, "r_1")


async def report(desk: Desk, policy: str) -> dict[str, Any]:
    async with desk.database.session() as session:
        tested = await policies.last_back_test(session, policy)
    assert tested
    return dict(tested.report)


async def test_a_policy_that_two_people_approved_and_that_was_tried_is_in_force(desk: Desk, trials: Trials) -> None:
    await decided(desk, await identified(desk, listed()))
    policy = await proposed(desk, a_policy(near_shown=9), "r_1", "r_2")
    await trials.back_test(BackTest(policy=policy))

    await activated(desk, policy)

    async with desk.database.session() as session:
        assert (await deeds.screening(session)).hash == policy
        told = [line.what for line in await house_journal.entries(session, policy)]
        assert await house_journal.verify(session, desk.journal) == []
    assert told == ["policy_proposed", "policy_approved", "policy_approved", "policy_tried", "policy_in_force"]


async def test_a_screening_is_made_by_the_policy_in_force(desk: Desk, trials: Trials) -> None:
    policy = await proposed(desk, blind(), "r_1", "r_2")
    await trials.back_test(BackTest(policy=policy))
    await activated(desk, policy)

    screened = await desk.screening.screen(verifying(await identified(desk, misspelled())))

    assert (screened.held, screened.sanctions) == (None, [])


async def test_one_person_who_approves_twice_is_one_person(desk: Desk, trials: Trials) -> None:
    policy = await proposed(desk, a_policy(near_shown=8), "r_1", "r_1")
    await trials.back_test(BackTest(policy=policy))

    with pytest.raises(NotApproved):
        await activated(desk, policy)


async def test_what_was_not_tried_does_not_come_into_force(desk: Desk) -> None:
    policy = await proposed(desk, a_policy(near_shown=7), "r_1", "r_2")

    with pytest.raises(NotBackTested):
        await activated(desk, policy)


async def test_a_trial_against_another_policy_than_the_one_in_force_does_not_count(desk: Desk, trials: Trials) -> None:
    one = await proposed(desk, a_policy(near_shown=6), "r_1", "r_2")
    other = await proposed(desk, a_policy(near_shown=5), "r_1", "r_2")
    for policy in (one, other):
        await trials.back_test(BackTest(policy=policy))
    await activated(desk, one)

    with pytest.raises(NotBackTested):
        await activated(desk, other)


async def test_a_policy_that_loses_a_confirmed_hit_is_barred(desk: Desk, trials: Trials) -> None:
    case = await identified(desk, misspelled())
    (hit,) = (await desk.screening.screen(verifying(case))).sanctions
    order = Judgement(
        case=case, step="verify", story=STORY, signal=hit, verdict="confirmed", reason="same_person", actor="r_1"
    )
    await desk.reviews.judge(order)
    await decided(desk, case)
    policy = await proposed(desk, blind(), "r_1", "r_2")

    await trials.back_test(BackTest(policy=policy))

    found = await report(desk, policy)
    assert found["lost"] == [{"party": f"{case}/person", "entry": "ofac-sdn:900001"}]
    assert found["loses_confirmed"] == [f"{case}/person"]
    with pytest.raises(LosesConfirmed):
        await activated(desk, policy)


async def test_a_looser_policy_says_what_it_gains(desk: Desk, trials: Trials) -> None:
    case = await identified(desk, listed())
    await decided(desk, case)
    policy = await proposed(desk, a_policy(threshold=0.56, cutoff=0.5, near_miss=0.5), "r_1", "r_2")

    await trials.back_test(BackTest(policy=policy))

    found = await report(desk, policy)
    assert found["parties"] >= 1
    assert found["lost"] == []


async def test_a_risk_policy_says_whose_band_would_change(desk: Desk, trials: Trials) -> None:
    case = await identified(desk, listed())
    await decided(desk, case)
    shipped = risk_policy.load("standard", "eu")
    package = yaml.safe_load(shipped.package)
    package["rules"]["version"] = "9"
    package["rules"]["factors"]["adverse_information"]["values"] = {
        name: {"points": 0} for name in package["rules"]["factors"]["adverse_information"]["values"]
    }
    policy = await proposed(desk, deeds.read("risk", json.dumps(package, default=str)), "r_1", "r_2")

    await trials.back_test(BackTest(policy=policy))

    found = await report(desk, policy)
    assert [change["before"] for change in found["changed"] if change["case"] == case] == ["high"]


async def test_a_changed_file_that_nobody_approved_holds_the_screening(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.policies.released", frozenset)

    screened = await desk.screening.screen(verifying(await identified(desk, listed())))

    assert screened.held == "policy_not_approved"


async def test_near_misses_of_the_month_before_become_tasks_once(desk: Desk, trials: Trials) -> None:
    case = await identified(desk, listed())
    await desk.screening.screen(verifying(case))
    await _kept_with_a_near_miss(desk, case)
    following = _next_month()

    await trials.sample(Sampling(month=following))
    await trials.sample(Sampling(month=following))

    async with desk.database.session() as session:
        opened = [row for row in await tasks.tasks(session, case_id=case) if row.code == "near_miss"]
        assert await sampling.drawn(session, f"{following:%Y-%m}") == [
            str(row.resources["screening"]) for row in opened
        ]
        assert await sampling.sampled(session, f"{following:%Y-%m}")
    assert len(opened) == 1


def _next_month() -> date:
    """The database stamps a screening with its own time, so the month to sample is the next one."""
    return (datetime.now(UTC).replace(day=28) + timedelta(days=4)).date().replace(day=1)


async def _kept_with_a_near_miss(desk: Desk, case: str) -> None:
    async with desk.database.session() as session:
        (last,) = await basis.last_screenings(session, desk.journal.vault, case)
        evidence: Any = last.evidence
        (hit,) = evidence["screening"]["hits"]
        evidence["screening"] |= {"hits": [], "near": [{**hit, "score": 0.65, "match": False}], "outcome": "clear"}
        new = NewScreening(
            case_id=case, key="near", round=2, party="person", list_name="ofac-sdn", outcome="clear", evidence=evidence
        )
        await signals.add_screening(session, desk.journal.vault, new)
