"""Rows of a CSV with a header, told by the names of its columns; a broken row is refused and the rest is read."""

import re
from collections.abc import Iterator, Mapping

from kyc.lists import cells
from kyc.lists.source import File
from kyc.lists.version import BrokenList, Refused


class Row(dict[str, str]):
    """Cells by lower-case column name; a column that is not there is empty. Where it stands: `line`, `header`."""

    line = 0
    header = 0

    def __missing__(self, key: str) -> str:
        return ""


def rows(file: File, refused: list[Refused], *, delimiter: str = ",", needs: str) -> Iterator[Row]:
    """Rows after the header, which is the first row that has the column `needs`; what stands above it is no data."""
    header: list[str] = []
    above = 0
    for line, found, whole in cells.read(file.text, delimiter):
        if not header:
            names = [column(cell) for cell in found]
            header, above = (names, line) if needs in names else ([], 0)
        elif not whole and len(found) != len(header):
            refused.append(Refused(file.name, line, "unclosed_quote"))
        elif any(cell.strip() for cell in found):
            row = _row(file, line, header, found, needs, refused)
            if row:
                row.line, row.header = line, above
                yield row
    if not header:
        raise BrokenList(f"{file.name}: there is no column {needs}", code="no_header")


def _row(file: File, line: int, header: list[str], found: list[str], needs: str, refused: list[Refused]) -> Row | None:
    if len(found) > len(header) and any(cell.strip() for cell in found[len(header) :]):
        refused.append(Refused(file.name, line, "wrong_number_of_columns"))
        return None
    row = Row(zip(header, (cell.strip() for cell in found), strict=False))
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
