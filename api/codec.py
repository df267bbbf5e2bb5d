"""The codec endpoint: engineers read payloads in the Temporal UI, nobody else does, and nobody seals through it.

The UI sends the browser's cookie (its "include cross-origin credentials" switched on) or, over https, the engineer's
token. The cookie comes from the sign-in page here; it is good for this endpoint only.
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from pydantic import BaseModel, JsonValue
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from api.access import Bearer, TheDoor, note_refusal, who
from api.door import Door
from api.problems import errors
from api.views import asked
from onboarding.case import Role
from onboarding.errors import Forbidden, Invalid, Unauthenticated
from records import staff
from records.codec import Codec
from records.staff import StaffRow

router = APIRouter(prefix="/codec", tags=["codec"])

COOKIE = "aboard_codec"
SIGNED_IN_FOR = timedelta(hours=8)

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Aboard: read payloads</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}input,button{font:inherit;width:100%;
padding:.7rem;margin:.4rem 0;box-sizing:border-box}</style>
<h1>Read payloads in the Temporal UI</h1>
<p>For engineers. In the UI, under the codec server, switch on “include cross-origin credentials”.</p>
<form method="post"><label>Your token <input name="token" type="password" autocomplete="off" required></label>
<button>Sign in</button></form></html>"""


class NotPayloads(Invalid):
    """The body is not a list of Temporal payloads."""

    code = "not_payloads"
    status = 400


class NoEncoding(Forbidden):
    """Nobody seals payloads through this endpoint."""

    code = "encode_refused"


class Encoded(BaseModel):
    """Temporal's payloads in proto3 JSON."""

    model_config = asked({"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "ImhlbGxvIg=="}]})

    payloads: list[dict[str, JsonValue]]


async def engineer(
    request: Request,
    door: TheDoor,
    credentials: Bearer,
    cookie: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
) -> StaffRow:
    """The engineer who asks, by token or by cookie. Unauthenticated, or Forbidden for anybody else."""
    caller = await who(door, credentials.credentials) if credentials else await _by_cookie(door, cookie or "")
    if Role.ENGINEER not in caller.roles:
        await note_refusal(door, request, caller.id)
        raise Forbidden
    return caller


Engineer = Annotated[StaffRow, Depends(engineer)]


@router.post("/decode", response_model=Encoded, responses=errors(NotPayloads), summary="Open payloads")
async def decode(door: TheDoor, caller: Engineer, sealed: Encoded) -> dict[str, JsonValue]:
    """What is not ours, was changed, or has lost its key comes back as it came."""
    payloads = Payloads(payloads=await Codec(door.ring).decode(_payloads(sealed)))
    opened: dict[str, JsonValue] = MessageToDict(payloads)
    return {"payloads": [], **opened}


@router.post("/encode", responses=errors(NoEncoding), summary="Refused, whoever asks")
async def encode(caller: Engineer) -> None:
    raise NoEncoding


@router.get("/sign-in", response_class=HTMLResponse, include_in_schema=False)
async def sign_in_page(door: TheDoor) -> HTMLResponse:
    # The form is answered by a redirect to the UI, which `form-action` must allow too.
    policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {door.ui_url}"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(_PAGE, headers=headers)


@router.post("/sign-in", include_in_schema=False)
async def sign_in(request: Request, door: TheDoor, token: Annotated[str, Form(max_length=200)]) -> Response:
    caller = await who(door, token.strip())
    if Role.ENGINEER not in caller.roles:
        await note_refusal(door, request, caller.id)
        raise Forbidden
    answer = RedirectResponse(door.ui_url or "/docs", status_code=303)
    answer.set_cookie(
        COOKIE,
        _cookie(door, caller.id, datetime.now(UTC) + SIGNED_IN_FOR),
        max_age=int(SIGNED_IN_FOR.total_seconds()),
        path="/codec",
        httponly=True,
        samesite="strict",
        secure=door.public_url.startswith("https:"),
    )
    return answer


def _payloads(sealed: Encoded) -> Sequence[Payload]:
    try:
        return ParseDict(sealed.model_dump(), Payloads(), ignore_unknown_fields=True).payloads
    except (ParseError, ValueError, TypeError, AttributeError):
        raise NotPayloads from None


def _cookie(door: Door, staff_id: str, until: datetime) -> str:
    content = f"{staff_id}.{int(until.timestamp())}"
    return f"{content}.{door.mac('codec cookie', content)}"


async def _by_cookie(door: Door, cookie: str) -> StaffRow:
    content, _, mac = cookie.rpartition(".")
    staff_id, _, until = content.partition(".")
    genuine = hmac.compare_digest(mac.encode(), door.mac("codec cookie", content).encode())
    if not genuine or int(until) < datetime.now(UTC).timestamp():
        raise Unauthenticated
    async with door.database.session() as session:
        engineers = await staff.members(session, Role.ENGINEER)
    return next((one for one in engineers if one.id == staff_id), None) or _nobody()


def _nobody() -> StaffRow:
    raise Unauthenticated


class UiMayAsk:
    """CORS, with credentials, for the Temporal UI's own origin, and for this endpoint alone."""

    def __init__(self, app: ASGIApp, ui_url: str) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=_origins(ui_url),
            allow_methods=["POST"],
            allow_headers=["authorization", "authorization-extras", "content-type", "x-namespace"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        codec = scope["type"] == "http" and scope["path"].startswith("/codec/")
        await (self._open if codec else self._app)(scope, receive, send)


def _origins(ui_url: str) -> list[str]:
    """The UI's origin; on loopback under both of its names."""
    parts = urlsplit(ui_url)
    hosts = {"127.0.0.1", "localhost"} if parts.hostname in ("127.0.0.1", "localhost") else {parts.hostname}
    port = f":{parts.port}" if parts.port else ""
    return sorted(f"{parts.scheme}://{host}{port}" for host in hosts if host)
