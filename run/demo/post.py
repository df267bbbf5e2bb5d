"""The mail of the demo: one look at the inbox page for everybody, and each mail to whom it was sent."""

import asyncio
import re
from collections import defaultdict
from typing import Any

import httpx2

Json = dict[str, Any]

PAUSE = 0.4  # seconds between two looks
_LINK = re.compile(r"/portal/(enter|survey)/([A-Za-z0-9_-]+)")


class Post:
    """`mails` holds every mail since the start, oldest first; `box(address)` those of one person, as they come."""

    def __init__(self, inbox_url: str) -> None:
        self._http = httpx2.AsyncClient(base_url=inbox_url, timeout=20, trust_env=False)
        self._boxes: dict[str, asyncio.Queue[Json]] = defaultdict(asyncio.Queue)
        self._last = 0
        self.mails: list[Json] = []

    def box(self, address: str) -> asyncio.Queue[Json]:
        return self._boxes[address]

    async def skip_old(self) -> None:
        """What lies there from an earlier demo is nobody's business now."""
        self._last = max((mail["id"] for mail in await self._fetch()), default=0)

    async def deliver(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.collect()
            await asyncio.sleep(PAUSE)

    async def collect(self) -> None:
        for mail in reversed(await self._fetch()):
            self._last = mail["id"]
            self.mails.append(mail)
            for address in mail["to"]:
                self._boxes[address].put_nowait(mail)

    async def _fetch(self) -> list[Json]:
        try:
            answer = await self._http.get("/api/messages", params={"since": str(self._last)})
        except httpx2.TransportError:
            return []  # looked for again a moment later
        mails: list[Json] = answer.raise_for_status().json()
        return mails

    async def close(self) -> None:
        await self._http.aclose()


def link_in(mail: Json) -> tuple[str, str] | None:
    """What the link of a mail opens, `enter` or `survey`, and its token."""
    found = _LINK.search(mail["text"])
    return (found[1], found[2]) if found else None
