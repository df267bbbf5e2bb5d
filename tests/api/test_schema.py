"""The OpenAPI schema: every error is documented, examples are there, and the server keeps to what it says."""

import asyncio
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx2
import pytest
import requests
import schemathesis
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from onboarding.case import Role
from records import staff
from records.database import Database
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster
from records.objects import Bucket
from tests.api.house import KEY, FakeEngine, Staff, a_door
from tests.conftest import DatabaseUrls

TOKEN = "a token of somebody who may do everything"
OURS = re.compile(r"^/(api/v1/(?!portal|webhooks)|codec/|healthz)")  # a vendor names its events, and answers to nobody


class Server:
    """The door behind a real socket, on a loop of its own."""

    def __init__(self, database_url: str, master: Path) -> None:
        self.port = 0
        self._url, self._master = database_url, master
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> str:
        self._thread.start()
        assert self._ready.wait(20)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self) -> None:
        database = Database(self._url)
        async with database.session() as session:
            await staff.create(session, name="All", email="all@aboard.example", roles=list(Role), token=TOKEN)
        s3 = boto3.client(
            "s3", endpoint_url="http://127.0.0.1:9", region_name="x", aws_access_key_id="x", aws_secret_access_key="x"
        )
        journal = Journal(Vault(LocalMaster(self._master)), Ed25519PrivateKey.from_private_bytes(KEY))
        app = create_app(a_door(database, journal, FakeEngine(), Bucket(s3, "nowhere")))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._ready.set()
        await self._server.serve([listener])
        await database.dispose()
        s3.close()


@pytest.fixture(scope="module")
def address(database_urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(database_urls.app, tmp_path_factory.mktemp("keys") / "master") as url:
        yield url


def _openapi() -> dict[str, object]:
    """The schema alone: nothing behind this door is ever asked."""
    master = LocalMaster(Path(tempfile.mkdtemp()) / "master")
    journal = Journal(Vault(master), Ed25519PrivateKey.from_private_bytes(KEY))
    database = Database("postgresql://nobody@127.0.0.1:9/nothing")
    s3 = boto3.client("s3", region_name="x", aws_access_key_id="x", aws_secret_access_key="x")
    return create_app(a_door(database, journal, FakeEngine(), Bucket(s3, "nowhere"))).openapi()


PARTS = ("method", "url", "params", "headers", "data", "json", "files", "cookies")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_config = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
schema = schemathesis.openapi.from_dict(_openapi(), config=_config).include(path_regex=OURS.pattern)


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_server_keeps_to_its_schema(case: schemathesis.Case, address: str) -> None:
    answer = _sent(case, address)

    case.validate_response(answer, checks=CHECKS)
    assert answer.status_code < 500 or answer.json()["code"] == "storage_unavailable"


def _sent(case: schemathesis.Case, address: str) -> httpx2.Response:
    """By httpx2: schemathesis' own session does not work beside a replaced urllib3."""
    said = case.as_transport_kwargs(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"})
    parts = {
        name: said.get(name) for name in ("method", "url", "params", "headers", "data", "json", "files", "cookies")
    }
    ready = requests.Request(**parts).prepare()
    with httpx2.Client(trust_env=False) as http:
        return http.request(str(ready.method), str(ready.url), headers=dict(ready.headers), content=ready.body)


@pytest.fixture
def operations(staff: Staff) -> dict[str, dict[str, object]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in staff.app.openapi()["paths"].items()
        if OURS.match(path)
        for method, operation in methods.items()
    }


def test_every_endpoint_documents_its_errors_as_problems(operations: dict[str, dict[str, object]]) -> None:
    for name, operation in operations.items():
        responses = operation["responses"]
        assert isinstance(responses, dict)
        errors = {status: found for status, found in responses.items() if int(status) >= 400}
        expected = {"401", "403", "422", "503"} if name != "GET /healthz" else set()
        expected |= {"400", "409", "413"} if name.startswith("POST /api") else set()
        expected |= {"404"} if "{" in name else set()
        assert expected <= set(errors), name
        assert all(list(found["content"]) == ["application/problem+json"] for found in errors.values()), name


def test_every_body_has_an_example(staff: Staff) -> None:
    whole = staff.app.openapi()
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                for content in operation["requestBody"]["content"].values():
                    assert _has_example(whole, content), f"{method} {path}"


def _has_example(whole: dict[str, object], content: dict[str, object]) -> bool:
    found = content["schema"]
    assert isinstance(found, dict)
    if name := str(found.get("$ref", "")).rpartition("/")[2]:
        found = whole["components"]["schemas"][name]  # type: ignore[index]
    return (
        {"example", "examples"} & set(content) != set()
        or "examples" in found
        or found.get("format") == "binary"
        or "properties" in found
    )


def test_every_post_asks_for_a_key(operations: dict[str, dict[str, object]]) -> None:
    for name, operation in operations.items():
        if name.startswith("POST /api") and "/webhooks/" not in name:  # a vendor's event carries an id of its own
            headers = [one["name"] for one in operation["parameters"] if one["in"] == "header"]  # type: ignore[attr-defined]
            assert headers == ["Idempotency-Key"], name
