"""`aboard`: the command line."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from onboarding.errors import OnboardingError
from onboarding.settings import Settings
from run import decisions, freshness, journals, kyc, people, policies, retention, screening
from run.demo.command import demo
from run.listing import lists
from run.lookback import lookback
from run.start import start
from run.watch import case, status

if TYPE_CHECKING:
    from run.local.stack import Stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(kyc.app)
app.add_typer(screening.app)
app.add_typer(people.app, name="staff")
app.add_typer(journals.app, name="journal")
decisions.app.command()(lookback)
app.add_typer(decisions.app, name="kyc")
app.add_typer(retention.app, name="retention")
lists.command()(freshness.sources)
lists.command()(freshness.release)
app.add_typer(policies.app, name="policy")
for command in (demo, start, status, case):
    app.command()(command)
console = Console()
SLOWEST_STOP = 120  # seconds; each part that does not stop within its grace is killed long before


@app.callback()
def _aboard() -> None:
    """Client onboarding from the deal to day 90: durable, explained, replayable."""


@app.command()
def up(
    measure: Annotated[bool, typer.Option(help="Print how long the start took and what memory it holds.")] = False,
) -> None:
    """Start and supervise everything on this machine until Ctrl-C."""
    asyncio.run(_up(Settings(), measure))


@app.command()
def down() -> None:
    """Stop what `aboard up` started from this folder, in another terminal perhaps."""
    from run.local.lock import running

    home = Settings().home
    pid = running(home)
    if pid is None:
        console.print(f"Nothing is up from {home}.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SLOWEST_STOP
    while running(home) == pid:
        if time.monotonic() > deadline:
            console.print(f"Process {pid} of {home} was told to stop and still runs after {SLOWEST_STOP} s.")
            raise typer.Exit(1)
        time.sleep(0.1)
    console.print("Stopped.")


@app.command()
def migrate() -> None:
    """Bring the tables to the newest version, as the role that owns them."""
    from records.database import Database

    asyncio.run(Database.migrate(Settings().database.owner_url.get_secret_value()))


@app.command()
def furnish() -> None:
    """Give servers of your own what `up` gives its own: keys, database roles, tables, the bucket. Safe to repeat."""
    asyncio.run(_furnish(Settings().home))


async def _furnish(home: Path) -> None:
    from records.database import Database
    from run.local import postgres, s3
    from run.local.secrets import ensure_keys

    ensure_keys(home / "keys")
    settings = Settings()  # read again: now with the keys
    await postgres.create_databases(settings)
    await Database.migrate(settings.database.owner_url.get_secret_value())
    await asyncio.to_thread(s3.create_bucket, settings.s3)


async def _up(settings: Settings, measure: bool) -> None:
    from run.local.measure import resident_bytes
    from run.local.stack import Stack

    began, stop = time.monotonic(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Stack(settings.home, settings.port, console.print) as stack:
        with console.status("Starting …"):
            if not await _unless(stop, stack.start()):
                return
        console.print(_table(stack))
        if measure:
            seconds, memory = time.monotonic() - began, resident_bytes(os.getpid())
            console.print(f"Ready after {seconds:.1f} s; {memory / 1e6:.0f} MB resident in all processes together.")
        console.print("Stop with Ctrl-C, or with `aboard down` elsewhere.")
        await stop.wait()
        console.print("Stopping …")


async def _unless(stop: asyncio.Event, work: Awaitable[object]) -> bool:
    """Wait for the work, but not past the wish to stop; whether it was done."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        return False
    await working
    return True


def _table(stack: "Stack") -> Table:
    table = Table("", "Address", title="Aboard is up", title_justify="left")
    for part in stack.parts.values():
        if part.address:
            table.add_row(part.title, part.address)
    table.add_row("State and logs", str(stack.settings.home))
    return table


def main() -> None:
    try:
        app()
    except OnboardingError as error:
        Console(stderr=True).print(error.message, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
