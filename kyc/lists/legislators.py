"""Members of the United States Congress as `legislators-current.yaml` gives them: politically exposed by office."""

from collections.abc import Iterator

import yaml

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind, Office
from kyc.lists.source import File, Gathered
from kyc.lists.version import BrokenList, Refused

SOURCE = "us-legislators"
_TITLES = {"sen": "United States Senator", "rep": "United States Representative"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there

Words = dict[str, str]


class _OddRecord(Exception):
    """The record is not laid out as one of a person."""


def read(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    return gathered(SOURCE, (draft for file in files for draft in _drafts(file, refused)), refused)


def _drafts(file: File, refused: list[Refused]) -> Iterator[Draft]:
    for line, person in _people(file):
        try:
            yield _draft(file, line, person)
        except _OddRecord as odd:
            refused.append(Refused(file.name, line, str(odd)))


def _people(file: File) -> Iterator[tuple[int, object]]:
    """Each record with its line; None for one whose values are impossible."""
    loader = _Loader(file.text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.SequenceNode):
            raise BrokenList(f"{file.name}: this is no list of people", code="broken_yaml")
        for each in node.value:
            yield each.start_mark.line + 1, _value(loader, each)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BrokenList(f"{file.name}, line {line}: this is not whole YAML", code="broken_yaml") from error
    finally:
        loader.dispose()


def _value(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    try:
        found: object = loader.construct_document(node)
    except (yaml.constructor.ConstructorError, ValueError):
        return None
    return found


def _draft(file: File, line: int, person: object) -> Draft:
    if not isinstance(person, dict):
        raise _OddRecord("odd_record")
    number, name, bio = (_words(person.get(part)) for part in ("id", "name", "bio"))
    if not number.get("bioguide"):
        raise _OddRecord("no_id")
    draft = Draft(f"{SOURCE}:{number['bioguide']}", Kind.PERSON, file.name, line, topics=["pep"], countries=["US"])
    first, last = name.get("first", ""), name.get("last", "")
    draft.name(name.get("official_full") or f"{first} {last}", "primary")
    for given in (first, name.get("nickname"), f"{first} {name.get('middle', '')}"):
        draft.name(f"{given} {last}" if given and last else None)
    for other in _all(person.get("other_names")):
        draft.name(f"{other.get('first', first)} {other.get('last', last)}", "fka")
    draft.birth(bio.get("birthday"))
    draft.gender(bio.get("gender"))
    draft.offices += [_office(term) for term in _all(person.get("terms"))]
    return draft


def _words(part: object) -> Words:
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise _OddRecord("odd_record")
    return {str(key): str(value) for key, value in part.items() if value is not None}


def _all(parts: object) -> list[Words]:
    if not isinstance(parts, list | None):
        raise _OddRecord("odd_record")
    return [_words(part) for part in parts or ()]


def _office(term: Words) -> Office:
    title = _TITLES.get(term.get("type", ""), "Member of Congress")
    return Office(f"{title}, {term.get('state', '')}".rstrip(", "), on_day(term.get("start")), on_day(term.get("end")))
