"""The profile form: what a client said of themselves, laid over what was known, and refused with a code if it cannot
be."""

from collections.abc import Iterator
from datetime import date

from pydantic import ValidationError

from kyc import countries, ownership
from kyc.ownership import OverAssigned, ShareBroken, StructureBroken
from onboarding.calendar import check_country, known_zone
from onboarding.case import Client, Company, Person, Structure
from onboarding.errors import Invalid

EARLIEST_BIRTH = date(1900, 1, 1)

Content = dict[str, object]


class BadForm(Invalid):
    """The form says something that cannot be."""

    code = "form_invalid"


def completed(client: Client, form: Content, today: date, *, needs_owners: bool = False) -> Client:
    """The client with what the form adds or corrects. BadForm with a code such as `birth_date_in_future`.

    A form holds `person`, `company`, `country`, `language`, `timezone`, as `Client` has them; fields of the person may
    stand alone. What it leaves out stays, a list replaces the whole list, and the kind of client never changes.
    """
    known = client.model_dump(mode="json")
    try:
        merged = Client.model_validate(_laid_over(known, _nested(form) | {"kind": client.kind}))
    except ValidationError as error:
        named = [str(part) for part in error.errors()[0]["loc"] if isinstance(part, str)]
        raise BadForm(code=f"{named[-1]}_invalid" if named else "form_invalid") from None
    for fault in _faults(merged, today, needs_owners):
        raise BadForm(code=fault)
    return merged


def _nested(form: Content) -> Content:
    alone = {name: value for name, value in form.items() if name not in Client.model_fields and name in _PERSON}
    rest = {name: value for name, value in form.items() if name not in alone}
    person = rest.get("person", {})
    return rest | {"person": person | alone} if alone and isinstance(person, dict) else rest


_PERSON = set(Person.model_fields)


def _laid_over(known: object, said: object) -> object:
    """Objects merge field by field; an empty text says nothing."""
    if isinstance(known, dict) and isinstance(said, dict):
        told = {name: value for name, value in said.items() if value not in ("", None)}
        return known | {name: _laid_over(known.get(name), value) for name, value in told.items()}
    return said


def _faults(client: Client, today: date, needs_owners: bool) -> Iterator[str]:
    try:
        check_country(client.country)
        known_zone(client.timezone)
    except Invalid as error:
        yield error.reason
    people = [client.person, *(owner.person for owner in (client.company.owners if client.company else []))]
    for person in people:
        yield from _of_person(person, today)
    if client.kind == "person" and client.person.birth_date is None:
        yield "birth_date_missing"
    if client.company:
        yield from _of_company(client, needs_owners)
    elif client.kind == "company":
        yield "company_missing"


def _of_person(person: Person, today: date) -> Iterator[str]:
    if person.birth_date and person.birth_date > today:
        yield "birth_date_in_future"
    if person.birth_date and person.birth_date < EARLIEST_BIRTH:
        yield "birth_date_invalid"
    if person.nationality and not countries.is_country(person.nationality):
        yield "nationality_invalid"
    if person.address and not countries.is_country(person.address.country):
        yield "unknown_country"


def _of_company(client: Client, needs_owners: bool) -> Iterator[str]:
    assert client.company
    if not countries.is_country(client.company.country):
        yield "unknown_country"
    if needs_owners and not client.company.owners:
        yield "owners_missing"
    if client.company.structure:
        yield from _of_entities(client.company.structure)
    yield from structure_faults(client.company)


def _of_entities(structure: Structure) -> Iterator[str]:
    for entity in structure.entities:
        if entity.country and not countries.is_country(entity.country):
            yield "unknown_country"
        if not entity.name and entity.kind != "unknown":
            yield "entity_name_missing"


def structure_faults(company: Company) -> Iterator[str]:
    """Why the declared ownership cannot be, as a code such as `shares_exceed_whole` or `party_unknown`."""
    try:
        ownership.of_company(company)
    except OverAssigned:
        yield "shares_exceed_whole"
    except (StructureBroken, ShareBroken) as error:
        yield error.reason
