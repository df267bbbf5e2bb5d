"""`aboard kyc lookback`: which clients an entry of a list touches, and since when."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kyc.lists import Entry, Store
from onboarding.errors import NotFound
from onboarding.settings import Settings
from run.answers import or_exit
from run.lists import hashing, sources_of

if TYPE_CHECKING:
    from records.watching import WatchedRow


class NoEntry(NotFound):
    """No list that was ever kept has this entry."""

    code = "no_entry"


def lookback(
    entry: Annotated[str, typer.Argument(help="an entry's id, such as ofac-sdn:2676", show_default=False)],
    json_: Annotated[bool, typer.Option("--json", help="one line of JSON for each client")] = False,
) -> None:
    """The clients that an entry touches, by opaque ids: watched since when, and listed since when.

    Exit codes: 0 told, 2 no such entry, no database or no keys.
    """
    settings = Settings()
    with or_exit():
        found, since = kept(Store(settings.kyc.lists), entry)
        rows = asyncio.run(_touched(settings, [found]))
    if json_:
        for row in rows:
            print(json.dumps({"client": row.client_id, "case": row.case_id, **_times(row, since)}))
        return
    table = Table("client", "case", "watched since", "listed since", title=f"{entry}: {len(rows)} clients")
    for row in rows:
        table.add_row(row.client_id, row.case_id, *_times(row, since).values())
    Console().print(table)


def kept(store: Store, entry: str) -> tuple[Entry, datetime]:
    """The entry as the newest version has it, and when it was first on a list that was kept. Raises NoEntry."""
    having = [version for version in store.versions(entry.partition(":")[0]) if entry in store.manifest(version.id)]
    if not having:
        raise NoEntry
    newest = store.open(having[-1].id)
    return next(each for each in newest.entries if each.id == entry), min(version.since for version in having)


async def _touched(settings: Settings, entries: Sequence[Entry]) -> "list[WatchedRow]":
    from activities import policies
    from activities.lookback import LookBack
    from run.opened import must_be, opened

    must_be(settings.keys.names)
    async with opened(settings) as (database, journal):
        look = LookBack(database, journal, Store(settings.kyc.lists), sources_of(settings), hashing(settings))
        async with database.session() as session:
            rows = await look.concerned(session, entries, await policies.screening(session))
            return sorted(rows, key=lambda row: (row.since, row.client_id))


def _times(row: "WatchedRow", since: datetime) -> dict[str, str]:
    return {"watched_since": row.since.isoformat(), "listed_since": since.isoformat()}
