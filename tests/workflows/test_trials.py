"""Runs of the house on a Temporal server: the door starts one, the worker tries the policy, the report is kept."""

import uuid
from collections.abc import AsyncIterator
from datetime import date

import pytest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.trials import Trials
from api.story import TemporalEngine
from kyc.risk_policy import FOLDER
from onboarding.watching import BackTest, Sampling
from records import policies, sampling
from run.worker import interceptors, runner
from tests.activities.desk import Desk, identified, listed
from tests.activities.test_basis import decided
from tests.activities.test_trials import a_policy, desk, proposed
from tests.workflows.conftest import TRUST
from workflows.trials import BackTesting, NearMissSampling

__all__ = ["desk"]


@pytest.fixture
async def engine(env: WorkflowEnvironment, desk: Desk) -> AsyncIterator[TemporalEngine]:
    """The door's way to a worker that has the real deeds."""
    queue, trials = f"test-{uuid.uuid4()}", Trials(desk.database, desk.journal, desk.watchlist, FOLDER)
    version = WorkerDeploymentVersion(deployment_name="aboard", build_id="test")
    async with Worker(
        env.client, task_queue=queue, workflows=[BackTesting, NearMissSampling],
        activities=[trials.back_test, trials.sample], interceptors=interceptors(TRUST), workflow_runner=runner(),
        deployment_config=WorkerDeploymentConfig(version=version, use_worker_versioning=True),
    ):  # fmt: skip
        yield TemporalEngine(env.client, queue)


async def ended(client: Client, run: str) -> None:
    await client.get_workflow_handle(run).result()


async def test_a_policy_is_tried_by_the_worker_when_the_door_asks(
    env: WorkflowEnvironment, desk: Desk, engine: TemporalEngine
) -> None:
    await decided(desk, await identified(desk, listed()))
    policy = await proposed(desk, a_policy(near_shown=4), "r_1", "r_2")

    await engine.run("BackTesting", f"backtest-{policy}", BackTest(policy=policy))
    await ended(env.client, f"backtest-{policy}")

    async with desk.database.session() as session:
        tested = await policies.last_back_test(session, policy)
    assert tested
    assert (tested.blocked, tested.report["parties"]) == (False, 1)


async def test_near_misses_are_drawn_once_however_often_the_sweep_asks(
    env: WorkflowEnvironment, desk: Desk, engine: TemporalEngine
) -> None:
    order = Sampling(month=date(2026, 3, 1))

    for _ in range(2):
        await engine.run("NearMissSampling", "near-misses-2026-03", order)
    await ended(env.client, "near-misses-2026-03")

    async with desk.database.session() as session:
        assert await sampling.sampled(session, "2026-03")
