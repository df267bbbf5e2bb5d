"""The evidence of a case through the door: structures that are declared, matrices and ownership that are read."""

from datetime import UTC, date, datetime

import pytest

from activities.evidence import file_of
from activities.parties import parties_of
from api.door import Door
from onboarding.case import Client, Role
from records import cases, evidence_files
from tests.api.house import Caller, Staff, a_person, a_request

STORY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWNER = {"person": {"name": "Balthasar Nimbusson", "birth_date": "1966-02-27"}}


def declared(**structure: object) -> dict[str, object]:
    company = {"name": "Nimbus AB", "country": "SE", "owners": [OWNER], "structure": structure}
    return a_request(client=a_person(kind="company", company=company))


def behind_a_holding() -> dict[str, object]:
    return declared(
        entities=[{"name": "Nimbus Holding AB", "country": "SE"}],
        holdings=[
            {"owner": "owner_1", "owned": "entity_1", "share": "1/1"},
            {"owner": "entity_1", "owned": "company", "share": "60%"},
        ],
    )


async def examined(door: Door, case_id: str) -> None:
    async with door.database.session() as session:
        client: Client = await cases.client_of(session, door.vault, case_id)
        content = file_of(client, list(parties_of(client, date(2026, 3, 2))), [], date(2026, 3, 2))
        await evidence_files.keep(session, door.vault, case_id, "verify:1", 1, content)


async def test_a_declared_structure_is_read_back_with_its_paths(desk: Caller, staff: Staff, door: Door) -> None:
    case_id = (await desk.post("/cases", behind_a_holding())).json()["case"]
    await examined(door, case_id)

    shown = (await (await staff.who_is(Role.REVIEWER)).get(f"/cases/{case_id}/evidence")).json()

    owner = shown["ownership"]["beneficial_owners"][0]
    assert (owner["id"], owner["reason"]) == ("owner_1", "ownership")
    assert owner["paths"] == [{"path": ["owner_1", "entity_1", "company"], "share": 0.6, "exact": "3/5"}]
    cell = shown["matrices"]["company"]["rows"][0]["cells"]["declared"]
    assert (cell["value"], cell["provenance"]["source"]) == ("Nimbus AB", "declared")


@pytest.mark.parametrize(
    ("structure", "code"),
    [
        ({"holdings": [{"owner": "owner_9", "owned": "company", "share": "10%"}]}, "party_unknown"),
        ({"holdings": [{"owner": "owner_1", "owned": "company", "share": "110%"}]}, "share_broken"),
        ({"entities": [{"name": "Nimbus", "country": "XX"}]}, "unknown_country"),
    ],
)
async def test_a_structure_that_cannot_be_is_refused_at_the_door(
    desk: Caller, structure: dict[str, object], code: str
) -> None:
    answer = await desk.post("/cases", declared(**structure))

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_case_that_nobody_examined_has_no_evidence(desk: Caller, staff: Staff) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]

    answer = await (await staff.who_is(Role.REVIEWER)).get(f"/cases/{case_id}/evidence")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_examined")


@pytest.mark.parametrize("role", [Role.STAFF, Role.CSM, Role.ENGINEER, Role.AUDITOR])
async def test_evidence_is_for_reviewers(desk: Caller, staff: Staff, role: Role) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]

    assert (await (await staff.who_is(role)).get(f"/cases/{case_id}/evidence")).status_code == 403
