"""Which files are one list: OFAC's four belong together, most other publishers give one file, one's own are many."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kyc.lists import ofac
from kyc.lists.formats import recognise
from kyc.lists.source import File

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
OWN = "own-csv"


@dataclass(frozen=True)
class OneList:
    """Files of one list, and what it is to be called; empty: what its publisher calls it."""

    files: tuple[Path, ...]
    format: str
    name: str = ""


def lists_in(paths: Sequence[Path], format: str | None = None) -> list[OneList]:
    """The lists that these files are, in the order of their first files. Raises BrokenList for one that is none."""
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in dict.fromkeys(paths):
        groups[path.parent, format or recognise([File.open(path)])].append(path)
    return [each for (_, name), group in groups.items() for each in _lists(group, name)]


def _lists(group: list[Path], format: str) -> list[OneList]:
    if format == OWN:
        return [OneList((path,), format, _called(path)) for path in group]
    if format == "ofac-csv":
        found = ofac.apart([File.open(path) for path in group])
        return [OneList(tuple(group[place] for place in places), format) for places in found]
    return [OneList(tuple(group), format)]


def _called(path: Path) -> str:
    """A list of one's own by the name of its file, without the date that sets its versions apart."""
    words = re.sub(r"[^a-z0-9]+", "-", _DATE.sub("", path.stem.lower())).strip("-")[:36]
    return words if words.startswith("own") else f"own-{words}".rstrip("-")
