"""The fake of Onfido: it refuses what the published schema does not allow, and the vendor's own client reads it."""

import asyncio
from uuid import UUID

import httpx2
import onfido
import pytest

from activities.vendors.onfido import Onfido
from tests.activities.vendors.test_onfido import ANA, server, url, vendor
from tests.outside.onfido import TOKEN, WORKFLOW, OnfidoServer

__all__ = ["server", "url", "vendor"]


async def test_the_vendors_own_client_reads_the_same_from_the_fake(vendor: Onfido, url: str) -> None:
    opened = await vendor.open("identity_1", ANA, "en")
    await vendor.open("identity_2", ANA, "en")

    def theirs() -> tuple[list[onfido.WorkflowRun], onfido.WorkflowRun]:
        client = onfido.ApiClient(onfido.Configuration(host=url, api_token=TOKEN))
        api = onfido.DefaultApi(client)
        try:
            return api.list_workflow_runs(tags=["identity_1"]), api.find_workflow_run(UUID(opened.id))
        finally:
            client.rest_client.pool_manager.clear()  # it does not close its connections by itself

    (found,), got = await asyncio.to_thread(theirs)

    assert found == got
    assert str(got.id) == opened.id


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("applicants", {"first_name": "Ana"}),
        ("applicants", {"first_name": "Ana", "last_name": "Sam<ple"}),
        ("applicants", {"first_name": "Ana", "last_name": "Sample", "external_id": "identity_1"}),
        ("applicants", {"first_name": "Ana", "last_name": "Sample", "dob": "17 May"}),
        ("applicants", {"first_name": "Ana", "last_name": "Sample", "dob": None}),
        ("workflow_runs", {"workflow_id": WORKFLOW}),
        ("workflow_runs", {"workflow_id": WORKFLOW, "applicant_id": "ana"}),
        ("workflow_runs", {"workflow_id": WORKFLOW, "applicant_id": WORKFLOW, "tags": "identity_1"}),
        ("workflow_runs", {"workflow_id": WORKFLOW, "applicant_id": WORKFLOW, "link": {"language": "en"}}),
        ("workflow_runs", {"workflow_id": WORKFLOW, "applicant_id": WORKFLOW, "link": {"colour": "red"}}),
    ],
)
async def test_the_fake_refuses_what_the_published_schema_does_not_allow(
    url: str, server: OnfidoServer, path: str, body: dict[str, object]
) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Token token={TOKEN}"}) as http:
        answer = await http.post(f"{url}/{path}", json=body)

    assert (answer.status_code, answer.json()["error"]["type"], server.happened) == (422, "validation_error", [])


@pytest.mark.parametrize(
    "query", ["workflow_runs?reference=identity_1", "workflow_runs?applicant_id=ana", "applicants?page=first"]
)
async def test_the_fake_refuses_a_query_that_the_published_operations_do_not_know(url: str, query: str) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Token token={TOKEN}"}) as http:
        assert (await http.get(f"{url}/{query}")).status_code == 422
