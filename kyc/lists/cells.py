"""Rows of a CSV one by one, so that a quote that nobody closed spoils its own line and none of those after it."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

csv.field_size_limit(10_000_000)  # one cell of OpenSanctions may hold thousands of aliases
LONGEST = 1000  # lines of one row; texts of several lines are rare and short


class Cells(NamedTuple):
    """`line` is the row's first, from 1; a row that is not `whole` is one line with quotes that make no sense."""

    line: int
    cells: list[str]
    whole: bool


def read(text: str, delimiter: str = ",") -> Iterator[Cells]:
    lines = _Lines(text)
    number = 1
    while used := lines.take():
        reader = csv.reader(lines.from_there(used), delimiter=delimiter, strict=True)
        try:
            found = Cells(number, next(reader), True)
        except csv.Error:
            lines.give_back(used)
            found = Cells(number, _alone(used[0], delimiter), False)
        yield found
        number += len(used)


class _Lines:
    """Lines of a text, of which some may be given back."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._back: deque[str] = deque()

    def take(self) -> list[str]:
        """The next line, or nothing at the end."""
        line = self._back.popleft() if self._back else self._lines.readline()
        return [line] if line else []

    def from_there(self, used: list[str]) -> Iterator[str]:
        """The line in `used`, and each further one as it is needed, which is then in `used` as well."""
        yield used[0]
        while len(used) < LONGEST and (more := self.take()):
            used += more
            yield more[0]

    def give_back(self, used: list[str]) -> None:
        """All but the first."""
        self._back.extendleft(reversed(used[1:]))
        del used[1:]


def _alone(line: str, delimiter: str) -> list[str]:
    """What a line says by itself, a quote that is out of place being a letter like others."""
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
