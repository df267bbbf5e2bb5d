"""OFAC's SDN and consolidated lists as XML (`sdn.xml`, `consolidated.xml`)."""

from dataclasses import replace
from datetime import date

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind
from kyc.lists.ofac import source_of
from kyc.lists.source import File, Gathered
from kyc.lists.xml import Record, records

_NUMBERS = {
    "passport": "passport", "national id": "national_id", "cedula": "national_id", "d.n.i.": "national_id",
    "c.u.r.p.": "national_id", "tax id": "tax_id", "r.f.c.": "tax_id", "v.a.t.": "tax_id", "nit": "tax_id",
    "ruc": "tax_id", "registration": "registration", "company number": "registration", "unified social": "registration",
    "commercial registry": "registration", "legal entity": "lei", "swift/bic": "bic", "vessel registration": "imo",
    "mmsi": "mmsi", "aircraft tail": "tail", "digital currency": "wallet", "email": "email",
}  # fmt: skip


def read(files: list[File]) -> Gathered:
    drafts = (_draft(file, record) for file in files for record in records(file, "sdnEntry"))
    found = gathered("ofac", drafts, [])
    made = next((each.text("Publish_Date") for each in records(files[0], "publshInformation")), "")
    return replace(found, source=source_of(entry.programmes for entry in found.entries), list_date=_american(made))


def _american(text: str) -> date | None:
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return on_day(f"{year}-{month}-{day}")


def _draft(file: File, record: Record) -> Draft:
    draft = Draft(f"ofac:{record.text('uid')}", Kind.of(record.text("sdnType")), file.name, record.line)
    draft.name(_name(record), "primary")
    for aka in record.all("akaList/aka"):
        kind = "fka" if aka.text("type").lower().startswith("f") else "aka"
        draft.name(_name(aka), kind, aka.text("category"))
    for text in record.texts("dateOfBirthList/dateOfBirthItem/dateOfBirth"):
        draft.birth(text)
    for text in record.texts("placeOfBirthList/placeOfBirthItem/placeOfBirth"):
        draft.birth_place(*text.split(","))
    draft.country(*record.texts("nationalityList/nationality/country"))
    draft.country(*record.texts("citizenshipList/citizenship/country"), record.text("vesselInfo/vesselFlag"))
    for number in record.all("idList/id"):
        _identify(draft, number)
    draft.number("call_sign", record.text("vesselInfo/callSign"))
    if draft.kind == Kind.AIRCRAFT:
        draft.number("tail", record.text("lastName"))
    for place in record.all("addressList/address"):
        parts = ("address1", "address2", "address3", "city", "stateOrProvince", "postalCode", "country")
        draft.address(*(place.text(part) for part in parts))
    draft.programmes += record.texts("programList/program")
    draft.note(record.text("remarks"))
    return draft


def _identify(draft: Draft, number: Record) -> None:
    kind, value = number.text("idType").lower(), number.text("idNumber")
    if kind == "gender":
        draft.gender(value)
        return
    name = next((ours for theirs, ours in _NUMBERS.items() if theirs in kind), "")
    if name:
        draft.number(name, value.removeprefix("IMO").strip() if name == "imo" else value, number.text("idCountry"))


def _name(record: Record) -> str:
    """As the CSV writes it: FAMILY, Given."""
    return ", ".join(part for part in (record.text("lastName"), record.text("firstName")) if part)
