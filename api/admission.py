"""Whether a case can be opened at all: what the schema cannot know of a client, a playbook and an owner."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from activities import planning
from api.door import Door
from kyc import ownership
from kyc.countries import is_country
from kyc.identifiers import check_email
from onboarding.calendar import Calendar, UnknownCountry
from onboarding.case import Client, Person, Role
from onboarding.errors import Invalid, NotFound
from onboarding.plan import Playbook
from records import staff

_LAST_DAY_BEGAN = timedelta(hours=14)  # it is tomorrow already on the Line Islands
_OLDEST = 125  # years; the oldest person known reached 122


class BornInTheFuture(Invalid):
    """A birth date lies in the future."""

    code = "birth_date_in_future"


class BornTooLongAgo(Invalid):
    """Nobody who was born on this date is alive."""

    code = "birth_date_too_long_ago"


class OwnersMissing(Invalid):
    """This playbook needs the beneficial owners of a company."""

    code = "owners_missing"


class ClientNotTaken(Invalid):
    """This playbook does not take this kind of client."""

    code = "client_kind_not_taken"


class CompanyMissing(Invalid):
    """A client of kind company needs a company, and one of kind person has none."""

    code = "company_does_not_fit_kind"


class BadEmail(Invalid):
    """The client needs an address that mail can be sent to."""

    code = "bad_email"


class UnknownOwner(Invalid):
    """The owner must be a customer-success manager who works here."""

    code = "unknown_owner"


def admit(door: Door, client: Client, playbook: str) -> None:
    """Raises the first thing that speaks against this client in this playbook."""
    _fits(planning.load(door.playbooks, playbook), client)
    Calendar(client.country, client.timezone)
    if client.company:
        ownership.of_company(client.company)  # raises what cannot be in the declared structure
        ownership.policy_named(datetime.now(UTC).date()).bar(client.company.category)  # and an unknown category
    for country in _countries(client):
        if not is_country(country):
            raise UnknownCountry
    if not check_email(client.person.email or "").valid:
        raise BadEmail
    _check_births(client, (datetime.now(UTC) + _LAST_DAY_BEGAN).date())


def categorised(door: Door, client: Client, playbook: str) -> Client:
    """The client, with the category that the playbook gives its companies where nobody gave one."""
    category = planning.load(door.playbooks, playbook).ownership_category
    if client.company is None or client.company.category or category is None:
        return client
    return client.model_copy(update={"company": client.company.model_copy(update={"category": category})})


async def owner_of(session: AsyncSession, wanted: str) -> str:
    """The customer-success manager who was named for a case."""
    try:
        member = await staff.member(session, wanted)
    except NotFound:
        raise UnknownOwner from None
    if Role.CSM not in member.roles:
        raise UnknownOwner
    return member.id


def _fits(playbook: Playbook, client: Client) -> None:
    if (client.company is not None) != (client.kind == "company"):
        raise CompanyMissing
    if client.kind not in playbook.kinds_of_client:
        raise ClientNotTaken
    if (
        client.company
        and not client.company.owners
        and any(s.collect and s.collect.needs_owners for s in playbook.steps)
    ):
        raise OwnersMissing


def _check_births(client: Client, today: date) -> None:
    births = [person.birth_date for person in _people(client) if person.birth_date]
    if any(born > today for born in births):
        raise BornInTheFuture
    if any(born.year < today.year - _OLDEST for born in births):
        raise BornTooLongAgo


def _people(client: Client) -> Iterator[Person]:
    yield client.person
    if client.company:
        yield from (owner.person for owner in client.company.owners)


def _countries(client: Client) -> Iterator[str]:
    yield client.country
    for person in _people(client):
        yield from (code for code in (person.nationality, person.address and person.address.country) if code)
    if client.company:
        yield client.company.country
        entities = client.company.structure.entities if client.company.structure else []
        yield from (entity.country for entity in entities if entity.country)
        if client.company.address:
            yield client.company.address.country
