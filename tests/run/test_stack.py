"""The real servers, together: their data survives a kill -9, and nobody outlives the supervisor."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import psycopg
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from onboarding.settings import S3, Ports
from run.local.lock import running
from run.local.part import NotUp
from run.local.stack import Stack
from tests.conftest import free_ports
from tests.run.processes import descendants, listening_addresses, until, until_gone

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SERVERS = ("temporal", "postgres", "s3", "calendar", "stamps", "directory", "mail")


@pytest.fixture(scope="module")
async def servers(stack: Stack) -> Stack:
    return await stack.start(*SERVERS)


async def test_postgres_keeps_its_rows_when_it_is_killed(servers: Stack) -> None:
    url = servers.settings.database.owner_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("CREATE TABLE kept (word text)")
        await connection.execute("INSERT INTO kept VALUES ('here')")

    await _kill_and_await(servers, "postgres")

    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await (await connection.execute("SELECT word FROM kept")).fetchall()
        await connection.execute("DROP TABLE kept")
    assert found == [("here",)]


async def test_s3_keeps_its_objects_when_it_is_killed(servers: Stack) -> None:
    s3 = servers.settings.s3
    await asyncio.to_thread(_put, s3, "kept", b"here")

    await _kill_and_await(servers, "s3")

    assert await asyncio.to_thread(_get, s3, "kept") == b"here"


async def test_temporal_keeps_its_runs_when_it_is_killed(servers: Stack) -> None:
    client = await Client.connect(servers.settings.temporal.address)
    await client.start_workflow("Nobody", id="kept", task_queue="nobody")

    await _kill_and_await(servers, "temporal")

    client = await Client.connect(servers.settings.temporal.address)
    assert (await client.get_workflow_handle("kept").describe()).workflow_type == "Nobody"


@pytest.mark.parametrize("name", ["calendar", "stamps", "directory", "mail"])
async def test_a_server_comes_back_when_it_is_killed(servers: Stack, name: str) -> None:
    await _kill_and_await(servers, name)

    assert await servers.parts[name].ready()


async def test_temporal_knows_our_search_attributes_and_keeps_histories_for_years(servers: Stack) -> None:
    client = await Client.connect(servers.settings.temporal.address)
    owner = SearchAttributePair(SearchAttributeKey.for_keyword("Owner"), "staff_1")

    run = await client.start_workflow(
        "Nobody", id="found", task_queue="nobody", search_attributes=TypedSearchAttributes([owner])
    )
    kept = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))

    assert (await run.describe()).typed_search_attributes[owner.key] == "staff_1"
    assert kept.config.workflow_execution_retention_ttl.ToTimedelta().days >= 400


async def test_the_application_role_can_make_no_table(servers: Stack) -> None:
    url = servers.settings.database.url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("CREATE TABLE mine (word text)")


async def test_everything_listens_on_loopback_only(servers: Stack) -> None:
    pids = descendants(os.getpid())

    assert listening_addresses(pids) == {"0100007F"}


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(tmp_path / "home", free_ports()) as other:
        yield other


async def test_state_and_keys_survive_a_restart(tmp_path: Path) -> None:
    ports = free_ports()
    async with Stack(tmp_path, ports) as stack:
        await stack.start("postgres")
        async with await psycopg.AsyncConnection.connect(stack.settings.database.owner_url.get_secret_value()) as first:
            await first.execute("CREATE TABLE kept (word text)")

    async with Stack(tmp_path, ports) as stack:
        await stack.start("postgres")
        async with await psycopg.AsyncConnection.connect(stack.settings.database.owner_url.get_secret_value()) as again:
            assert await (await again.execute("SELECT * FROM kept")).fetchall() == []


async def test_postgres_runs_from_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    async with Stack(closed / "home", free_ports()) as stack:
        await stack.start("postgres")

        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert await stack.parts["postgres"].ready()


async def test_a_second_supervisor_of_one_folder_is_refused(other: Stack) -> None:
    with pytest.raises(NotUp, match=f"already up from .*process {os.getpid()}.*aboard down"):
        Stack(other.settings.home, other.settings.port)

    assert running(other.settings.home) == os.getpid()


async def test_the_longest_way_down_takes_less_than_ten_seconds(other: Stack) -> None:
    def way_down(name: str) -> float:
        users = [part.name for part in other.parts.values() if name in part.needs]
        return other.parts[name].grace + max((way_down(user) for user in users), default=0.0)

    assert max(way_down(name) for name in other.parts) < 10


async def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    names = ("temporal", "postgres", "s3", "calendar", "directory")
    supervisor = await _supervise(tmp_path, free_ports(), names)
    pids = descendants(supervisor.pid)
    assert len(pids) > len(names)

    supervisor.kill()
    await supervisor.wait()

    await until_gone(*pids)
    assert running(tmp_path) is None


async def _supervise(home: Path, ports: Ports, names: tuple[str, ...]) -> asyncio.subprocess.Process:
    """A supervisor in a process of its own; returns when its servers are up."""
    program = (
        "import asyncio, pathlib\n"
        "from onboarding.settings import Ports\n"
        "from run.local.stack import Stack\n"
        "async def main():\n"
        f"    async with Stack(pathlib.Path({str(home)!r}), Ports(**{ports.model_dump()!r})) as stack:\n"
        f"        await stack.start(*{names!r})\n"
        "        print('up', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    assert await process.stdout.readline() == b"up\n"
    return process


async def _kill_and_await(stack: Stack, name: str) -> None:
    before = stack.supervisor.pids()[name]
    os.kill(before, signal.SIGKILL)

    async def back() -> bool:
        return stack.supervisor.pids().get(name, before) != before and await stack.parts[name].ready()

    await until(back)


def _put(s3: S3, key: str, body: bytes) -> None:
    client = _client(s3)
    client.put_object(Bucket=s3.bucket, Key=key, Body=body)
    client.close()


def _get(s3: S3, key: str) -> bytes:
    client = _client(s3)
    body: bytes = client.get_object(Bucket=s3.bucket, Key=key)["Body"].read()
    client.close()
    return body


def _client(s3: S3) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key.get_secret_value(),
    )
