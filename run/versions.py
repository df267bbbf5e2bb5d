"""Versions of the story: what a worker calls itself, and how runs in flight come to a new one."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import temporalio
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution as Execution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    SetWorkerDeploymentCurrentVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowExecution
from temporalio.common import AutoUpgradeVersioningOverride, VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, WorkerDeploymentConfig

from onboarding.errors import OnboardingError

DEPLOYMENT = "aboard"
_PINNED = ' AND TemporalWorkflowVersioningBehavior = "Pinned"'
_ROOT = Path(__file__).resolve().parent.parent
_STORY = ("workflows", "onboarding")  # the sources that a workflow's course depends on


class CannotTakeOver(OnboardingError):
    """Runs in flight do not replay on this code."""

    code = "cannot_take_over"


def build_id() -> str:
    """A hash of the story's sources: the same code is the same version, on every machine."""
    digest = hashlib.sha256(temporalio.__name__.encode())
    for room in _STORY:
        for path in sorted((_ROOT / room).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def version() -> WorkerDeploymentVersion:
    return WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build_id())


def deployment() -> WorkerDeploymentConfig:
    """Every workflow declares its own behaviour; the default is for one that forgot to."""
    return WorkerDeploymentConfig(
        version=version(), use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )


async def make_current(client: Client) -> None:
    """Sends new runs, and those that upgrade on their own, to this version. It must be polling already."""
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build_id(),
            identity=client.identity,
            ignore_missing_task_queues=True,
        )
    )


async def take_over(client: Client, replayer: Replayer) -> int:
    """Moves runs that an older version had pinned to this one, after replaying every run in flight of another
    version. Returns how many moved.

    For a place where old workers cannot stay, such as one machine. Raises CannotTakeOver with the first run that
    does not replay; nothing has been moved then.
    """
    for run in [run async for run in _running_elsewhere(client, "")]:
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure:
            raise CannotTakeOver(
                f"The run {run.id} was begun by another version of the code and does not replay on this one. "
                "Start the version that began it, or finish that run first."
            )
    stranded = [run async for run in _running_elsewhere(client, _PINNED)]
    for run in stranded:
        await _set_free(client, run)
    return len(stranded)


async def _running_elsewhere(client: Client, which: str) -> AsyncIterator[WorkflowExecution]:
    """By search attribute: what a list tells of a run leaves its version out."""
    query = f'ExecutionStatus = "Running" AND TemporalWorkerDeploymentVersion != "{DEPLOYMENT}:{build_id()}"{which}'
    async for run in client.list_workflows(query):
        yield run


async def _set_free(client: Client, run: WorkflowExecution) -> None:
    override = AutoUpgradeVersioningOverride()._to_proto()
    try:
        await client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=client.namespace,
                workflow_execution=Execution(workflow_id=run.id, run_id=run.run_id),
                workflow_execution_options=WorkflowExecutionOptions(versioning_override=override),
                update_mask=FieldMask(paths=["versioning_override"]),
                identity=client.identity,
            )
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it ended meanwhile
            raise
