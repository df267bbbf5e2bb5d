"""Which publisher's format a file is in, told from its content; then the load."""

import csv
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from kyc.lists import canada, eu, legislators, ods, ofac, ofac_xml, opensanctions, own, uk, un
from kyc.lists.distinct import distinct
from kyc.lists.rows import column
from kyc.lists.source import File, Gathered, two_versions
from kyc.lists.version import BrokenList, ListVersion
from kyc.lists.xml import root

READERS: dict[str, Callable[[list[File]], Gathered]] = {
    "ofac-csv": ofac.read,
    "ofac-xml": ofac_xml.read,
    "un-xml": un.read,
    "uk-csv": uk.read_csv,
    "uk-ods": uk.read_ods,
    "uk-xml": uk.read_xml,
    "eu-xml": eu.read_xml,
    "eu-csv": eu.read_csv,
    "canada-xml": canada.read,
    "opensanctions-csv": opensanctions.read_csv,
    "opensanctions-ftm": opensanctions.read_ftm,
    "us-legislators": legislators.read,
    "own-csv": own.read,
}
AUTHORITIES = ("ofac", "eu", "uk")  # whose sanctions reach what the listed own
_OF_SEVERAL_FILES = ("ofac-csv", "us-legislators", "own-csv")  # of any other, one file is the whole list


def load(
    paths: Sequence[Path], format: str | None = None, checked: datetime | None = None, source: str = ""
) -> ListVersion:
    """One version of one list from its file or files.

    `checked` is when the source last answered well (now, for files at hand); `source` is what the list is called here,
    where it is not what its publisher calls it: two sets of one publisher are two lists. Raises BrokenList when nothing
    can be read from them: whoever keeps a good version goes on with it.
    """
    files = [File.open(Path(path)) for path in paths]
    if not files:
        raise BrokenList("no file was given", code="no_file")
    name = format or recognise(files)
    if name not in READERS:
        raise BrokenList(f"unknown format {name}; known are {', '.join(sorted(READERS))}", code="unknown_format")
    if len(files) > 1 and name not in _OF_SEVERAL_FILES:
        raise two_versions(files[0], files[1])
    found = READERS[name](files)
    if not found.entries:
        raise BrokenList(f"{files[0].name}: no entry could be read from it as {name}", code="no_entries")
    _own_name(source, found.source)
    source = source or found.source
    return ListVersion(
        source=source,
        format=name,
        entries=tuple(distinct(found.entries, source)),
        checked=checked or datetime.now(UTC),
        refused=tuple(found.refused),
        list_date=found.list_date or _date_in_name(files),
        files=tuple(file.name for file in files),
        unread=tuple(found.unread),
    )


def _own_name(source: str, publisher: str) -> None:
    """Whose sanctions a list bears is told by how its name begins: no other's list may begin so. Raises BrokenList."""
    for authority in AUTHORITIES:
        if source.startswith(authority) and not publisher.startswith(authority):
            raise BrokenList(f"{source}: only a list of {authority} goes by such a name", code="misnamed_list")


def recognise(files: list[File]) -> str:
    """The format that all the files share. Raises BrokenList when one is not recognised or they differ."""
    formats = {_recognise(file) for file in files}
    if len(formats) > 1:
        raise BrokenList(f"these files are of different formats: {', '.join(sorted(formats))}", code="mixed_formats")
    return formats.pop()


_ROOTS = {
    "sdnList": "ofac-xml", "CONSOLIDATED_LIST": "un-xml", "Designations": "uk-xml", "export": "eu-xml",
    "data-set": "canada-xml",
}  # fmt: skip
_HEADERS = (  # the columns that only this format has, and what parts them
    ("uk-csv", {"unique id", "regime name"}, ","),
    ("eu-csv", {"entity_logicalid"}, ";"),
    ("opensanctions-csv", {"id", "schema", "name", "aliases"}, ","),
    ("own-csv", {"name"}, ","),
)


def _recognise(file: File) -> str:
    if ods.is_zip(file):
        return "uk-ods"
    head = file.text[:20_000].lstrip("\ufeff \t\r\n")
    found = _xml(file) if head.startswith("<") else _text(head)
    if not found:
        raise BrokenList(f"{file.name}: this is in no format that is known", code="unknown_format")
    return found


def _xml(file: File) -> str:
    return _ROOTS.get(root(file).tag, "")


def _text(head: str) -> str:
    lines = head.splitlines()[:3]
    if head.startswith("{"):
        return "opensanctions-ftm" if '"schema"' in lines[0] and '"properties"' in lines[0] else ""
    if head.startswith("- id:"):
        return "us-legislators"
    cells = next(csv.reader(lines[:1]), [])
    if len(cells) in ofac.WIDTHS and cells[0].strip().isdigit():
        return "ofac-csv"
    for name, needed, delimiter in _HEADERS:
        headers = [{column(cell) for cell in row} for row in csv.reader(lines, delimiter=delimiter)]
        if any(needed <= header for header in headers):
            return name
    return ""


def _date_in_name(files: list[File]) -> date | None:
    """Files kept for the record bear the list's date in their name where the list itself does not say it."""
    for file in files:
        for match in re.finditer(r"\d{4}-\d{2}-\d{2}", file.name):
            with suppress(ValueError):  # digits that are no day
                return date.fromisoformat(match[0])
    return None
