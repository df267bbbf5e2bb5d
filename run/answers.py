"""Commands that answer a file line by line: in order, a broken line with its number, the rest all the same.

Exit codes: 0 every line was answered, 1 some were refused and the rest answered, 2 nothing could be done.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from onboarding.errors import Invalid, OnboardingError
from run.lines import BrokenLine, Format, Row, count_lines, read_lines

Json = dict[str, Any]  # what is printed
Judge = Callable[[Row], Json]


class LineInvalid(Invalid):
    """The line does not say what this command needs."""

    code = "line_invalid"


@dataclass(frozen=True)
class Answer:
    """One line's answer; the error is there instead of the data where it was refused."""

    number: int
    data: Json
    error: tuple[str, str] | None = None

    def as_json(self) -> Json:
        if self.error:
            return {"line": self.number, "error": dict(zip(("code", "message"), self.error, strict=True))}
        return {"line": self.number, **self.data}


def answer_all(
    file: Path,
    judge: Judge,
    as_json: bool,
    columns: tuple[str, ...],
    cells: Callable[[Json], Iterator[tuple[str, ...]]],
    formats: tuple[Format, ...] = ("jsonl",),
) -> None:
    """Answer every line, then say which were refused and leave with the exit code."""
    table, refused = Table(*columns), 0
    with or_exit(), _progress(file) as advance:
        for answer in _answers(file, judge, formats):
            advance(answer.number)
            if as_json:
                print(json.dumps(answer.as_json(), default=str))
            elif not answer.error:
                for row in cells(answer.data):
                    table.add_row(str(answer.number), *(Text(printable(cell)) for cell in row))
            if answer.error:
                refused += 1
                print(printable(f"line {answer.number}: {answer.error[1]} ({answer.error[0]})"), file=sys.stderr)
    if table.row_count:
        Console().print(table)
    if refused:
        raise typer.Exit(1)


def _answers(file: Path, judge: Judge, formats: tuple[Format, ...]) -> Iterator[Answer]:
    for line in read_lines(file, formats=formats):
        if isinstance(line, BrokenLine):
            yield Answer(line.number, {}, ("line_broken", line.reason))
            continue
        try:
            named = {"id": line.data["id"]} if "id" in line.data else {}
            yield Answer(line.number, named | judge(line.data))
        except OnboardingError as error:
            yield Answer(line.number, {}, (error.reason, error.message))


@contextmanager
def or_exit() -> Iterator[None]:
    """What stops the whole command is one clear line, and exit code 2."""
    try:
        yield
    except OnboardingError as error:
        fail(error)


def fail(error: OnboardingError) -> NoReturn:
    print(printable(error.message), file=sys.stderr)
    raise typer.Exit(2)


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal's error channel; none where that is a file or a pipe. What is printed goes past the bar
    on the same terminal, and stays what it is in a file of its own."""
    console = Console(stderr=True)
    same = sys.stdout.isatty()
    with Progress(
        console=console, transient=True, disable=not console.is_terminal, redirect_stdout=same
    ) as progress:  # fmt: skip
        task = progress.add_task(file.name, total=count_lines(file))
        yield lambda number: progress.update(task, completed=number)


def printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
