"""One's own list as CSV. Columns: `name` (needed), and any of `id`, `kind`, `aliases`, `weak_aliases`, `birth_date`,
`birth_place`, `countries`, `gender`, `passport`, `national_id`, `registration`, `tax_id`, `lei`, `imo`, `addresses`,
`programmes`, `topics`, `office`, `office_from`, `office_to`, `family`, `associates`, `listed`, `note`.
Many values in a cell are parted by semicolons."""

import hashlib
from collections.abc import Iterator

from kyc.lists.draft import Draft, gathered
from kyc.lists.entry import Kind, Office, Relation
from kyc.lists.rows import Row, rows, split
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused, Unread

SOURCE = "own"
_NUMBERS = ("passport", "national_id", "registration", "tax_id", "lei", "imo")
_COLUMNS = {
    "name", "id", "kind", "schema", "aliases", "weak_aliases", "birth_date", "birth_place", "countries", "gender",
    *_NUMBERS, "addresses", "programmes", "topics", "office", "office_from", "office_to", "family", "associates",
    "listed", "note", "",
}  # fmt: skip


def read(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    unread: list[Unread] = []
    found = gathered(SOURCE, _drafts(files, refused, unread), refused)
    return Gathered(SOURCE, found.entries, refused, unread=[*unread, *found.unread])


def _drafts(files: list[File], refused: list[Refused], unread: list[Unread]) -> Iterator[Draft]:
    for file in files:
        first = True
        for row in rows(file, refused, needs="name"):
            if first:
                strange = sorted(row.keys() - _COLUMNS)
                unread += [Unread(file.name, row.header, f"unknown_column:{name}") for name in strange]
                first = False
            draft = _draft(file, row)
            yield draft
            yield from _related(draft)


def _draft(file: File, row: Row) -> Draft:
    number = row["id"] or hashlib.sha256(row["name"].encode()).hexdigest()[:12]
    word = row["kind"] or row["schema"]
    draft = Draft(f"{SOURCE}:{number}", Kind.of(word), file.name, row.line)
    if word and not Kind.known(word):
        draft.unread.append("kind")
    draft.name(row["name"], "primary")
    for alias in split(row["aliases"]):
        draft.name(alias)
    for alias in split(row["weak_aliases"]):
        draft.name(alias, "aka", "weak")
    for text in split(row["birth_date"]):
        draft.birth(text)
    draft.birth_place(row["birth_place"])
    draft.country(*split(row["countries"]))
    draft.gender(row["gender"])
    for kind in _NUMBERS:
        for number in split(row[kind]):
            draft.number(kind, number)
    for address in split(row["addresses"]):
        draft.address(address)
    draft.programmes += split(row["programmes"])
    draft.topics += split(row["topics"]) or (["pep"] if row["office"] else [])
    start, end = draft.day(row["office_from"], "office_from"), draft.day(row["office_to"], "office_to")
    if row["office"]:
        draft.offices.append(Office(row["office"], start, end))
    draft.relations += [Relation("family", name) for name in split(row["family"])]
    draft.relations += [Relation("associate", name) for name in split(row["associates"])]
    draft.listed = draft.day(row["listed"], "listed")
    draft.note(row["note"])
    return draft


def _related(holder: Draft) -> Iterator[Draft]:
    """Family and associates of who holds an office are screened themselves, for as long as the holder is."""
    if not {"pep", "role.pep"} & set(holder.topics):
        return
    name = holder.names[0].text if holder.names else ""
    for number, relation in enumerate(holder.relations, 1):
        draft = Draft(f"{holder.id}.{number}", Kind.PERSON, holder.file, holder.line)
        draft.name(relation.name, "primary")
        draft.topics.append("pep.related")
        draft.relations.append(Relation(relation.role, name))
        draft.offices += [Office(f"{office.title} ({name})", office.start, office.end) for office in holder.offices]
        yield draft
