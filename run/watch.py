"""`aboard status` and `aboard case`: where things stand, as the API tells it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onboarding.settings import Settings
from run.caller import Caller, Json, token_for
from run.start import Token

Shown = Table | Text

SOON = 10  # wake-ups that are shown
LOOKED_AT = 50  # running cases, the newest, whose next wake-up is asked for


def status(token: Token = None) -> None:
    """Count the cases, say what waits for whom, and what wakes next."""
    _show(token, overview)


def case(case_id: Annotated[str, typer.Argument(show_default=False)], token: Token = None) -> None:
    """Show one case: its plan, its open tasks, what it waits for, and its timeline."""
    _show(token, lambda api: one_case(api, case_id))


def _show(token: str | None, ask: Callable[[Caller], Awaitable[list[Shown]]]) -> None:
    settings = Settings()

    async def answer() -> list[Shown]:
        async with Caller(settings.public_url, token_for(token, settings.home)) as api:
            return await ask(api)

    console = Console()
    for part in asyncio.run(answer()):
        console.print(part)


async def overview(api: Caller) -> list[Shown]:
    cases = [row async for row in api.rows("/cases", limit=200)]
    tasks = [row async for row in api.rows("/tasks", state="open")]
    running = [case["id"] for case in cases if case["status"] == "running"]
    files = [await api.get(f"/cases/{one}") for one in running[:LOOKED_AT]]
    waking = sorted((file for file in files if file["next_wake_up"]), key=lambda file: str(file["next_wake_up"]))
    holders = Counter(f"{task['holder']}: {_plain(task['code'])}" for task in tasks)
    return [
        _counts("Cases", Counter(case["status"] for case in cases)),
        _counts("Open tasks wait for", holders),
        *([_wakings(waking[:SOON])] if waking else []),
    ]


async def one_case(api: Caller, case_id: str) -> list[Shown]:
    return list(_shown(await api.get(f"/cases/{case_id}")))


def _counts(title: str, counted: Counter[str]) -> Table:
    table = Table(title, "", box=None, title_justify="left")
    for name, number in sorted(counted.items()):
        table.add_row(name, str(number))
    return table


def _wakings(files: Iterable[Json]) -> Table:
    table = Table("Wakes next", "case", "step", "waits for", "why", box=None)
    table.columns[1].no_wrap = True
    for file in files:
        wait = min(file["waits"], key=lambda wait: str(wait["wakes_real"]))
        about = (wait["step"], wait["holder"], _plain(wait["why"]))
        table.add_row(_ahead(wait["wakes_real"]), file["case"]["id"], *about)
    return table


def _shown(told: Json) -> Iterable[Shown]:
    case, client = told["case"], told["client"]
    version = f" v{told['playbook_version']}" if told["playbook_version"] else ""
    head = f"{case['id']}  {case['playbook']}{version}  {case['status']}"
    yield Text(f"{head}  risk {case['band'] or 'not rated yet'}  story time {_at(told['story_now'])}", style="bold")
    if client:
        yield Text(f"{client['name']} ({client['kind']}, {client['country']}, {client['language']})")
    steps = Table("Step", "state", "due", "opened", "closed", "outcome")
    for step in told["steps"]:
        steps.add_row(
            step["key"], step["state"] if step["planned"] else "left out",
            _due(step["due"]), _day(step["opened_story"]), _day(step["closed_story"]), _plain(step["outcome"] or ""),
        )  # fmt: skip
    yield steps
    tasks = Table("Open task", "waits for", "step", "due", "id")
    for task in told["tasks"]:
        tasks.add_row(_plain(task["code"]), task["holder"], task["step"], _due(task["due"]), task["id"])
    if told["tasks"]:
        yield tasks
    timeline = Table("Story time", "who", "what", "why", box=None)
    for entry in told["timeline"]:
        timeline.add_row(_at(entry["story"]), entry["actor"], _plain(entry["what"]), _plain(entry["reason"] or ""))
    yield timeline


def _due(moment: Json | None) -> str:
    if moment is None:
        return ""
    return _day(moment["effective"]) + (f" ({_plain(moment['reason'])})" if moment["reason"] else "")


def _at(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%d %b %Y %H:%M}" if text else ""


def _day(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%d %b %Y}" if text else ""


def _ahead(text: str) -> str:
    seconds = (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()
    return f"in {max(seconds, 0):.0f} s" if seconds < 300 else _at(text)


def _plain(code: str) -> str:
    return code.replace("_", " ")
