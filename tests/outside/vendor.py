"""An identity vendor for tests: its server and the adapter that talks to it."""

from collections.abc import AsyncIterator

import pytest

from activities.vendors.onfido import Onfido
from tests.outside.onfido import TOKEN, WORKFLOW, OnfidoServer
from tests.outside.serving import served


@pytest.fixture
def onfido() -> OnfidoServer:
    return OnfidoServer()


@pytest.fixture
async def vendor(onfido: OnfidoServer) -> AsyncIterator[Onfido]:
    async with served(onfido.app) as url:
        vendor = Onfido(f"{url}/v3.6", TOKEN, WORKFLOW)
        yield vendor
        await vendor.close()
