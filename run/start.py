"""`aboard start FILE`: many clients at once, through the API. Good lines start, bad ones are named with their numbers.

A line is the body of `POST /cases`, as JSON or as CSV whose columns are named by paths such as `client.person.name` or
`client.company.owners.1.share`. Running the same file again starts nothing twice: a line's key follows from what it
says.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from onboarding.errors import OnboardingError
from onboarding.settings import Settings
from run.caller import Caller, Json, NotReached, Refused, token_for
from run.lines import BrokenLine, Line, Row, count_lines, read_lines

AT_ONCE = 8
BATCH = 64  # lines that are held in memory
Token = Annotated[
    str | None, typer.Option(envvar="ABOARD_TOKEN", help="token of a member of staff", show_default=False)
]


class NoPath(OnboardingError):
    """A column is named by a path of the request's fields, numbers counting from one."""

    code = "bad_column"


@dataclass(frozen=True)
class Report:
    """What became of one line: its case, or the code and words of its refusal."""

    line: int
    case: str | None = None
    code: str = ""
    words: str = ""


def start(
    file: Annotated[Path, typer.Argument(help="JSON Lines or CSV, or - for standard input", show_default=False)],
    token: Token = None,
) -> None:
    """Start many clients from a file.

    Exit codes: 0 every line started, 1 some were refused and the rest started, 2 nothing could be done.
    """
    settings, console = Settings(), Console(stderr=True)
    try:
        reports = asyncio.run(_start(file, settings.public_url, token_for(token, settings.home), console))
    except OnboardingError as error:
        console.print(error.message, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    started = [report for report in reports if report.case]
    for report in reports:
        print(f"line {report.line}: {report.case or f'refused, {report.code}: {report.words}'}")
    print(f"{len(started)} started, {len(reports) - len(started)} refused")
    if len(started) < len(reports):
        raise typer.Exit(1)


async def _start(file: Path, url: str, token: str, console: Console) -> list[Report]:
    lines = read_lines(file)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with Caller(url, token) as api:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            shown = progress.add_task(file.name, total=count_lines(file))
            reports: list[Report] = []
            while batch := list(islice(lines, BATCH)):
                reports += await send(api, batch)
                progress.update(shown, completed=reports[-1].line)
    return reports


async def send(api: Caller, lines: Sequence[Line | BrokenLine]) -> list[Report]:
    """One request a line, several at once; the reports come in the order of the lines. NotReached ends it."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(line: Line | BrokenLine) -> Report:
        async with room:
            return await _send_one(api, line)

    return list(await asyncio.gather(*(one(line) for line in lines)))


async def _send_one(api: Caller, line: Line | BrokenLine) -> Report:
    if isinstance(line, BrokenLine):
        return Report(line.number, code="line_broken", words=line.reason)
    try:
        body = body_of(line.data)
        answer = await api.post("/cases", body, key_of(body))
    except NotReached:
        raise
    except Refused as refused:
        if refused.answered in (401, 403):
            raise  # it is about the caller, and every line would say it again
        return Report(line.number, code=refused.reason, words=refused.message)
    except OnboardingError as error:
        return Report(line.number, code=error.reason, words=error.message)
    return Report(line.number, case=str(answer["case"]))


def key_of(body: Json) -> str:
    """The same line is the same request, whichever file and place it stands in."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"start-{hashlib.sha256(text.encode()).hexdigest()}"


def body_of(row: Row) -> Json:
    """The request that a line stands for; paths become objects and lists, empty cells are left out."""
    if not any("." in name for name in row):
        plain: Json = _plain(row)
        return plain
    body: Json = {}
    for name, value in row.items():
        if value not in ("", None):
            _put(body, name.split("."), _plain(value))
    tidied: Json = _lists(body)
    if isinstance(tidied.get("speed"), str):
        tidied["speed"] = _number(tidied["speed"])
    return tidied


def _put(into: Json, path: list[str], value: Any) -> None:
    *way, last = path
    for name in way:
        into = into.setdefault(name, {})
        if not isinstance(into, dict):
            raise NoPath
    if not all(path) or last in into:
        raise NoPath
    into[last] = value


def _lists(value: Any) -> Any:
    """Objects whose names are 1, 2, 3 are lists."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(part) for name, part in value.items()}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # the API says what is wrong with it


def _plain(value: Any) -> Any:
    """Decimals as the floats that JSON has."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Decimal) else value
