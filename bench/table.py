"""One table for what is measured: a figure, its goal and whether it is met."""

from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    what: str
    measured: str
    goal: str = ""
    met: bool | None = None
    note: str = ""


def at_most(what: str, measured: float, goal: float, unit: str = "", note: str = "") -> Row:
    return Row(what, f"{measured:.4g}{unit}", f"≤ {goal:g}{unit}", measured <= goal, note)


def at_least(what: str, measured: float, goal: float, unit: str = "", note: str = "") -> Row:
    return Row(what, f"{measured:.4g}{unit}", f"≥ {goal:g}{unit}", measured >= goal, note)


def show(title: str, rows: list[Row]) -> None:
    table = Table("", "measured", "goal", "", "", title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.met]
        table.add_row(row.what, row.measured, row.goal, verdict, row.note)
    console = Console()
    (console if console.is_terminal else Console(width=150)).print(table)
