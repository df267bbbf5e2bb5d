"""Canada's list under the Special Economic Measures Act, XML. It numbers nothing: an entry is known by its name."""

import hashlib
import re
from dataclasses import replace

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind
from kyc.lists.source import File, Gathered
from kyc.lists.xml import Record, records

SOURCE = "canada-sema"


def read(files: list[File]) -> Gathered:
    taken: dict[str, int] = {}
    drafts = (_draft(file, record, taken) for file in files for record in records(file, "record"))
    found = gathered(SOURCE, drafts, [])
    newest = max((entry.listed for entry in found.entries if entry.listed), default=None)
    return replace(found, list_date=newest)


def _draft(file: File, record: Record, taken: dict[str, int]) -> Draft:
    thing = record.text("EntityOrShip")
    person = f"{record.text('GivenName')} {record.text('LastName')}".strip()
    ship = bool(record.text("ShipIMONumber"))
    kind = Kind.VESSEL if ship else Kind.COMPANY if thing else Kind.PERSON
    draft = Draft(_id(record, thing or person, taken), kind, file.name, record.line)
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
