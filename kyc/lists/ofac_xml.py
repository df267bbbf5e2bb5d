"""OFAC's SDN and consolidated lists as XML (`sdn.xml`, `consolidated.xml`)."""

from datetime import date

from kyc.lists.draft import Draft, on_day
from kyc.lists.entry import Entry, Kind
from kyc.lists.ofac import source_of
from kyc.lists.source import File, Gathered
from kyc.lists.version import Refused
from kyc.lists.xml import Record, records

_NUMBERS = {
    "passport": "passport", "national id": "national_id", "cedula": "national_id", "d.n.i.": "national_id",
    "c.u.r.p.": "national_id", "tax id": "tax_id", "r.f.c.": "tax_id", "v.a.t.": "tax_id", "nit": "tax_id",
    "ruc": "tax_id", "registration": "registration", "company number": "registration", "unified social": "registration",
    "commercial registry": "registration", "legal entity": "lei", "swift/bic": "bic", "vessel registration": "imo",
    "mmsi": "mmsi", "aircraft tail": "tail", "digital currency": "wallet", "email": "email",
}  # fmt: skip


def read(files: list[File]) -> Gathered:
    entries: list[Entry] = []
    refused: list[Refused] = []
    made = ""
    for file in files:
        for record in records(file, "publshInformation", "sdnEntry"):
            if record.tag == "publshInformation":
                made = record.text("Publish_Date")
                continue
            entry = _draft(record).entry()
            if entry:
                entries.append(entry)
            else:
                refused.append(Refused(file.name, record.line, "no_name"))
    return Gathered(source_of(entry.programmes for entry in entries), entries, refused, _american(made))


def _american(text: str) -> date | None:
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return on_day(f"{year}-{month}-{day}")


def _draft(record: Record) -> Draft:
    draft = Draft(f"ofac:{record.text('uid')}", Kind.of(record.text("sdnType")))
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
