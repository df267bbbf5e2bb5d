"""The SCIM server over HTTP: bearer token, size limit, /healthz."""

import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    External,
    Filter,
    Group,
    Patch,
    Reference,
    ResourceType,
    SCIMException,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    UnauthorizedException,
    User,
)
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from run.local.directory.storage import Storage

_log = logging.getLogger(__name__)

MAX_BODY = 1 << 20  # bytes; a group of some ten thousand members

PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=1000, max_payload_size=MAX_BODY),
        filter=Filter(supported=True, max_results=1000),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="bearer token",
                description="The token that the server was started with",
                spec_uri=Reference[External]("https://datatracker.ietf.org/doc/html/rfc6750"),
            )
        ],
    ),
)


def create_app(database_url: str, token: str) -> Starlette:
    """SCIM under /scim/v2 for the bearer of `token`, on tables that it creates in the database if they are not there.

    The URL is libpq's. Answers 200 on /healthz while the database answers, else 503.
    """
    # parameters are people's names and addresses: an error must not print them
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(url, pool_size=10, pool_pre_ping=True, hide_parameters=True)
    storage = Storage(engine, PROVIDER)

    async def healthz(request: Request) -> PlainTextResponse:
        try:
            async with engine.connect() as connection:
                await connection.execute(text("select 1"))
        except Exception:
            return PlainTextResponse("the database does not answer\n", 503)
        return PlainTextResponse("ok\n")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await storage.create_tables()
        yield
        await engine.dispose()

    scim = Mount("/scim", cast(ASGIApp, _Guarded(storage, token)))  # its scope is a dict, not any mapping
    return Starlette(routes=[Route("/healthz", healthz), scim], lifespan=lifespan)


class _Limited(ScimService):
    def max_body_size(self, request: ScimRequest) -> int:
        limit = super().max_body_size(request)
        return MAX_BODY if limit is None else limit


class _Guarded(ASGIApplication):
    def __init__(self, storage: Storage, token: str) -> None:
        super().__init__(storage, PROVIDER, _Limited(PROVIDER))
        self._token = token.encode()

    def check_auth(self, request: ScimRequest) -> None:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self._token):
            raise UnauthorizedException

    async def dispatch_request(self, request: ScimRequest) -> ScimResponse:
        if len(request.body) > MAX_BODY:  # it was read one byte beyond the limit and no further
            raise self.service.payload_too_large(MAX_BODY)
        return await super().dispatch_request(request)

    def handle_exception(self, request: ScimRequest, exception: Exception) -> ScimResponse:
        """Only the type is logged: messages quote what the caller sent, and that is somebody's name."""
        if not isinstance(exception, SCIMException):
            _log.error("a request to the directory failed: %s", type(exception).__name__)
        return self.service.error_response(exception)
