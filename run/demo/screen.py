"""What is seen of the demo: while it runs, one line for each case; without a terminal, one line for each event."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from run.caller import Json
from run.demo.checks import Ended
from run.demo.parts import PARTS, Part

_COLOURS = {"completed": "green", "rejected": "yellow", "withdrawn": "yellow", "lapsed": "red", "paused": "cyan"}
_DAYS = 95  # roughly what a story takes, for the bar
_TITLE = max(len(part.title) for part in PARTS)


class Screen:
    """`with Screen(console) as screen: screen.show(part, file)`; a file is the answer to GET /cases/{id}."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._files: dict[str, tuple[Part, Json]] = {}
        self._told: dict[str, set[str]] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> "Screen":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, part: Part, file: Json) -> None:
        self._files[part.reference] = (part, file)
        if self._live:
            self._live.update(self._board(), refresh=True)
        else:
            self._tell(part, file)

    def say(self, part: Part, day: float, what: str) -> None:
        """One event, without a terminal."""
        if not self._live:
            self._console.print(f"day {day:5.1f}  {part.title:<{_TITLE}}  {what}", highlight=False, soft_wrap=True)

    def _tell(self, part: Part, file: Json) -> None:
        told = self._told.setdefault(part.reference, set())
        for event in _events(file):
            if event not in told:
                told.add(event)
                self.say(part, day_of(file), event)

    def _board(self) -> Table:
        table = Table("", "day", "", "now", "waits for", box=None, pad_edge=False)
        for part, file in self._files.values():
            day = day_of(file)
            table.add_row(part.title, f"{day:.0f}", _bar(file, day), _now(file), _waits(file))
        return table


def day_of(file: Json) -> float:
    """How old the case is by its own clock; where it has ended, how old it became."""
    until = file["case"]["ended_story"] or file["story_now"]
    length = datetime.fromisoformat(until) - datetime.fromisoformat(file["case"]["created"])
    return length.total_seconds() / 86_400


def _events(file: Json) -> Iterator[str]:
    for step in file["steps"]:
        if step["opened_story"]:
            yield f"begins: {step['title']}"
        if step["closed_story"] and step["opened_story"]:
            yield f"{step['state']}: {step['title']}"
    for task in file["tasks"]:
        if task["holder"] in ("staff", "reviewer"):
            yield f"waits for {task['holder']}: {_plain(task['code'])} ({task['step']})"
    if file["case"]["band"]:
        yield f"risk: {file['case']['band']}"
    if file["case"]["status"] != "starting":
        yield f"the case is {file['case']['status']}"


def _bar(file: Json, day: float) -> Text:
    done = 20 if file["case"]["ended_story"] else min(int(20 * day / _DAYS), 19)
    return Text("━" * done, style=_COLOURS.get(file["case"]["status"], "blue")) + Text("─" * (20 - done), style="dim")


def _now(file: Json) -> Text:
    status = file["case"]["status"]
    opened = [step["title"] for step in file["steps"] if step["state"] == "open"]
    words = status if file["case"]["ended_story"] or status == "paused" or not opened else "; ".join(opened)
    return Text(words, style=_COLOURS.get(status, ""), overflow="ellipsis", no_wrap=True)


def _waits(file: Json) -> str:
    if file["case"]["ended_story"]:
        return ""
    return ", ".join(dict.fromkeys(wait["holder"] for wait in file["waits"] if wait["holder"] != "nobody"))


def summary(ended: list[Ended]) -> Table:
    """What happened to each client, by case id and part: nobody's name."""
    table = Table(
        "",
        "playbook",
        "risk",
        "outcome",
        "days",
        "mails",
        "effects",
        "check-ins",
        title="What happened",
        title_justify="left",
    )
    for one in ended:
        case = one.file["case"]
        style = _COLOURS.get(case["status"], "")
        table.add_row(
            f"{one.part.title}\n[dim]{case['id']}[/dim]", case["playbook"], case["band"] or "",
            Text(case["status"], style=style), f"{day_of(one.file):.0f}",
            f"{len(one.mails)}" + (f", {one.reminders} reminders" if one.reminders else ""),
            _effects(one), " ".join(row["outcome"] or "none" for row in one.check_ins) or "none",
        )  # fmt: skip
    return table


def _effects(one: Ended) -> str:
    rows = [row for row in one.effects if row["kind"] != "mail"]
    undone = sum(row["state"] == "undone" for row in rows)
    return f"{len(rows) - undone} done" + (f", {undone} undone" if undone else "")


def _plain(code: str) -> str:
    return code.replace("_", " ")
