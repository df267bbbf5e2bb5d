"""Whether a server answers: the questions that the supervisor asks until it does."""

import asyncio
from datetime import timedelta

import psycopg
from temporalio.service import ConnectConfig, RPCError, ServiceClient

_PATIENCE = 2.0  # seconds for one answer


async def answers_tcp(port: int) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # TimeoutError is one of them
        return False
    writer.close()
    return True


async def answers_http(port: int, path: str) -> bool:
    """Whether GET answers with a status below 400. By hand: a client library would cost the supervisor its memory."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request.encode())
            status = (await reader.readline()).split()
            writer.close()
    except OSError:
        return False
    return len(status) > 1 and status[1] < b"400"


async def answers_sql(url: str) -> bool:
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=2) as connection:
            await connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


async def answers_temporal(address: str) -> bool:
    try:
        client = await ServiceClient.connect(ConnectConfig(target_host=address, lazy=True))
        return await client.check_health(timeout=timedelta(seconds=_PATIENCE))
    except (RPCError, RuntimeError):  # RuntimeError: nobody listens
        return False
