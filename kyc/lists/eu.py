"""The European Union's consolidated financial sanctions list: FSF XML 1.1, and the CSV with one fact a row."""

from collections.abc import Callable

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind
from kyc.lists.rows import Row, rows
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused
from kyc.lists.xml import Record, records, root

SOURCE = "eu-fsf"
_NUMBERS = {
    "passport": "passport", "id": "national_id", "ssn": "national_id", "electionid": "national_id",
    "regnumber": "registration", "fiscalcode": "tax_id", "tradelic": "registration", "imo": "imo", "swiftbic": "bic",
}  # fmt: skip
_UNKNOWN_COUNTRY = "00"  # the list's own sentinel


def read_xml(files: list[File]) -> Gathered:
    drafts = (_from_xml(file, record) for file in files for record in records(file, "sanctionEntity"))
    return gathered(SOURCE, drafts, [], on_day(root(files[0]).get("generationDate")[:10]))


def _from_xml(file: File, record: Record) -> Draft:
    subject = next(record.all("subjectType"), None)
    what = Kind.of(subject.get("code") if subject else "")
    draft = Draft(f"{SOURCE}:{record.get('logicalId')}", what, file.name, record.line)
    for alias in record.all("nameAlias"):
        draft.name(_whole(alias.get), "aka" if draft.names else "primary", alias.get("strong"))
        draft.gender(alias.get("gender"))
    for born in record.all("birthdate"):
        _birth(draft, born.get, "birthdate", "year", "yearRangeFrom", "yearRangeTo", "circa")
        draft.birth_place(born.get("city"), born.get("region"), born.get("place"), _iso(born.get("countryIso2Code")))
    for citizen in record.all("citizenship"):
        draft.country(_iso(citizen.get("countryIso2Code")))
    for number in record.all("identification"):
        kind = _NUMBERS.get(number.get("identificationTypeCode").lower(), "other")
        draft.number(kind, number.get("number") or number.get("latinNumber"), _iso(number.get("countryIso2Code")))
    for address in record.all("address"):
        parts = (address.get(part) for part in ("street", "city", "region"))
        draft.address(*parts, _iso(address.get("countryIso2Code")))
    draft.programmes += sorted({r.get("programme") for r in record.all("regulation")} - {""})
    draft.listed = on_day(record.get("designationDate"))
    draft.note(record.text("remark"))
    return draft


def read_csv(files: list[File]) -> Gathered:
    drafts: dict[str, Draft] = {}
    refused: list[Refused] = []
    made = ""
    for file in files:
        for row in rows(file, refused, delimiter=";", needs="entity_logicalid"):
            made = made or row["filegenerationdate"]
            number = row["entity_logicalid"]
            kind = Kind.of(row["entity_subjecttype_classificationcode"] or row["entity_subjecttype"])
            _add_row(drafts.setdefault(number, Draft(f"{SOURCE}:{number}", kind, file.name, row.line)), row)
    return gathered(SOURCE, drafts.values(), refused, on_day(made))


def _add_row(draft: Draft, row: Row) -> None:
    def cell(part: str) -> Callable[[str], str]:
        return lambda name: row[f"{part}_{name.lower()}"]

    draft.name(_whole(cell("namealias")), "aka" if draft.names else "primary", row["namealias_strong"])
    draft.gender(row["namealias_gender"])
    _birth(draft, cell("birthdate"), "birthdate", "year", "yearrangefrom", "yearrangeto", "circa")
    if row["birthdate_birthdate"] or row["birthdate_year"]:
        draft.birth_place(row["birthdate_city"], row["birthdate_place"], _iso(row["birthdate_countryiso2code"]))
    draft.country(_iso(row["citizenship_countryiso2code"]))
    kind = _NUMBERS.get(row["identification_typecode"].lower(), "other")
    draft.number(kind, row["identification_number"], _iso(row["identification_countryiso2code"]))
    draft.address(row["address_street"], row["address_city"], _iso(row["address_countryiso2code"]))
    if row["entity_regulation_programme"] not in draft.programmes:
        draft.programmes.append(row["entity_regulation_programme"])
    draft.listed = draft.listed or on_day(row["entity_designationdate"])
    if row["entity_remark"] and not draft.notes:
        draft.note(row["entity_remark"])


def _whole(get: Callable[[str], str]) -> str:
    return get("wholeName") or " ".join(p for p in map(get, ("firstName", "middleName", "lastName")) if p)


def _birth(draft: Draft, get: Callable[[str], str], day: str, year: str, low: str, high: str, circa: str) -> None:
    about = "circa " if get(circa).lower() == "true" else ""
    if get(day):
        draft.birth(about + get(day)[:10])
    elif get(low) and get(high):
        draft.birth(f"{get(low)} to {get(high)}")
    elif get(year):
        draft.birth(about + get(year))


def _iso(code: str) -> str:
    return "" if code == _UNKNOWN_COUNTRY else code
