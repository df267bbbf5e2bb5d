"""The door on a real PostgreSQL: one database for each module."""

from collections.abc import AsyncIterator

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.door import Door
from onboarding.case import Role
from records.database import Database
from records.journal import Journal
from records.keys import Vault
from records.masters import LocalMaster
from records.objects import Bucket
from tests.api.house import KEY, Caller, FakeEngine, Staff, a_door
from tests.conftest import DatabaseUrls


@pytest.fixture
async def database(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app)
    yield database
    await database.dispose()


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    master = LocalMaster(tmp_path_factory.mktemp("keys") / "master")
    return Journal(Vault(master), Ed25519PrivateKey.from_private_bytes(KEY))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def bucket() -> Bucket:
    """Nothing listens there; the module of documents brings a real one."""
    s3 = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="x", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return Bucket(s3, "nowhere")


@pytest.fixture
def door(database: Database, journal: Journal, engine: FakeEngine, bucket: Bucket) -> Door:
    return a_door(database, journal, engine, bucket)


@pytest.fixture
def staff(door: Door) -> Staff:
    return Staff(door)


@pytest.fixture
async def desk(staff: Staff) -> Caller:
    """Back-office staff; a customer-success manager is there too."""
    await staff.who_is(Role.CSM)
    return await staff.who_is(Role.STAFF)
