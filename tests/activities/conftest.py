from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from records.database import Database
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster
from tests.activities.desk import Desk
from tests.conftest import DatabaseUrls
from tests.outside.vendor import onfido, vendor
from tests.papers import pki, stamps_url

__all__ = ["onfido", "pki", "stamps_url", "vendor"]


@pytest.fixture
async def desk(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    """All deeds with vendors in memory, on a real database."""
    database = Database(database_urls.app)
    journal = Journal(Vault(LocalMaster(tmp_path / "master")), Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    desk = Desk(database, journal, tmp_path)
    yield desk
    desk.pool.shutdown()
    await database.dispose()
