"""`aboard lists sources` and `aboard lists release`: how fresh the lists of a running Aboard are."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from onboarding.settings import Settings
from run.answers import or_exit
from run.caller import Caller, Json, token_for
from run.start import Token


def sources(token: Token = None) -> None:
    """The sources of lists: their last good answer, what is in force, what waits, what went wrong."""
    table = Table("source", "last good answer", "in force", "waits", "let in by", "since", "why")
    for row in _call(token, lambda api: api.get("/lists"))["sources"]:
        shown = {**row, "released_by": _let_in(row)}
        columns = ("name", "answered", "version", "held", "released_by", "failed_since", "reason")
        table.add_row(*(str(shown[column] or "") for column in columns))
    Console().print(table)


def _let_in(row: Json) -> str:
    """Of a version that is held: who let it in, and what it still waits for."""
    if not row["held"]:
        return ""
    waits = f"{row['missing']} more must" if row["missing"] else "with the next refreshing"
    return ", ".join([*row["released_by"], waits])


def release(
    version: Annotated[str, typer.Argument(help="the version that is held", show_default=False)], token: Token = None
) -> None:
    """Let in a version that loses more than a tenth, as the person whose token it is; it takes two."""
    answer = _call(token, lambda api: api.post("/lists/releases", {"version": version}))
    missing = answer["missing"]
    print(
        "It comes in force at once, or else with the next refreshing."
        if not missing
        else f"Released; {missing} more must."
    )


def _call(token: str | None, ask: Callable[[Caller], Awaitable[Json]]) -> Json:
    settings = Settings()

    async def answer() -> Json:
        async with Caller(settings.public_url, token_for(token, settings.home, "reviewer")) as api:
            return await ask(api)

    with or_exit():
        return asyncio.run(answer())
