"""OpenSanctions: the flat `targets.simple.csv`, and FollowTheMoney entities as JSON lines."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind, Relation
from kyc.lists.rows import Row, rows, split
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused

SOURCE = "opensanctions"
Properties = dict[str, list[str]]

_THINGS = frozenset({"Person", "Company", "Organization", "LegalEntity", "PublicBody", "Vessel", "Airplane"})
_NUMBERS = {
    "passportNumber": "passport", "idNumber": "national_id", "taxNumber": "tax_id", "innCode": "tax_id",
    "registrationNumber": "registration", "ogrnCode": "registration", "leiCode": "lei", "swiftBic": "bic",
    "imoNumber": "imo", "mmsi": "mmsi", "publicKey": "wallet",
}  # fmt: skip
_TOPICS = {"role.pep": "pep", "role.rca": "pep.related"}
_PEOPLE = {"Family": ("person", "relative", "family"), "Associate": ("person", "associate", "associate")}


def read_csv(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    drafts = (_flat(file, row) for file in files for row in rows(file, refused, needs="id"))
    return gathered(SOURCE, drafts, refused)


def _flat(file: File, row: Row) -> Draft:
    draft = Draft(f"{SOURCE}:{row['id']}", Kind.of(row["schema"]), file.name, row.line)
    draft.name(row["name"], "primary")
    for alias in split(row["aliases"]):
        draft.name(alias)
    for text in split(row["birth_date"]):
        draft.birth(text)
    draft.country(*split(row["countries"]))
    for address in split(row["addresses"]):
        draft.address(address)
    for number in split(row["identifiers"]):
        draft.number("other", number)
    draft.programmes += split(row["program_ids"]) or split(row["sanctions"])
    draft.topics.append("sanction" if row["sanctions"] or row["program_ids"] else "listed")
    draft.listed = on_day(row["first_seen"][:10])
    return draft


def read_ftm(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    drafts: list[Draft] = []
    links: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in files:
        for line, raw in _lines(file, refused):
            schema, (properties, odd) = raw["schema"], _properties(raw["properties"])
            if schema in _THINGS:
                drafts.append(_entity(file, line, raw, properties))
                drafts[-1].unread += odd
            elif schema in _PEOPLE:
                _link(_PEOPLE[schema], properties, links)
    _relate(drafts, links)
    return gathered(SOURCE, drafts, refused)


def _lines(file: File, refused: list[Refused]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file.text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            refused.append(Refused(file.name, number, "not_json"))
            continue
        if _is_entity(raw):
            yield number, raw
        else:
            refused.append(Refused(file.name, number, "no_entity"))


def _is_entity(raw: object) -> bool:
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("id"), str | int)
        and isinstance(raw.get("schema"), str)
        and isinstance(raw.get("properties"), dict)
    )


def _properties(raw: dict[str, object]) -> tuple[Properties, list[str]]:
    """Each property as its texts, one text counting as a list of one; and what could not be read so."""
    found: Properties = {}
    odd: list[str] = []
    for name, values in raw.items():
        each = values if isinstance(values, list) else [] if values is None else [values]
        found[name] = [str(value) for value in each if isinstance(value, str | int | float)]
        odd += [name] if len(found[name]) < len(each) else []
    return found, odd


def _entity(file: File, line: int, raw: dict[str, Any], properties: Properties) -> Draft:
    def each(*names: str) -> Iterator[str]:
        return (value for name in names for value in properties.get(name, ()))

    draft = Draft(f"{SOURCE}:{raw['id']}", Kind.of(raw["schema"]), file.name, line)
    for text in each("name"):
        draft.name(text, "aka" if draft.names else "primary")
    for text in each("alias"):
        draft.name(text)
    for text in each("previousName"):
        draft.name(text, "fka")
    for text in each("weakAlias"):
        draft.name(text, "aka", "weak")
    for text in each("birthDate"):
        draft.birth(text)
    for text in each("birthPlace"):
        draft.birth_place(text)
    draft.country(*each("nationality", "citizenship", "country", "jurisdiction", "flag"))
    for text in each("gender"):
        draft.gender(text)
    for name, kind in _NUMBERS.items():
        for text in each(name):
            draft.number(kind, text)
    for text in each("address"):
        draft.address(text)
    draft.programmes += each("programId")
    draft.topics += [_TOPICS.get(topic, topic) for topic in each("topics")] or ["listed"]
    for text in each("position"):
        draft.note(text)
    return draft


def _link(ends: tuple[str, str, str], properties: Properties, links: dict[str, list[tuple[str, str]]]) -> None:
    one, other, role = ends
    for person in properties.get(one, ()):
        for relative in properties.get(other, ()):
            links[person].append((relative, role))
            links[relative].append((person, role))


def _relate(drafts: list[Draft], links: dict[str, list[tuple[str, str]]]) -> None:
    names = {draft.id: draft.names[0].text for draft in reversed(drafts) if draft.names}
    for draft in drafts:
        for other, role in links.get(draft.id.removeprefix(f"{SOURCE}:"), ()):
            if name := names.get(f"{SOURCE}:{other}"):
                draft.relations.append(Relation(role, name))
