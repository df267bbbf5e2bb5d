"""Which publisher's format a file is in, told from its content; then the load."""

import csv
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from kyc.lists import ofac
from kyc.lists.source import File, Gathered
from kyc.lists.version import BrokenList, ListVersion

READERS: dict[str, Callable[[list[File]], Gathered]] = {
    "ofac-csv": ofac.read,
}


def load(paths: Sequence[Path], format: str | None = None, checked: datetime | None = None) -> ListVersion:
    """One version of one list from its file or files.

    `checked` is when the source last answered well (now, for files at hand). Raises BrokenList when nothing can be
    read from them: whoever keeps a good version goes on with it.
    """
    files = [File.open(Path(path)) for path in paths]
    if not files:
        raise BrokenList("no file was given", code="no_file")
    name = format or recognise(files)
    if name not in READERS:
        raise BrokenList(f"unknown format {name}; known are {', '.join(sorted(READERS))}", code="unknown_format")
    found = READERS[name](files)
    if not found.entries:
        raise BrokenList(f"{files[0].name}: no entry could be read from it as {name}", code="no_entries")
    return ListVersion(
        source=found.source,
        format=name,
        entries=tuple(sorted(found.entries, key=lambda e: e.id)),
        checked=checked or datetime.now(UTC),
        refused=tuple(found.refused),
        list_date=found.list_date or _date_in_name(files),
        files=tuple(file.name for file in files),
    )


def recognise(files: list[File]) -> str:
    """The format that all the files share. Raises BrokenList when one is not recognised or they differ."""
    formats = {_recognise(file) for file in files}
    if len(formats) > 1:
        raise BrokenList(f"these files are of different formats: {', '.join(sorted(formats))}", code="mixed_formats")
    return formats.pop()


def _recognise(file: File) -> str:
    first = next(csv.reader([file.text.lstrip().split("\n", 1)[0]]), [])
    if len(first) in ofac.WIDTHS and first[0].strip().isdigit():
        return "ofac-csv"
    raise BrokenList(f"{file.name}: this is in no format that is known", code="unknown_format")


def _date_in_name(files: list[File]) -> date | None:
    """Files kept for the record bear the list's date in their name where the list itself does not say it."""
    for file in files:
        if match := re.search(r"(\d{4})-(\d{2})-(\d{2})", file.name):
            return date(*map(int, match.groups()))
    return None
