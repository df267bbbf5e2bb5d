"""Migrations, roles and the one transaction of a session."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from records.database import Database, driver_url
from records.tables import Base
from tests.conftest import DatabaseUrls


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_the_migrations_build_what_the_tables_say(owner: Database) -> None:
    async with owner.session() as session:
        connection = await session.connection()

        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(database_urls: DatabaseUrls) -> None:
    await Database.migrate(database_urls.owner)


async def test_the_application_owns_no_table(database: Database) -> None:
    async with database.session() as session:
        owners = await session.scalars(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))

        assert set(owners) == {"aboard_owner"}


async def test_the_application_may_not_make_tables(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        async with database.session() as session:
            await session.execute(text("CREATE TABLE mine (id int)"))


async def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(
    database: Database, database_urls: DatabaseUrls
) -> None:
    async with database.session() as session:
        before = await session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(database_urls.app)
    async with other.session() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": before})
    await other.dispose()

    async with database.session() as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != before


@pytest.mark.parametrize(
    "given", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d", "postgresql://u:@/d?host=/tmp/x"]
)
def test_any_libpq_url_names_our_driver(given: str) -> None:
    assert driver_url(given).drivername == "postgresql+psycopg"
