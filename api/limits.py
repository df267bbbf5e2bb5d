"""No request is longer than it may be: one that announces too much is refused unread, any other at the first byte
too many. Uploads of documents are streamed and have their own, larger limit."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem
from onboarding.errors import TooLarge
from records.documents import LIMIT as DOCUMENT

BODY = 256 * 1024  # bytes: a company with a hundred owners, several times over
_FRAME = 64 * 1024  # what a multipart upload has around its file
_HISTORY = 8 * 1024 * 1024  # what the Temporal UI has opened at once


class BodyLimit:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        limit = _limit(scope["path"])
        if _announced(scope) > limit:
            refusal = problem(TooLarge.status, TooLarge.code, str(TooLarge()))
            return await refusal(scope, receive, send)
        return await self._app(scope, _Counted(receive, limit), send)


class _Counted:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(TooLarge.status)  # the framework lets only its own errors through while it reads
        return message


def _limit(path: str) -> int:
    if path.endswith("/documents"):
        return DOCUMENT + _FRAME
    return _HISTORY if path.startswith("/codec/") else BODY


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0
