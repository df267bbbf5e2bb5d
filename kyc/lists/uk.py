"""The UK Sanctions List (since 2026-01-28 the UK's only one): CSV with a row for each name, ODS, XML."""

import re
from collections.abc import Iterable
from datetime import date

from kyc.lists import ods
from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind
from kyc.lists.rows import Row, first, rows, split
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused
from kyc.lists.xml import Record, records

SOURCE = "uk-sl"


def read_csv(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    drafts: dict[str, Draft] = {}
    for file in files:
        _gather(file, rows(file, refused, needs="unique id"), drafts)
    return _gathered(files, drafts, refused)


def read_ods(files: list[File]) -> Gathered:
    refused: list[Refused] = []
    drafts: dict[str, Draft] = {}
    for file in files:
        _gather(file, ods.rows(file, refused, needs="unique id"), drafts)
    return _gathered(files, drafts, refused)


def read_xml(files: list[File]) -> Gathered:
    return gathered(SOURCE, (_from_xml(file, each) for file in files for each in records(file, "Designation")), [])


def _gathered(files: list[File], drafts: dict[str, Draft], refused: list[Refused]) -> Gathered:
    return gathered(SOURCE, drafts.values(), refused, _report_date(files[0]))


def _report_date(file: File) -> date | None:
    found = re.match(r"\W*Report Date:?\W*([\w -]+)", file.text[:200]) if not ods.is_zip(file) else None
    return on_day(found[1]) if found else None


def _gather(file: File, found: Iterable[Row], drafts: dict[str, Draft]) -> None:
    for row in found:
        number = row["unique id"]
        if number not in drafts:
            kind = Kind.of(first(row, "designation type", "type"))
            drafts[number] = Draft(f"{SOURCE}:{number}", kind, file.name, row.line)
        _add(drafts[number], row)


def _add(draft: Draft, row: Row) -> None:
    name = row["name"] or _whole(row[f"name {n}"] for n in range(1, 7))
    kind = row["name type"].lower()
    draft.name(name, "primary" if kind.startswith("primary name") or not draft.names else "aka", row["alias strength"])
    draft.name(row["name non-latin script"], "original")
    for text in split(row["d.o.b"]):
        draft.birth(text)
    draft.birth_place(row["town of birth"], row["country of birth"])
    draft.country(*split(first(row, "nationality", "current believed flag of ship")))
    draft.gender(row["gender"])
    draft.number("passport", row["passport number"])
    draft.number("national_id", row["national identifier number"])
    draft.number("registration", row["business registration number"])
    draft.number("imo", row["imo number"])
    draft.address(*(row[f"address line {n}"] for n in range(1, 7)), row["address country"])
    draft.programmes += [p for p in (row["regime name"],) if p not in draft.programmes]
    draft.listed = draft.listed or on_day(row["date designated"])
    if row["other information"] and not draft.notes:
        draft.note(row["other information"])


def _from_xml(file: File, record: Record) -> Draft:
    what = Kind.of(record.text("IndividualEntityShip"))
    draft = Draft(f"{SOURCE}:{record.text('UniqueID')}", what, file.name, record.line)
    for name in record.all("Names/Name"):
        kind = "primary" if name.text("NameType").lower().startswith("primary name") else "aka"
        draft.name(_whole(name.text(f"Name{n}") for n in range(1, 7)), kind, name.text("AliasStrength"))
    for text in record.texts("NonLatinNames/NonLatinName/NameNonLatinScript"):
        draft.name(text, "original")
    for place in record.all("Addresses/Address"):
        draft.address(*(place.text(f"AddressLine{n}") for n in range(1, 7)), place.text("AddressCountry"))
    for person in record.all("IndividualDetails/Individual"):
        _person(draft, person)
    for entity in record.all("EntityDetails/Entity"):
        for number in entity.texts("BusinessRegistrationNumbers/BusinessRegistrationNumber"):
            draft.number("registration", number)
    for ship in record.all("ShipDetails/Ship"):
        for number in ship.texts("IMONumbers/IMONumber"):
            draft.number("imo", number)
        draft.country(*ship.texts("CurrentBelievedFlagOfShips/CurrentBelievedFlagOfShip"))
    draft.programmes.append(record.text("RegimeName"))
    draft.listed = on_day(record.text("DateDesignated"))
    draft.note(record.text("OtherInformation"))
    return draft


def _person(draft: Draft, person: Record) -> None:
    for text in person.texts("DOBs/DOB"):
        draft.birth(text)
    for place in person.all("BirthDetails/Location"):
        draft.birth_place(place.text("TownOfBirth"), place.text("CountryOfBirth"))
    draft.country(*person.texts("Nationalities/Nationality"))
    for gender in person.texts("Genders/Gender"):
        draft.gender(gender)
    for number in person.texts("PassportDetails/Passport/PassportNumber"):
        draft.number("passport", number)
    for number in person.texts("NationalIdentifierDetails/NationalIdentifier/NationalIdentifierNumber"):
        draft.number("national_id", number)


def _whole(parts: Iterable[str]) -> str:
    """Name 1 to 5 are the given names, name 6 the family name or the name of an entity."""
    return " ".join(part for part in parts if part)
