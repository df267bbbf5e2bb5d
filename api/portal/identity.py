"""Identity checks by a vendor: the client is led to the vendor's own page, one party after the other."""

from fastapi import APIRouter

from activities.letters import things
from api.portal.access import Visit, Visiting
from api.views import example
from records import identity_checks
from records.rows import Row

router = APIRouter()


class CheckView(Row):
    """Somebody who still has to show who they are; `link` leads to the vendor's page."""

    model_config = example({"party": "client", "title": "Sample Person", "link": "https://vendor.example/check"})

    party: str
    title: str
    link: str


@router.get("/identity-checks")
async def checks(visit: Visiting) -> list[CheckView]:
    """The checks that wait for somebody, in the order of the parties."""
    return await open_checks(visit)


async def open_checks(visit: Visit) -> list[CheckView]:
    async with visit.door.database.session() as session:
        rows = [row for row in (await identity_checks.of_case(session, visit.case.id)).values() if row.state == "open"]
        links = [await identity_checks.link(session, visit.door.vault, row.id) for row in rows]
    found = [(row.party, link) for row, link in zip(rows, links, strict=True) if link]
    return [CheckView(party=party, title=_title(party, visit.language), link=link) for party, link in sorted(found)]


def _title(party: str, language: str) -> str:
    number = party.removeprefix("owner_")
    return things.item(f"identity:{number}" if number.isdigit() else "identity", language)
