"""The local SCIM directory: its storage keeps the library's own contract, and its server keeps what it was given."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from scim2_models import ScimProvider
from scim2_server.testing import AsyncScimStorageContract
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from onboarding.case import new_id
from records.database import driver_url
from run.local.directory.storage import METADATA, RESOURCES, Storage
from run.local.probes import answers_http
from run.local.stack import Stack
from tests.conftest import free_ports
from tests.run.processes import until

USERS, GROUPS = "/scim/v2/Users", "/scim/v2/Groups"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(scope="module")
async def tables(stack: Stack) -> AsyncIterator[Engine]:
    await stack.start("postgres")
    admin = driver_url(stack.settings.database.admin_url.get_secret_value())
    server = create_async_engine(admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with server.connect() as connection:
        await connection.execute(text("CREATE DATABASE contract"))
    engine = create_engine(admin.set(database="contract"), poolclass=NullPool)
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


class TestStorage(AsyncScimStorageContract):
    @pytest.fixture
    def async_storage(self, tables: Engine, provider: ScimProvider) -> Storage:
        with tables.begin() as connection:
            connection.execute(RESOURCES.delete())
        return Storage(create_async_engine(tables.url, poolclass=NullPool), provider)


@pytest.fixture
async def http(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    await stack.start("directory")
    async with client(stack.settings.port.directory, f"Bearer {token(stack)}") as http:
        yield http


def client(port: int, authorization: str) -> httpx2.AsyncClient:
    headers = {"Authorization": authorization, "Content-Type": "application/scim+json"}
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)


def token(stack: Stack) -> str:
    return stack.settings.directory.token.get_secret_value()


async def a_user(http: httpx2.AsyncClient, **values: object) -> dict[str, Any]:
    body = {"schemas": [USER], "userName": new_id("u"), **values}
    answer = await http.post(USERS, json=body)
    assert answer.status_code == 201
    return dict(answer.json())


async def a_group(http: httpx2.AsyncClient, *members: str) -> dict[str, Any]:
    body = {"schemas": [GROUP], "displayName": new_id("g"), "members": [{"value": member} for member in members]}
    return dict((await http.post(GROUPS, json=body)).json())


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic {token}"])
async def test_without_the_token_nobody_is_let_in(stack: Stack, authorization: str) -> None:
    await stack.start("directory")

    async with client(stack.settings.port.directory, authorization.format(token=token(stack))) as stranger:
        answer = await stranger.get(USERS)

    assert answer.status_code == 401


async def test_an_enterprise_user_comes_back_whole(http: httpx2.AsyncClient) -> None:
    user = await a_user(http, schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"employeeNumber": "7"}})

    seen = (await http.get(f"{USERS}/{user['id']}")).json()

    assert seen[ENTERPRISE] == {"employeeNumber": "7"}
    assert seen["meta"]["location"] == str(http.base_url.join(f"{USERS}/{user['id']}"))


async def test_two_users_may_share_an_external_id_but_not_a_name(http: httpx2.AsyncClient) -> None:
    user = await a_user(http, externalId="shared")

    await a_user(http, externalId="shared")
    again = await http.post(USERS, json={"schemas": [USER], "userName": user["userName"].upper()})

    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


async def test_a_password_is_not_kept(http: httpx2.AsyncClient) -> None:
    user = await a_user(http, password="a password to forget")

    found = await http.get(USERS, params={"filter": f'id eq "{user["id"]}" and password pr'})

    assert found.json()["totalResults"] == 0


async def test_a_deleted_user_leaves_its_groups(http: httpx2.AsyncClient) -> None:
    leaving, staying = await a_user(http), await a_user(http)
    group = await a_group(http, leaving["id"], staying["id"])

    await http.delete(f"{USERS}/{leaving['id']}")

    members = (await http.get(f"{GROUPS}/{group['id']}")).json()["members"]
    assert [member["value"] for member in members] == [staying["id"]]


async def test_a_text_that_the_database_cannot_hold_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post(USERS, json={"schemas": [USER], "userName": "nul\0nul"})

    assert answer.status_code == 400


async def test_a_body_beyond_the_limit_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post(USERS, json={"schemas": [USER], "userName": "x" * (1 << 20)})

    assert answer.status_code == 413


async def test_one_failed_operation_of_a_bulk_request_leaves_the_others(http: httpx2.AsyncClient) -> None:
    user = {"schemas": [USER], "userName": new_id("u")}
    other = {"schemas": [USER], "userName": new_id("u")}
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": data}
        for number, data in enumerate([user, user, other])
    ]

    answer = await http.post(
        "/scim/v2/Bulk",
        json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations},
    )

    assert [done["status"] for done in answer.json()["Operations"]] == ["201", "409", "201"]


async def test_a_list_is_paged(http: httpx2.AsyncClient) -> None:
    name = new_id("name")
    users = [(await a_user(http, displayName=name))["id"] for _ in range(3)]

    page = await http.get(USERS, params={"filter": f'displayName eq "{name}"', "startIndex": 2, "count": 1})

    assert page.json()["totalResults"] == 3
    assert [user["id"] for user in page.json()["Resources"]] == users[1:2]


async def test_an_old_version_changes_nothing(http: httpx2.AsyncClient) -> None:
    user = await a_user(http)
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    seen = {"If-Match": user["meta"]["version"]}

    first = await http.patch(f"{USERS}/{user['id']}", json=patch, headers=seen)
    second = await http.patch(f"{USERS}/{user['id']}", json=patch, headers=seen)

    assert (first.status_code, second.status_code) == (204, 412)


async def test_a_killed_server_keeps_what_it_was_given(http: httpx2.AsyncClient, stack: Stack) -> None:
    user = await a_user(http)
    group = await a_group(http, user["id"])

    os.kill(before := stack.supervisor.pids()["directory"], signal.SIGKILL)

    async def is_back() -> bool:
        return stack.supervisor.pids().get("directory", before) != before and await stack.parts["directory"].ready()

    await until(is_back)
    assert (await http.get(f"{USERS}/{user['id']}")).json() == user
    assert (await http.get(f"{GROUPS}/{group['id']}")).json() == group


async def test_it_stops_though_somebody_keeps_a_connection_open(stack: Stack, tmp_path: Path) -> None:
    await stack.start("postgres")
    port, token_file = free_ports().directory, tmp_path / "token"
    token_file.write_text("token\n")
    database = stack.settings.database.directory_url.get_secret_value()
    options = ["--port", str(port), "--database-url", database, "--token-file", str(token_file)]
    directory = await asyncio.create_subprocess_exec(sys.executable, "-m", "run.local.directory", *options)
    await until(lambda: answers_http(port, "/healthz"))

    async with client(port, "Bearer token") as http:
        await http.get(USERS)
        directory.terminate()

        assert await directory.wait() in (0, -signal.SIGTERM)
