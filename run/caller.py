"""The staff API as our own commands call it: over HTTP, like everybody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2

from onboarding.errors import Invalid, OnboardingError, Unauthenticated

Json = dict[str, Any]

TRIES = 8  # at a request that may be repeated; half a minute in all
LONGEST_PAUSE = 8.0  # seconds between two of them


class Refused(OnboardingError):
    """The API refused the request."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail, code=reason)
        self.answered = status


class NotReached(OnboardingError):
    """The API does not answer: is Aboard up?"""

    code = "not_reached"
    status = 503


class Caller:
    """`async with Caller(url, token) as api: await api.get("/cases")`. A POST is repeated under one key until it is
    answered; Refused carries the reason code of the answer. An empty token is no token."""

    def __init__(self, url: str, token: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._http = httpx2.AsyncClient(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=30,
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str | int) -> Any:
        return (await self._answer("GET", path, params=query)).json()

    async def text(self, path: str) -> str:
        return (await self._answer("GET", path)).text

    async def content(self, path: str) -> bytes:
        return (await self._answer("GET", path)).content

    async def put(self, path: str, body: Json) -> None:
        await self._answer("PUT", path, json=body)

    async def upload(self, path: str, content: bytes, media_type: str, **query: str) -> Json:
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": media_type}
        answer: Json = (await self._answer("POST", path, content=content, headers=headers, params=query)).json()
        return answer

    async def post(self, path: str, body: Json | None = None, key: str | None = None) -> Json:
        headers = {"Idempotency-Key": key or str(uuid4())}
        answer: Json = (await self._answer("POST", path, json=body or {}, headers=headers)).json()
        return answer

    async def rows(self, path: str, **query: str | int) -> AsyncIterator[Json]:
        """Every row of a list, page by page where it has pages."""
        page: Json = {"next": None}
        while True:
            more = {"cursor": page["next"]} if page["next"] else {}
            page = await self.get(path, **query, **more)
            for row in next(part for part in page.values() if isinstance(part, list)):
                yield row
            if not page.get("next"):
                return

    async def _answer(self, method: str, path: str, **request: Any) -> httpx2.Response:
        for turn in range(TRIES):
            try:
                answer = await self._http.request(method, path, **request)
            except httpx2.TransportError as error:
                if turn == TRIES - 1:
                    raise NotReached from error
            else:
                if answer.is_success:
                    return answer
                refused = _refusal(answer)
                if not _worth_repeating(answer.status_code, refused.reason) or turn == TRIES - 1:
                    raise refused
            await asyncio.sleep(min(0.25 * 2**turn, LONGEST_PAUSE))
        raise AssertionError("the last turn returns or raises")


def _worth_repeating(status: int, reason: str) -> bool:
    return status in (429, 502, 503, 504) or reason == "in_flight"


def _refusal(answer: httpx2.Response) -> Refused:
    try:
        problem = answer.json()
        faults = [f"{one['where'].removeprefix('body.')}: {one['detail']}" for one in problem.get("errors", [])]
        detail = "; ".join(faults) or str(problem["detail"])
        return Refused(answer.status_code, str(problem["code"]), detail)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(answer.status_code, "unreadable_answer", f"The server answered {answer.status_code}.")


def token_for(given: str | None, home: Path, member: str = "desk") -> str:
    """The token that was given, else the one that the demo made for this member of staff."""
    if given:
        return given
    kept = home / "keys" / "staff.json"
    if not kept.exists():
        raise Unauthenticated("A token is needed: --token, or ABOARD_TOKEN. `aboard staff add` makes one.")
    try:
        return str(json.loads(kept.read_text())[member]["token"])
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"{kept} holds no token of {member}.") from None
