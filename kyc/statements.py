"""What one source says of a party, field by field, and where on it each thing was read.

Statements hold personal data and belong to the encrypted records.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from kyc.lists import Entry, Kind
from kyc.lists.dates import Span
from kyc.mrz import Zone
from kyc.mrz.layout import LAYOUTS
from onboarding.case import Address, Company, Entity, Person, Strict

PARTS = {"given_names", "surname"}  # shown, but judged in the row of the name: sources split names differently
_NUMBERS = {"registration": "registration_number", "lei": "lei", "tax_id": "vat_number", "passport": "number",
            "national_id": "number"}  # fmt: skip
_PERSONAL = {"number"}


class Source(StrEnum):
    DECLARED = "declared"
    DOCUMENT = "document"
    REGISTRY = "registry"
    VENDOR = "vendor"
    LIST = "list"


class Statement(Strict):
    """What one source says. `values` go by field (name, given_names, surname, birth_date, nationality, number, sex,
    expiry_date, registration_number, registration_authority, vat_number, lei, country, address, entity_status,
    registration_status); dates are ISO, countries alpha-2. `places` says where each was read.

    Of a registry and a list `record` is the record's own id there; of a registry `document` names the answer that was
    kept, by an id of ours, `answer` is the hash of its bytes and `read` when it came.
    """

    source: Source
    document: str | None = None
    page: int | None = None
    record: str | None = None
    answer: str | None = None
    read: datetime | None = None
    values: dict[str, str] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)
    name_truncated: bool = False
    zone_valid: bool | None = Field(default=None, description="None where the source has no machine-readable zone")
    doubts: list[str] = Field(default_factory=list, description="codes of a zone's warnings")
    silent: str | None = Field(default=None, description="why it was not asked, or has nothing: a code")

    @property
    def column(self) -> str:
        if self.source is Source.REGISTRY:  # a party has one, which says so where nothing was asked
            return self.source.value
        name = self.document or self.record
        return f"{self.source}:{name}" if name else self.source.value


def of_person(person: Person, source: Source = Source.DECLARED) -> Statement:
    values = {
        "name": person.name,
        "given_names": person.given_names,
        "surname": person.family_name,
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "nationality": person.nationality or "",
        "number": person.document_number or "",
    }
    return Statement(source=source, values=_said(values))


def of_company(company: Company | Entity, source: Source = Source.DECLARED) -> Statement:
    """A company, or one that stands between a company and its owners."""
    values = {
        "name": company.name or "",
        "registration_number": company.registration_number or "",
        "country": company.country or "",
    }
    if isinstance(company, Company):
        values |= {
            "vat_number": company.vat_number or "",
            "lei": company.lei or "",
            "address": one_line(company.address) if company.address else "",
        }
    return Statement(source=source, values=_said(values))


def of_zone(zone: Zone, document: str, page: int = 1) -> Statement:
    """What the machine-readable zone of a document says."""
    fields = zone.fields
    values = {
        "name": f"{fields.given_names} {fields.surname}".strip(),
        "given_names": fields.given_names,
        "surname": fields.surname,
        "birth_date": fields.birth_date.isoformat() if fields.birth_date else fields.birth_text.strip("<"),
        "nationality": fields.nationality_country or fields.nationality,
        "number": fields.number,
        "sex": fields.sex.strip("<"),
        "expiry_date": fields.expiry_date.isoformat() if fields.expiry_date else fields.expiry_text.strip("<"),
    }
    return Statement(
        source=Source.DOCUMENT,
        document=document,
        page=page,
        values=_said(values),
        places=_places(zone),
        name_truncated=fields.name_truncated,
        zone_valid=zone.valid,
        doubts=sorted({warning.code for warning in zone.warnings}),
    )


def of_vendor(said: Mapping[str, str], check: str) -> Statement:
    """What an identity vendor read in a check of its own."""
    return Statement(source=Source.VENDOR, document=check, values=_said(said))


def of_entry(entry: Entry, name: str) -> Statement:
    """What a list says of an entry that matched by this one of its names. Several countries stand beside one another;
    a birth date that is not certain is a span, `1961-01-01/1961-12-31`."""
    place = next((at for at, each in enumerate(entry.names) if each.text == name), 0)
    found = entry.names[place]
    country = "nationality" if entry.kind is Kind.PERSON else "country"
    values = {"name": found.text, country: ", ".join(entry.countries), "sex": entry.gender.upper()}
    places = {"name": f"names/{place}, {found.type}", country: "countries", "sex": "gender"}
    if entry.born:
        values["birth_date"], places["birth_date"] = _span(entry.born[0]), "born/0"
    for at, number in enumerate(entry.identifiers):
        field = _NUMBERS.get(number.kind)
        if field and field not in values and (field in _PERSONAL) == (entry.kind is Kind.PERSON):
            values[field], places[field] = number.value, f"identifiers/{at}"
    return Statement(source=Source.LIST, record=entry.id, values=_said(values), places=places)


def one_line(address: Address) -> str:
    return ", ".join(part for part in (*address.lines, address.postcode, address.city, address.country) if part)


def _said(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _span(span: Span) -> str:
    return span.first.isoformat() if span.exact else f"{span.first.isoformat()}/{span.last.isoformat()}"


def _places(zone: Zone) -> dict[str, str]:
    spans = {**LAYOUTS[zone.type].spans}
    spans |= dict.fromkeys(("name", *PARTS), spans["names"])
    return {name: f"zone line {line + 1}, {start + 1}-{stop}" for name, (line, start, stop) in spans.items()}
