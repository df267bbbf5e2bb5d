"""`aboard demo`: sample clients from the deal to day 90, on real servers, with people who act through the API."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from onboarding.settings import Settings


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="stop everything at the end")] = False,
    seconds: Annotated[float, typer.Option("--seconds-per-day", min=1.0, max=86_400.0, help="length of a day")] = 1.8,
) -> None:
    """Take six sample clients from the deal to day 90, check what came of it, and show it to compliance.

    Exit codes: 0 everything is as it should be, 1 something is not; it is named.
    """
    from run.demo.showing import show  # all of Aboard, which no other command has to wait for

    if not asyncio.run(show(Settings(), exit_, seconds, _console())):
        raise typer.Exit(1)


def _console() -> Console:
    """Where no terminal says how wide it is, the table of the end decides."""
    console = Console()
    return console if console.is_terminal else Console(width=150)
