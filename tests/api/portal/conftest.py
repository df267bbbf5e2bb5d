"""The portal on a real PostgreSQL and a real S3; the story is an engine that keeps a list."""

from collections.abc import AsyncIterator

import pytest

from api.door import Door
from records.objects import Bucket
from tests.api.house import FakeEngine
from tests.api.portal.guest import Guest, Host


@pytest.fixture
def bucket(s3_bucket: Bucket) -> Bucket:
    return s3_bucket


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
