"""Rows of an OpenDocument spreadsheet's first table, as `rows` gives those of a CSV."""

import io
import zipfile
from collections.abc import Iterator

from kyc.lists.rows import Row, column
from kyc.lists.source import File
from kyc.lists.version import BrokenList, Refused
from kyc.lists.xml import Record, records

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
LARGEST = 500_000_000  # bytes of the sheet unpacked; the UK's is 7 MB
WIDEST = 200  # columns; a spreadsheet repeats its empty ones to 16,384


def is_zip(file: File) -> bool:
    return file.content[:4] == b"PK\x03\x04"


def rows(file: File, refused: list[Refused], *, needs: str) -> Iterator[Row]:
    header: list[str] = []
    for number, record in enumerate(records(_sheet(file), "table-row"), 1):
        cells = list(_cells(record))
        if not header:
            names = [column(cell) for cell in cells]
            header = names if needs in names else []
        elif any(cells):
            row = Row(zip(header, cells, strict=False))
            if row[needs] and any(row[name] for name in ("name", "name 6")):
                row.line = number
                yield row
            else:
                refused.append(Refused(file.name, number, "no_name" if row[needs] else f"no_{needs}"))
    if not header:
        raise BrokenList(f"{file.name}: there is no column {needs}", code="no_header")


def _sheet(file: File) -> File:
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            if archive.getinfo("content.xml").file_size > LARGEST:
                raise BrokenList(f"{file.name}: the sheet is larger than 500 MB unpacked", code="bad_size")
            return File(file.name, archive.read("content.xml"))
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BrokenList(f"{file.name}: this is no whole spreadsheet", code="broken_ods") from error


def _cells(row: Record) -> Iterator[str]:
    count = 0
    for cell in row.all("table-cell"):
        text = " ".join(cell.texts("p"))
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated") or 1)
        for _ in range(min(repeated, WIDEST - count)):
            yield text
        count += repeated
        if count >= WIDEST:
            return
