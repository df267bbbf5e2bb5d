"""The portal on a real PostgreSQL and a real S3; the story is an engine that keeps a list."""

from collections.abc import AsyncIterator

import boto3
import pytest
from botocore.config import Config

from api.door import Door
from records.objects import Bucket
from run.local.stack import Stack
from tests.api.house import FakeEngine
from tests.api.portal.guest import Guest, Host


@pytest.fixture(scope="session")
async def bucket(stack: Stack) -> AsyncIterator[Bucket]:
    await stack.start("s3")
    s3 = stack.settings.s3
    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key.get_secret_value(),
        config=Config(s3={"addressing_style": "path"}),
    )
    bucket = Bucket(client, "portal-under-test")
    await bucket.ensure()
    yield bucket
    client.close()


@pytest.fixture
def host(door: Door) -> Host:
    return Host(door)


@pytest.fixture
async def guest(host: Host, engine: FakeEngine) -> AsyncIterator[Guest]:
    """A person at the step that collects their details, signed in."""
    guest = Guest(host, engine, await host.opens())
    await guest.enters()
    yield guest
    await guest.http.aclose()
