"""Real servers for the tests: started when first asked for, on free ports, once for the whole session."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest

from onboarding.settings import Ports
from records.database import Database, prepare
from records.objects import Bucket
from run.house import s3_client
from run.local.secrets import database_password
from run.local.stack import Stack

if TYPE_CHECKING:
    from tests.theatre import Theatre

for name in [name for name in os.environ if name.startswith("ABOARD_")]:
    del os.environ[name]  # the settings of whoever runs the tests are none of the tests' business


@dataclass(frozen=True)
class DatabaseUrls:
    """One database with every migration applied, by two roles."""

    app: str
    owner: str


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """`await stack.start("postgres", "s3")` brings up what is not up yet; `stack.settings` leads to it."""
    async with Stack(tmp_path_factory.mktemp("aboard"), free_ports()) as stack:
        yield stack


@pytest.fixture(scope="session")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Theatre"]:
    """A whole Aboard of its own, which may be hurt: the tests that let it suffer share it."""
    from tests.theatre import opened

    async with opened(tmp_path_factory.mktemp("theatre"), free_ports()) as theatre:
        yield theatre


@pytest.fixture(scope="session")
async def _template(stack: Stack) -> str:
    await stack.start("postgres")
    keys = stack.settings.home / "keys"
    owner, app = database_password(keys, "aboard_owner"), database_password(keys, "aboard_app")
    admin = stack.settings.database.admin_url.get_secret_value()
    await prepare(admin, owner_password=owner, app_password=app, name="template_aboard")
    await Database.migrate(_renamed(stack.settings.database.owner_url.get_secret_value(), "template_aboard"))
    return "template_aboard"


@pytest.fixture(scope="module")
async def database_urls(stack: Stack, _template: str) -> DatabaseUrls:
    """A migrated database of the test module's own: a copy, so it costs a tenth of a second."""
    return await _copied(stack, _template)


@pytest.fixture
async def own_database_urls(stack: Stack, _template: str) -> DatabaseUrls:
    """A migrated database of one test's own, for what speaks of everything that is in it."""
    return await _copied(stack, _template)


async def _copied(stack: Stack, template: str) -> DatabaseUrls:
    name, urls = f"test_{secrets.token_hex(4)}", stack.settings.database
    async with await psycopg.AsyncConnection.connect(urls.admin_url.get_secret_value(), autocommit=True) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER aboard_owner")
    return DatabaseUrls(_renamed(urls.url.get_secret_value(), name), _renamed(urls.owner_url.get_secret_value(), name))


@pytest.fixture(scope="module")
async def s3_bucket(stack: Stack) -> AsyncIterator[Bucket]:
    """A bucket of the test module's own, on a real S3."""
    await stack.start("s3")
    with closing(s3_client(stack.settings)) as s3:
        bucket = Bucket(s3, f"test-{secrets.token_hex(4)}")
        await bucket.ensure()
        yield bucket


def free_ports() -> Ports:
    """A run of free ports for S3, which takes ten, and one for each of the others."""
    names = list(Ports.model_fields)
    first = next(first for first in _candidates() if all(_is_free(first + n) for n in range(len(names) + 9)))
    return Ports(s3=first, **{name: first + 10 + n for n, name in enumerate(n for n in names if n != "s3")})


def _candidates() -> list[int]:
    """Below the ports that the kernel gives to outgoing connections."""
    return [10_000 + 32 * secrets.randbelow(650) for _ in range(1000)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _renamed(url: str, database: str) -> str:
    return url.replace("/aboard?", f"/{database}?")
