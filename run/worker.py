"""The worker: runs the story and its deeds until it is told to stop."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.runtime import LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError
from temporalio.worker import Interceptor, Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.guard import Guard
from onboarding.messages import Trust
from onboarding.settings import Settings
from records.database import Database
from records.effects import Effects
from records.journal import Journal
from run import schedules, versions
from run.deeds import Deed, connected, sealing_pool
from run.house import TASK_QUEUE, House, engine, load_converter
from workflows.agreement import Agreement
from workflows.check_in import CheckIn
from workflows.collection import Collection
from workflows.forgetting import Forgets
from workflows.gate import Gate
from workflows.guidance import Guidance
from workflows.meeting import Meeting
from workflows.monitoring import Monitoring
from workflows.onboarding import Onboarding
from workflows.provisioning import Provisioning
from workflows.refreshing import Refreshing
from workflows.trials import BackTesting, NearMissSampling
from workflows.verification import Verification

log = logging.getLogger(__name__)

WORKFLOWS = [
    Onboarding,
    Collection,
    Verification,
    Agreement,
    Provisioning,
    Meeting,
    Guidance,
    CheckIn,
    Monitoring,
    Refreshing,
    BackTesting,
    NearMissSampling,
    Forgets,
]
_PURE = ("onboarding", "activities", "records", "kyc", "pydantic", "pydantic_core", "cryptography", "yaml")


def runner() -> SandboxedWorkflowRunner:
    """Our own rooms below the story hold no state that a run could see, so they are loaded once."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE))


def interceptors(trust: Trust) -> list[Interceptor]:
    return [Gate(trust), Guard()]


def load_trust(settings: Settings) -> Trust:
    """The public keys of the doors whose messages are believed."""
    return Trust.from_json(settings.keys.door_trust.read_text())


def replayer(settings: Settings) -> Replayer:
    """Replays recorded runs on this code, with the converter and the gate of the real worker."""
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=runner(),
        data_converter=load_converter(settings),
        interceptors=[Gate(load_trust(settings))],
    )


def build(client: Client, deeds: Sequence[Deed], trust: Trust) -> Worker:
    """A worker of this version with these deeds."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=deeds,
        interceptors=interceptors(trust),
        workflow_runner=runner(),
        deployment_config=versions.deployment(),
        max_concurrent_activities=20,
        max_cached_workflows=600,
    )


async def serve(settings: Settings, ledger: Callable[[Database, Journal], Effects] = Effects) -> None:
    """Takes over what is in flight, serves, and says that it is ready by writing ABOARD_READY_FILE."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    client = await engine(settings, _runtime(settings.metrics_address))
    with sealing_pool() as pool:
        async with (
            House.open(settings, ledger) as house,
            connected(house, client, pool) as deeds,
            build(client, deeds, load_trust(settings)),
        ):
            await _begin(client, settings)
            await stop.wait()


async def _begin(client: Client, settings: Settings) -> None:
    moved = await versions.take_over(client, replayer(settings))
    await _until_polling(client)
    gc.freeze()  # what is loaded for good need not be looked through again while names are screened
    await schedules.ensure(client, TASK_QUEUE, timedelta(minutes=settings.kyc.refresh_minutes))
    log.info("version %s serves %s; %d runs were taken over", versions.build_id(), TASK_QUEUE, moved)
    if ready := os.environ.get("ABOARD_READY_FILE"):
        await asyncio.to_thread(Path(ready).touch)


async def _until_polling(client: Client) -> None:
    """The server knows a version only once it has polled."""
    for attempt in range(100):
        try:
            await versions.make_current(client)
            return
        except RPCError:
            if attempt == 99:
                raise
            await asyncio.sleep(0.1)


def _runtime(metrics: str) -> Runtime:
    filters = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(
        telemetry=TelemetryConfig(
            logging=LoggingConfig(filter=filters),
            metrics=PrometheusConfig(bind_address=metrics) if metrics else None,
        )
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(Settings()))


if __name__ == "__main__":
    main()
