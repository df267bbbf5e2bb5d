"""Asking a public service that wants to be asked slowly."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx2

from onboarding.errors import Unavailable


class Paced:
    """One request at a time, `pace` after the one before. Close it when done.

    Errors of the library quote the address, so none is chained: Unavailable with the words of `silent`.
    """

    def __init__(self, url: str, pace: timedelta, http: httpx2.AsyncClient, silent: str) -> None:
        self._url, self._http, self._silent = url, http, silent
        self._pace = pace.total_seconds()
        self._turn = asyncio.Lock()
        self._last = -self._pace

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, asked: Mapping[str, str]) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(max(0.0, self._last + self._pace - loop.time()))
            try:
                return await self._http.get(self._url, params=dict(asked))
            except httpx2.HTTPError:
                raise Unavailable(self._silent) from None
            finally:
                self._last = loop.time()
