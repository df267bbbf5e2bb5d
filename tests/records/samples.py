"""A distinctive client and a case of theirs, for all tests of this room."""

from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Address, Client, Company, Owner, Person
from records.cases import NewCase, open_case
from records.journal import Journal

STORY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_person(name: str = "Zephyrine Quillfeather") -> Person:
    return Person(
        name=name,
        given_names="Zephyrine",
        family_name="Quillfeather",
        birth_date=date(1971, 8, 23),
        nationality="SE",
        email="zephyrine@quillfeather.example",
        phone="+46700999111",
        address=Address(lines=["Vintergatan 77"], city="Ystadsby", postcode="27199", country="SE"),
        document_number="XQ7719283",
    )


def a_client() -> Client:
    owner = Owner(person=Person(name="Balthasar Nimbusson", birth_date=date(1966, 2, 27)), share="51%")
    company = Company(name="Quillfeather Nimbus AB", registration_number="559988-7766", country="SE", owners=[owner])
    return Client(kind="company", person=a_person(), company=company, country="SE", language="en")


async def a_case(session: AsyncSession, journal: Journal, reference: str | None = None) -> str:
    new = NewCase(client=a_client(), playbook="saas", started_by="staff_1", owner="staff_2", reference=reference)
    return (await open_case(session, journal, new, at=datetime.now(UTC))).id
