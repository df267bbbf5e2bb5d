"""Members of the United States Congress as `legislators-current.yaml` gives them: politically exposed by office."""

from datetime import date
from typing import Any

import yaml

from kyc.lists.draft import Draft, on_day
from kyc.lists.entry import Entry, Kind, Office
from kyc.lists.source import File, Gathered
from kyc.lists.version import BrokenList, Refused

SOURCE = "us-legislators"
_TITLES = {"sen": "United States Senator", "rep": "United States Representative"}


def read(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    entries: list[Entry] = []
    for file in files:
        for place, person in enumerate(_people(file), 1):
            entry = _entry(person)
            if entry:
                entries.append(entry)
            else:
                refused.append(Refused(file.name, 0, f"record_{place}_has_no_id_or_name"))
    return Gathered(SOURCE, entries, refused)


def _people(file: File) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there
    try:
        found = yaml.load(file.text, Loader=loader)  # noqa: S506 -- a safe loader either way
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise BrokenList(f"{file.name}, line {line}: this is not whole YAML", code="broken_yaml") from error
    if not isinstance(found, list):
        raise BrokenList(f"{file.name}: this is no list of people", code="broken_yaml")
    return [person for person in found if isinstance(person, dict)]


def _entry(person: dict[str, Any]) -> Entry | None:
    number, name, bio = (person.get(part) or {} for part in ("id", "name", "bio"))
    if not number.get("bioguide"):
        return None
    draft = Draft(f"{SOURCE}:{number['bioguide']}", Kind.PERSON, topics=["pep"], countries=["US"])
    first, last = name.get("first", ""), name.get("last", "")
    draft.name(name.get("official_full") or f"{first} {last}", "primary")
    for given in (first, name.get("nickname"), f"{first} {name.get('middle', '')}"):
        draft.name(f"{given} {last}" if given and last else None)
    for other in person.get("other_names") or ():
        draft.name(f"{other.get('first', first)} {other.get('last', last)}", "fka")
    draft.birth(str(bio.get("birthday") or ""))
    draft.gender(bio.get("gender"))
    draft.offices += [_office(term) for term in person.get("terms") or ()]
    return draft.entry()


def _office(term: dict[str, Any]) -> Office:
    title = _TITLES.get(term.get("type", ""), "Member of Congress")
    return Office(f"{title}, {term.get('state', '')}".rstrip(", "), _day(term.get("start")), _day(term.get("end")))


def _day(text: Any) -> date | None:
    return on_day(str(text)) if text else None
