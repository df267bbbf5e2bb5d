"""A publisher of a list, over real HTTP: ETags, 304, and whatever a test makes of it."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


class Published:
    """What the publisher says; `asked` is what it was asked, by the ETag that was said back to it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.status = 200
        self.cut = False
        self.asked: list[str | None] = []
        self.url = ""

    async def __call__(self, request: Request) -> Response:
        said = request.headers.get("If-None-Match")
        self.asked.append(said)
        if self.status != 200:
            return Response(status_code=self.status)
        etag = f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'
        if said == etag:
            return Response(status_code=304)
        if self.cut:
            length = {"Content-Length": str(len(self.content)), "ETag": etag}
            return StreamingResponse(self._half(), headers=length)
        return Response(self.content, headers={"ETag": etag})

    async def _half(self) -> AsyncIterator[bytes]:
        yield self.content[: len(self.content) // 2]
        raise ConnectionAbortedError


@asynccontextmanager
async def publishing(content: bytes) -> AsyncIterator[Published]:
    """A server on loopback for as long as the block lasts."""
    published = Published(content)
    app = Starlette(routes=[Route("/own-list.csv", published.__call__)])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        published.url = f"http://127.0.0.1:{listening.getsockname()[1]}/own-list.csv"
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
        try:
            yield published
        finally:
            server.should_exit = True
            await running
