"""`aboard retention`: whose legal time is over, and erasing it. The server's sweep does the same by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from onboarding.settings import Settings
from run.answers import or_exit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from records.journal import Journal
    from records.retention import Due

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Legal clocks: what is due to be erased.")
_At = Annotated[datetime | None, typer.Option("--at", help="as of that day (UTC) instead of now")]
_MANY = 10_000


@app.command()
def due(at: _At = None) -> None:
    """What may be erased: nothing is changed."""
    from records import retention

    when = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    _print(_work(lambda session, journal: retention.due(session, when, _MANY)))


@app.command()
def erase() -> None:
    """Erase what is due now: its keys are destroyed, and the journal says so. KYC files of clients whom a vendor has
    checked are left to the server, which has them forgotten there first."""
    from records import erasure

    _print(_work(lambda session, journal: erasure.erase_due(session, journal, datetime.now(UTC), _MANY)))


def _work(work: "Callable[[AsyncSession, Journal], Awaitable[Sequence[Due]]]") -> "Sequence[Due]":
    from records.database import Database
    from run.signing import open_journal

    settings = Settings()

    async def done() -> "Sequence[Due]":
        database = Database(settings.database.url.get_secret_value())
        try:
            async with database.session() as session:
                return await work(session, open_journal(settings))
        finally:
            await database.dispose()

    with or_exit():
        return asyncio.run(done())


def _print(rows: "Sequence[Due]") -> None:
    table = Table("client", "class", "since")
    for row in rows:
        table.add_row(row.client_id, row.retention, f"{row.erase_after:%Y-%m-%d}")
    Console().print(table)
