"""The memory on a real PostgreSQL: one database for each module, from the common stack."""

from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from records.database import Database
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster
from tests.conftest import DatabaseUrls


@pytest.fixture
async def database(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """As the application's role, which owns nothing."""
    database = Database(database_urls.app)
    yield database
    await database.dispose()


@pytest.fixture
async def owner(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """As the role that owns the tables."""
    database = Database(database_urls.owner)
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
