"""One's own list as CSV. Columns: `name` (needed), and any of `id`, `kind`, `aliases`, `weak_aliases`, `birth_date`,
`birth_place`, `countries`, `gender`, `passport`, `national_id`, `registration`, `tax_id`, `lei`, `imo`, `addresses`,
`programmes`, `topics`, `office`, `office_from`, `office_to`, `family`, `associates`, `listed`, `note`.
Many values in a cell are parted by semicolons."""

import hashlib

from kyc.lists.draft import Draft, on_day
from kyc.lists.entry import Kind, Office, Relation
from kyc.lists.rows import Row, rows, split
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused

SOURCE = "own"
_NUMBERS = ("passport", "national_id", "registration", "tax_id", "lei", "imo")


def read(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    drafts = [_draft(row) for file in files for row in rows(file, refused, needs="name")]
    return Gathered(SOURCE, [entry for draft in drafts if (entry := draft.entry())], refused)


def _draft(row: Row) -> Draft:
    number = row["id"] or hashlib.sha256(row["name"].encode()).hexdigest()[:12]
    draft = Draft(f"{SOURCE}:{number}", Kind.of(row["kind"] or row["schema"]))
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
    if row["office"]:
        draft.offices.append(Office(row["office"], on_day(row["office_from"]), on_day(row["office_to"])))
    draft.relations += [Relation("family", name) for name in split(row["family"])]
    draft.relations += [Relation("associate", name) for name in split(row["associates"])]
    draft.listed = on_day(row["listed"])
    draft.note(row["note"])
    return draft
