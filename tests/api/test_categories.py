"""The category of a company, whose threshold of ownership is lower: by whoever opens the case, or by its playbook."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.door import Door
from onboarding.case import Client, Role
from records import cases
from tests.api.house import PLAYBOOKS, Caller, Staff, a_company, a_request


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """Playbooks of which one takes companies for those of higher risk."""
    for file in PLAYBOOKS.glob("*.yaml"):
        text = file.read_text("utf-8")
        added = "ownership_category: higher_risk\n" if file.stem == "saas" else ""
        (tmp_path / file.name).write_text(text.replace("steps:\n", f"{added}steps:\n", 1), "utf-8")
    return tmp_path


async def opened(desk: Caller, door: Door, **fields: object) -> Client:
    answer = await desk.post("/cases", a_request(client=a_company(**fields)))
    assert answer.status_code == 202
    async with door.database.session() as session:
        return await cases.client_of(session, door.vault, answer.json()["case"])


async def test_whoever_opens_the_case_may_name_a_category(desk: Caller, door: Door) -> None:
    client = await opened(desk, door, category="higher_risk")

    assert client.company
    assert client.company.category == "higher_risk"


async def test_a_category_that_the_policy_does_not_know_is_refused(desk: Caller) -> None:
    answer = await desk.post("/cases", a_request(client=a_company(category="very_risky")))

    assert (answer.status_code, answer.json()["code"]) == (422, "ownership_category_unknown")


async def test_a_playbook_may_give_its_companies_a_category(door: Door, stricter: Path) -> None:
    staff = Staff(replace(door, playbooks=stricter))
    await staff.who_is(Role.CSM)

    client = await opened(await staff.who_is(Role.STAFF), door)

    assert client.company
    assert client.company.category == "higher_risk"
