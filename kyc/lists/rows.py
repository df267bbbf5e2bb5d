"""Rows of a CSV with a header, told by the names of its columns; a broken row is refused and the rest is read."""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from kyc.lists.source import File
from kyc.lists.version import BrokenList, Refused

csv.field_size_limit(10_000_000)  # one cell of OpenSanctions may hold thousands of aliases


class Row(dict[str, str]):
    """Cells by lower-case column name; a column that is not there is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def rows(file: File, refused: list[Refused], *, delimiter: str = ",", needs: str) -> Iterator[Row]:
    """Rows after the header, which is the first row that has the column `needs`; what stands above it is no data."""
    reader = csv.reader(io.StringIO(file.text, newline=""), delimiter=delimiter)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            here, line = line, reader.line_num + 1
            if not header:
                names = [column(cell) for cell in cells]
                header = names if needs in names else []
            elif any(cell.strip() for cell in cells):
                row = _row(file, here, header, cells, needs, refused)
                if row:
                    yield row
    except csv.Error as error:
        raise BrokenList(f"{file.name}, line {line}: {error}", code="broken_csv") from error
    if not header:
        raise BrokenList(f"{file.name}: there is no column {needs}", code="no_header")


def _row(file: File, line: int, header: list[str], cells: list[str], needs: str, refused: list[Refused]) -> Row | None:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        refused.append(Refused(file.name, line, "wrong_number_of_columns"))
        return None
    row = Row(zip(header, (cell.strip() for cell in cells), strict=False))
    if not row[needs]:
        refused.append(Refused(file.name, line, f"no_{needs}"))
        return None
    return row


def column(name: str) -> str:
    """A column's name without case, blanks and what stands in brackets."""
    return re.sub(r"\s+", " ", re.sub(r"\(.*?\)", "", name)).strip().lower().strip("\ufeff")


def split(cell: str) -> list[str]:
    """Many values in one cell, parted by semicolons or bars."""
    return [part.strip() for part in re.split(r"[;|]", cell) if part.strip()]


def first(row: Mapping[str, str], *names: str) -> str:
    """The first of several columns that says something."""
    return next((row[name] for name in names if row[name]), "")
