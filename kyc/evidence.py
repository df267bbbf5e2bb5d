"""The evidence matrix: what each source says of each field, whether it agrees, and where it was read.

Matrices hold personal data and belong to the encrypted records; findings hold codes and ids alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeGuard

from anyascii import anyascii
from rapidfuzz.distance import OSA

from kyc import naming
from kyc.identifiers import Check, check_address, check_email, check_number, check_phone
from kyc.naming import NameText
from kyc.statements import PARTS, Source, Statement, of_company, of_entry, of_person, of_vendor, of_zone
from onboarding.case import Address, Company, Entity, Person, Strict

__all__ = [
    "Cell", "Finding", "Matrix", "Provenance", "Row", "Source", "Statement", "Verdict", "company_findings",
    "contact_findings", "findings", "matrix", "of_company", "of_entry", "of_person", "of_vendor", "of_zone",
]  # fmt: skip

EXPIRES_SOON = timedelta(days=90)  # a renewal takes weeks, and the check-ins run for ninety days


class Verdict(StrEnum):
    MATCH = "match"
    NEAR = "near"
    CONFLICT = "conflict"
    ABSENT = "absent"


class Provenance(Strict):
    """Where a value was read: the document's id, its page from one, and the place on it, such as `zone line 2, 1-9`.

    In a registry or on a list: the record's own id there, and the path in it (`attributes/entity/legalName/name`). Of
    a registry also when it was read, and the hash of the answer that was kept.
    """

    source: Source
    document: str | None = None
    page: int | None = None
    place: str | None = None
    record: str | None = None
    read: datetime | None = None
    answer: str | None = None


class Cell(Strict):
    value: str | None
    verdict: Verdict
    provenance: Provenance


class Row(Strict):
    field: str
    cells: dict[str, Cell]


class Matrix(Strict):
    """Rows are fields, columns are sources (`declared`, `document:doc_…`, `registry`, `list:…`). A verdict compares
    with what was declared; where nothing was, with the first source that says something."""

    columns: list[str]
    rows: list[Row]
    statements: list[Statement]

    def row(self, field: str) -> Row | None:
        return next((row for row in self.rows if row.field == field), None)


class Finding(Strict):
    """One thing a reviewer must judge; no value of the client's is in it."""

    code: str
    field: str
    document: str | None = None


def matrix(declared: Person | Company | Entity, others: Sequence[Statement] = ()) -> Matrix:
    """Every field that any source speaks of, in every source."""
    first = of_person(declared) if isinstance(declared, Person) else of_company(declared)
    statements = [first, *others]
    present = {name for statement in statements for name in statement.values}
    rows = [_row(name, statements) for name in _ORDER if name in present]
    return Matrix(columns=[statement.column for statement in statements], rows=rows, statements=statements)


def findings(matrix: Matrix, today: date, soon: timedelta = EXPIRES_SOON) -> list[Finding]:
    """What a reviewer must judge, in the order of the rows: differences first, then each document's own state."""
    found = [finding for row in matrix.rows for finding in _differences(row)]
    for statement in matrix.statements:
        found += _states(statement, today, soon)
    return list({(each.code, each.field, each.document): each for each in found}.values())


def contact_findings(person: Person) -> list[Finding]:
    """Whether the declared mail address, telephone number and postal address can be what they claim, by their form."""
    region = person.address.country if person.address else ""
    checks = {
        "email": check_email(person.email) if person.email else None,
        "phone": check_phone(person.phone, region) if person.phone else None,
        "address": check_address(person.address) if _can_be_checked(person.address) else None,
    }
    return _invalid(checks)


def company_findings(company: Company | Entity) -> list[Finding]:
    """Whether the numbers can be those of its country; a country without a known rule finds nothing."""
    country, number = company.country or "", company.registration_number
    checks = {"registration_number": check_number("company", number, country) if number else None}
    if isinstance(company, Company):
        checks |= {
            "vat_number": check_number("vat", company.vat_number, country) if company.vat_number else None,
            "lei": check_number("lei", company.lei) if company.lei else None,
            "address": check_address(company.address) if _can_be_checked(company.address) else None,
        }
    return _invalid(checks)


def _can_be_checked(address: Address | None) -> TypeGuard[Address]:
    """A postcode that was left out contradicts nothing."""
    return address is not None and bool(address.postcode)


def _invalid(checks: Mapping[str, Check | None]) -> list[Finding]:
    return [
        Finding(code=f"{name}_invalid", field=name) for name, check in checks.items() if check and check.valid is False
    ]


_ORDER = ("name", "given_names", "surname", "birth_date", "nationality", "number", "sex", "expiry_date",
          "registration_number", "registration_authority", "vat_number", "lei", "country", "address", "entity_status",
          "registration_status")  # fmt: skip
_OWN = {"expiry_date", "sex", "registration_authority", "entity_status", "registration_status"}  # nothing was declared
_OF_A_COMPANY = {"registration_number", "vat_number", "lei"}


def _row(name: str, statements: Sequence[Statement]) -> Row:
    reference = next((statement for statement in statements if name in statement.values), statements[0])
    cells = {}
    for statement in statements:
        place = Provenance(
            source=statement.source,
            document=statement.document,
            page=statement.page if name in statement.values else None,
            place=statement.places.get(name),
            record=statement.record,
            read=statement.read,
            answer=statement.answer,
        )
        verdict = _verdict(name, reference, statement)
        cells[statement.column] = Cell(value=statement.values.get(name), verdict=verdict, provenance=place)
    return Row(field=name, cells=cells)


def _verdict(name: str, reference: Statement, statement: Statement) -> Verdict:
    mine, theirs = reference.values.get(name), statement.values.get(name)
    if mine is None or theirs is None:
        return Verdict.ABSENT
    if statement is reference or mine == theirs:
        return Verdict.MATCH
    if name == "name":
        return Verdict(naming.compare(_name(reference), _name(statement)))
    if name in PARTS:
        cut = statement.name_truncated
        return Verdict(naming.compare(NameText(full=mine), NameText(full=theirs, truncated=cut)))
    if name.endswith("_date"):
        return _dates(mine, theirs)
    if name == "number" or name in _OF_A_COMPANY:
        return _numbers(mine, theirs)
    if name == "address":
        return _addresses(mine, theirs)
    if statement.source is Source.LIST:
        return Verdict.MATCH if mine in theirs.split(", ") else Verdict.CONFLICT
    return Verdict.MATCH if mine.casefold() == theirs.casefold() else Verdict.CONFLICT


def _name(statement: Statement) -> NameText:
    values = statement.values
    return NameText(
        full=values.get("name", ""),
        given=values.get("given_names", ""),
        family=values.get("surname", ""),
        truncated=statement.name_truncated,
    )


def _dates(mine: str, theirs: str) -> Verdict:
    """Near: one digit misread or two exchanged, or day and month swapped. A span holds every day within it."""
    first, _, last = theirs.partition("/")
    if last:
        return Verdict.MATCH if first <= mine <= last else Verdict.CONFLICT
    year, _, rest = mine.partition("-")
    swapped = f"{year}-{rest[3:]}-{rest[:2]}"
    near = len(mine) == len(theirs) and (theirs == swapped or OSA.distance(mine, theirs) <= 1)
    return Verdict.NEAR if near else Verdict.CONFLICT


def _numbers(mine: str, theirs: str) -> Verdict:
    """Spaces and punctuation do not count; near is one character off, or what optical reading confuses."""
    bare = ["".join(char for char in text.upper() if char.isalnum()) for text in (mine, theirs)]
    if bare[0] == bare[1]:
        return Verdict.MATCH
    twins = str.maketrans("OQDIZSGB", "00012568")
    near = bare[0].translate(twins) == bare[1].translate(twins) or OSA.distance(*bare) <= 1
    return Verdict.NEAR if near else Verdict.CONFLICT


def _addresses(mine: str, theirs: str) -> Verdict:
    """Match where one says all that the other says; near where they share most words, in whatever order."""
    ones, others = ({word for word in re.split(r"\W+", anyascii(text).casefold()) if word} for text in (mine, theirs))
    shared, fewer = len(ones & others), min(len(ones), len(others))
    if shared == fewer:
        return Verdict.MATCH
    return Verdict.NEAR if 2 * shared >= fewer else Verdict.CONFLICT


def _differences(row: Row) -> Iterator[Finding]:
    """Lists are beside the matter: that a namesake differs speaks for the client, and screening weighs it."""
    if row.field in PARTS or row.field in _OWN:
        return
    others = [cell for cell in row.cells.values() if cell.provenance.source not in (Source.DECLARED, Source.LIST)]
    if row.field == "number" and any(cell.verdict is Verdict.MATCH for cell in others):
        return  # the number of one document was declared; the others have numbers of their own
    for cell in others:
        suffix = {Verdict.NEAR: "near", Verdict.CONFLICT: "differs"}.get(cell.verdict)
        if suffix and (row.field, suffix) != ("address", "near"):  # there are many ways to write one address
            yield Finding(code=f"{row.field}_{suffix}", field=row.field, document=cell.provenance.document)


def _states(statement: Statement, today: date, soon: timedelta) -> Iterable[Finding]:
    if statement.source is not Source.DOCUMENT:
        return
    if statement.zone_valid is False:
        yield Finding(code="zone_invalid", field="zone", document=statement.document)
    if not {"unknown_state", "impossible_date", "no_surname"}.isdisjoint(statement.doubts):
        yield Finding(code="zone_doubtful", field="zone", document=statement.document)
    expires = statement.values.get("expiry_date")
    lasting = statement.zone_valid is None and expires is None  # a utility bill does not expire
    if not lasting and (code := _expiry(expires, today, soon)):
        yield Finding(code=code, field="expiry_date", document=statement.document)


def _expiry(text: str | None, today: date, soon: timedelta) -> str | None:
    try:
        expires = date.fromisoformat(text or "")
    except ValueError:
        return "document_expiry_unknown"
    if expires < today:
        return "document_expired"
    return "document_expires_soon" if expires <= today + soon else None
