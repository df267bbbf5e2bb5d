"""A client is erased: the door has the story delete what the identity vendor holds, before the keys are destroyed."""

import uuid
from datetime import UTC, datetime, timedelta

from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities import leaving
from activities.forgetting import Forgetting
from activities.identity import Identity
from activities.vendors.onfido import Onfido
from api import lasting
from api.story import TemporalEngine
from records import cases, retention
from run.worker import interceptors, runner
from tests.activities.desk import Desk, a_person, identified
from tests.activities.test_screening import verifying
from tests.activities.test_trials import desk
from tests.api.house import a_door
from tests.outside.onfido import OnfidoServer
from tests.workflows.conftest import SIGNER, TRUST
from workflows.forgetting import Forgets

__all__ = ["desk"]


async def test_an_erased_client_is_deleted_at_the_vendor_as_well(
    env: WorkflowEnvironment, desk: Desk, vendor: Onfido, onfido: OnfidoServer
) -> None:
    case = await identified(desk, a_person())
    await Identity(desk.database, desk.journal, desk.effects, vendor).waiting(verifying(case))
    async with desk.database.session() as session:
        client = (await cases.case(session, case)).client_id
        await leaving.start_clocks(session, desk.journal, case)
    queue, forgetting = f"test-{uuid.uuid4()}", Forgetting(desk.database, desk.journal, vendor)
    door = a_door(desk.database, desk.journal, TemporalEngine(env.client, queue), desk.bucket, SIGNER)
    version = WorkerDeploymentVersion(deployment_name="aboard", build_id="test")
    later = datetime.now(UTC) + timedelta(days=366 * 11)

    async with Worker(
        env.client, task_queue=queue, workflows=[Forgets], activities=[forgetting.forget],
        interceptors=interceptors(TRUST), workflow_runner=runner(),
        deployment_config=WorkerDeploymentConfig(version=version, use_worker_versioning=True),
    ):  # fmt: skip
        await lasting.erase_due(door, later)
        await env.client.get_workflow_handle(f"forget-{client}").result()

    assert onfido.applicants == {}
    async with desk.database.session() as session:
        assert client not in [each.client_id for each in await retention.due(session, later, limit=1000)]
