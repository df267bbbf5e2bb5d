"""Every error as problem+json (RFC 9457) with a reason code. What the caller sent is never said back."""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onboarding.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    OnboardingError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_CODES = {
    400: "unparsable_json",
    404: "not_found",
    405: "method_not_allowed",
    413: TooLarge.code,
    415: "unsupported_media_type",
}
_FIELDS = {"language": "unknown_language", "country": "unknown_country", "timezone": "unknown_timezone"}
_ECHOES = {"union_tag_invalid"}  # pydantic repeats the value in these sentences


class Fault(BaseModel):
    """One place in the request that is wrong; `where` names fields of the schema."""

    where: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457. `code` is the reason code to act on; `instance` names this one answer in our log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:aboard:problem:step_not_open",
                    "title": "Conflict",
                    "status": 409,
                    "detail": "The step that this belongs to is not open.",
                    "code": "step_not_open",
                    "instance": "urn:uuid:5f9c4ab0-2d7c-4b53-9b38-6a7b4a1d4b11",
                    "errors": [],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[Fault] = Field(default_factory=list)


def problem(
    status: int, code: str, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    body = Problem(
        type=f"urn:aboard:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=f"urn:uuid:{uuid4()}",
        errors=list(faults),
    )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("answered %d %s as %s", status, code, body.instance)
    return Response(body.model_dump_json(), status, headers, MEDIA_TYPE)


def errors(*kinds: type[OnboardingError]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the errors that an endpoint may give, besides those that every one of them may."""
    return {kind.status: {"model": Problem, "description": _line(kind)} for kind in (*kinds, *_EVERYWHERE)}


class Unparsable(OnboardingError):
    """The body is not JSON, or the Idempotency-Key is missing."""

    code = "unparsable_json"
    status = 400


_EVERYWHERE: tuple[type[OnboardingError], ...] = (Unauthenticated, Forbidden, Invalid, Unavailable)
POSTED = (Unparsable, Conflict, TooLarge)
ABOUT_ONE: tuple[type[OnboardingError], ...] = (NotFound,)


def _line(kind: type[OnboardingError]) -> str:
    return (kind.__doc__ or kind.code).strip()


def install(app: FastAPI) -> None:
    app.add_exception_handler(OnboardingError, _known)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_middleware(Unforeseen)
    app.openapi = _documented(app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to extend its schema


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, OnboardingError)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
    if error.retryable:
        headers["Retry-After"] = "2"
    return problem(error.status, error.reason, error.message, headers=headers)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400, "unparsable_json", "The body is not JSON.")
    if any(_lacks_key(one) for one in found):
        return problem(400, "idempotency_key_missing", "Every POST needs an Idempotency-Key header.")
    faults = [_fault(one) for one in found]
    named = [fault.where.rpartition(".")[2] for fault in faults if fault.code != "missing"]
    code = next((_FIELDS[name] for name in named if name in _FIELDS), Invalid.code)
    return problem(422, code, "Parts of the request are not as the schema wants them.", faults)


def _lacks_key(one: dict[str, Any]) -> bool:
    return bool(one["type"] == "missing" and one["loc"] == ("header", "Idempotency-Key"))


def _fault(one: dict[str, Any]) -> Fault:
    place = [str(part) for part in one["loc"]]
    if one["type"] == "extra_forbidden":
        place = place[:-1]  # the name of an unknown field is the caller's own
    detail = "" if one["type"] in _ECHOES else str(one["msg"])
    return Fault(where=".".join(place), code=str(one["type"]), detail=detail)


async def _plain(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an unknown path, another method, a body that is too large."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, Invalid.code if error.status_code < 500 else OnboardingError.code)
    detail = HTTPStatus(error.status_code).description
    return problem(error.status_code, code, detail, headers=error.headers)


class Broken(Exception):
    """An answer broke off in the middle."""


class Unforeseen:
    """Bugs end here: their type is enough for the log; their words may hold what a client wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            log.error("unforeseen: %s", type(error).__name__)
            if begun or scope["type"] != "http":
                raise Broken from None
            words = "Something went wrong; it was noted under this instance."
            await problem(500, OnboardingError.code, words)(scope, receive, send)


def _documented(openapi: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The schema with every error under the media type that it is sent as."""

    def schema() -> dict[str, Any]:
        whole = openapi()
        for operations in whole["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if status.isdigit() and int(status) >= 400 and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return whole

    return schema
