"""The database: one transaction for each session, committed at its edge and nowhere else."""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from psycopg import AsyncConnection, sql
from sqlalchemy import URL, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCKS_AT_ONCE = 20  # each holds a connection of its own beside the pool


def driver_url(url: str) -> URL:
    """Any libpq URL (`postgresql://…`, `postgres://…`) as SQLAlchemy names it, with our driver."""
    plain = "postgresql" + url[len("postgres") :] if url.startswith("postgres:") else url
    return make_url(plain).set(drivername="postgresql+psycopg")


def _engine(url: str, **options: object) -> AsyncEngine:
    # UTC by the session: every time that comes back is aware and in one zone
    return create_async_engine(driver_url(url), connect_args={"options": "-c timezone=UTC"}, **options)


def _still_quiet(connection: DBAPIConnection, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
    """A connection that lay idle has nothing to say, unless the server closed it: then another is opened. This asks
    the socket and not the server, which would cost every transaction a round trip."""
    idle = cast("AsyncConnection[object]", connection.driver_connection)
    if idle.closed or _readable(idle.fileno()):
        raise DisconnectionError


def _readable(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


class Database:
    """Connections as the application's role `aboard_app`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._engine = _engine(url, pool_size=pool_size, max_overflow=pool_size)
        event.listen(self._engine.sync_engine, "checkout", _still_quiet)
        # not from the pool: performers that wait for a lock must never starve the one that holds it
        self._lock_engine = _engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._glances = async_sessionmaker(self._engine.execution_options(isolation_level="AUTOCOMMIT"))
        self._locks = asyncio.Semaphore(_LOCKS_AT_ONCE)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        async with self._sessions.begin() as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """For one statement that only reads: without the two round trips of a transaction."""
        async with self._glances() as session:
            yield session

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """A session-level advisory lock on `key`, on a connection of its own: a crash releases it too."""
        number = int.from_bytes(sha256(key.encode()).digest()[:8], "big", signed=True)
        async with self._locks, self._lock_engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": number})
            yield

    async def ping(self) -> None:
        async with self.session() as session:
            await session.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        await self._engine.dispose()
        await self._lock_engine.dispose()

    @staticmethod
    async def migrate(owner_url: str) -> None:
        """Brings the schema to the newest version, as the role that owns it (`aboard_owner`)."""
        await asyncio.to_thread(_upgrade, owner_url)


def _upgrade(owner_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(driver_url(owner_url), poolclass=NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


async def prepare(admin_url: str, *, owner_password: str, app_password: str, name: str = "aboard") -> None:
    """Creates, as a superuser and once, the roles `aboard_owner` and `aboard_app` and the database `name`.

    The owner holds the tables and runs the migrations; the application owns nothing. Running it again sets the
    passwords and changes nothing else.
    """
    engine = _engine(admin_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for role, password in (("aboard_owner", owner_password), ("aboard_app", app_password)):
                known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
                verb = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
                await connection.exec_driver_sql(_quoted(verb, role, password))
            known = await connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
            if not known:
                statement = sql.SQL("CREATE DATABASE {} OWNER aboard_owner").format(sql.Identifier(name))
                await connection.exec_driver_sql(statement.as_string())
    finally:
        await engine.dispose()


def _quoted(statement: str, role: str, password: str) -> str:
    filled = sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)).as_string()
    return filled.replace("%", "%%")
