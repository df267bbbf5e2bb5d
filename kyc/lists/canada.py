"""Canada's list under the Special Economic Measures Act, XML. It numbers nothing: an entry is known by its name."""

import hashlib
import re

from kyc.lists.draft import Draft, on_day
from kyc.lists.entry import Entry, Kind
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused
from kyc.lists.xml import Record, records

SOURCE = "canada-sema"


def read(files: list[File]) -> Gathered:
    entries: list[Entry] = []
    refused: list[Refused] = []
    taken: dict[str, int] = {}
    for file in files:
        for record in records(file, "record"):
            entry = _draft(record, taken).entry()
            if entry:
                entries.append(entry)
            else:
                refused.append(Refused(file.name, record.line, "no_name"))
    return Gathered(SOURCE, entries, refused, max((e.listed for e in entries if e.listed), default=None))


def _draft(record: Record, taken: dict[str, int]) -> Draft:
    thing = record.text("EntityOrShip")
    person = f"{record.text('GivenName')} {record.text('LastName')}".strip()
    ship = bool(record.text("ShipIMONumber"))
    kind = Kind.VESSEL if ship else Kind.COMPANY if thing else Kind.PERSON
    draft = Draft(_id(record, thing or person, taken), kind)
    draft.name(thing or person, "primary")
    for alias in re.split(r";|\bor\b|(?<=\S)/(?=\S)|\n", record.text("Aliases")):
        draft.name(alias)
    if not ship:
        draft.birth(record.text("DateOfBirthOrShipBuildDate"))
    draft.number("imo", record.text("ShipIMONumber"))
    draft.programmes.append(f"{record.text('Country')} {record.text('Schedule')}".strip())
    draft.note(record.text("TitleOrShip"))
    draft.listed = on_day(record.text("DateOfListing"))
    return draft


def _id(record: Record, name: str, taken: dict[str, int]) -> str:
    """From regime and name; a second record of the same regime and name is numbered."""
    base = hashlib.sha256(f"{record.text('Country')}|{name}".encode()).hexdigest()[:12]
    taken[base] = taken.get(base, 0) + 1
    return f"{SOURCE}:{base}" + (f"-{taken[base]}" if taken[base] > 1 else "")
