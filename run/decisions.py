"""`aboard kyc`: decisions scored again, and handed to an auditor. They need the database and the keys, and no server;
a dossier is verified with neither."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from onboarding.case import is_id
from onboarding.errors import Invalid, NotFound, OnboardingError
from onboarding.settings import Settings
from run.answers import or_exit
from run.journals import trusted

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from activities.replaying import Replayed
    from records.journal import Journal

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Decisions: scored again, handed to an auditor.")

T = TypeVar("T")
_EXIT = {"same": 0, "different": 1, "impossible": 2}
_Decision = Annotated[str, typer.Argument(help="a decision, or a case: then its last one", show_default=False)]


class NoDossier(Invalid):
    """There is no such file."""

    code = "no_dossier"


@app.command()
def replay(
    decision: _Decision,
    full: Annotated[bool, typer.Option("--full", help="build the index of the lists again")] = False,
    json_: Annotated[bool, typer.Option("--json", help="one line of JSON")] = False,
) -> None:
    """Score a decision again from the lists, the policies and the inputs of its day.

    Exit codes: 0 the same, 1 different and shown, 2 impossible and why.
    """
    from activities.replaying import Lists
    from activities.replaying import replay as play
    from kyc.lists import Store

    settings = Settings()
    lists = Lists(Store(settings.kyc.lists), settings.home / "index", full)

    async def play_one(session: "AsyncSession", journal: "Journal") -> "Replayed":
        return await play(session, journal.vault, await _named(session, decision), lists)

    with or_exit(), _no_verdict():
        found = asyncio.run(_with_records(settings, play_one))
    print(_as_json(found)) if json_ else _show(found)
    raise typer.Exit(_EXIT[found.state])


@app.command()
def dossier(
    decision: _Decision,
    file: Annotated[Path, typer.Option("-o", "--output", help="the bundle to write", show_default=False)],
) -> None:
    """Write all that a decision rested on as a bundle that an auditor verifies without us."""
    from activities.dossier import gather

    async def gather_one(session: "AsyncSession", journal: "Journal") -> bytes:
        return await gather(session, journal, await _named(session, decision))

    with or_exit():
        raw = asyncio.run(_with_records(Settings(), gather_one))
    file.touch(mode=0o600)  # it holds personal data
    file.write_bytes(raw)
    Console().print(f"{file}: {len(raw):,} bytes. `aboard kyc verify-dossier` proves it.", highlight=False)


@app.command("verify-dossier")
def verify_dossier(
    file: Annotated[Path, typer.Argument(show_default=False)],
    keys: Annotated[Path | None, typer.Option(help="published keys: {kid: base64}; ours when left out")] = None,
) -> None:
    """Prove a bundle, with no server and no database. Exit codes: 0 whole and unchanged, 1 not so, 2 no such file."""
    from activities.dossier import keys_in, verify

    with or_exit():
        if not file.is_file():
            raise NoDossier
    console, published = Console(), keys or Settings().keys.journal_trust
    raw = file.read_bytes()
    if not published.is_file():
        console.print(f"There are no published keys at {published}: name them with --keys.", style="red")
        raise typer.Exit(2)
    faults = verify(raw, trusted(published))
    for fault in faults:
        console.print(fault, style="red", markup=False, highlight=False)
    if faults:
        console.print("The dossier was changed, or a key that you do not trust has signed it.")
        raise typer.Exit(1)
    console.print(f"The dossier is whole and unchanged, signed by a key that you trust: {', '.join(keys_in(raw))}.")


async def _with_records(settings: Settings, work: Callable[["AsyncSession", "Journal"], Awaitable[T]]) -> T:
    from run.opened import opened

    async with opened(settings) as (database, journal), database.session() as session:
        return await work(session, journal)


@contextmanager
def _no_verdict() -> Iterator[None]:
    """A fault of ours says nothing about the decision: it must not leave with the code for different."""
    try:
        yield
    except OnboardingError:
        raise
    except Exception:
        traceback.print_exc()
        raise typer.Exit(_EXIT["impossible"]) from None


async def _named(session: "AsyncSession", what: str) -> str:
    """The decision itself, or the last one of a case."""
    from records import reviews

    if not is_id(what, "case"):
        return what
    known = await reviews.decisions(session, what)
    if not known:
        raise NotFound("Nothing was decided in this case yet.", code="no_decision")
    return known[-1].id


def _as_json(found: "Replayed") -> str:
    return json.dumps({**asdict(found), "differences": [each._asdict() for each in found.differences]})


def _show(found: "Replayed") -> None:
    console = Console()
    if found.engine_changed:
        console.print("The engine is another one than that of the decision.")
    if found.state == "impossible":
        console.print(f"{found.decision} cannot be scored again: {found.why}. {found.missing or ''}", markup=False)
        return
    scored = f"{found.screenings} screenings and {found.ratings} ratings"
    if found.state == "same":
        console.print(f"{found.decision}: {scored} come out the same.", highlight=False)
        return
    console.print(f"{found.decision}: of {scored}, this comes out differently:", highlight=False)
    table = Table("of", "what", "then", "now")
    for each in found.differences:
        table.add_row(*each)
    console.print(table)
