"""Publishers of lists, over HTTP: asked for news only, and a file is there whole or not at all."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import httpx2

from kyc.lists.source import LARGEST
from onboarding.errors import TooLarge, Unavailable

SECONDS = 60.0  # without a byte
_AGENT = "aboard-lists/1"


@dataclass(frozen=True)
class Mark:
    """What a publisher called the state of a file, to be said back to it."""

    etag: str = ""
    modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in said.items() if value}


class Publisher:
    async def fetch(self, url: str, into: Path, known: Mark) -> Mark | None:
        """Fetches the file unless it is as it was at `known` (304): then None, and what is there stays.

        Raises Unavailable for any other answer than 200 or 304 and for one that breaks off, TooLarge beyond 2 GB.
        """
        here = await asyncio.to_thread(into.exists)
        headers = {"User-Agent": _AGENT, **(known.headers if here else {})}
        try:
            async with (
                httpx2.AsyncClient(timeout=SECONDS, follow_redirects=True) as http,
                http.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code == httpx2.codes.NOT_MODIFIED and here:
                    return None
                if answer.status_code != httpx2.codes.OK:
                    raise Unavailable(code=f"answered_{answer.status_code}")
                await _keep(answer, into)
                return Mark(answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
        except httpx2.HTTPError as error:
            raise Unavailable(code="publisher_unavailable") from error


async def _keep(answer: httpx2.Response, into: Path) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    part, size = into.with_name(f"{into.name}.{os.getpid()}.part"), 0
    try:
        with part.open("wb") as file:
            async for chunk in answer.aiter_bytes():
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge
                file.write(chunk)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
