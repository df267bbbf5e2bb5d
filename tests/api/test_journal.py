"""The journal through the door: read in pages, exported, proved with us and without."""

import pytest

from api.door import Door
from onboarding.case import Role
from records.chain import verify_export
from tests.api.house import Caller, Staff, a_request


@pytest.fixture
async def case_id(desk: Caller, door: Door) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    async with door.database.session() as session:
        story = (await door.journal.read(session, case_id))[0].story
        for n in range(4):
            await door.journal.write(
                session, case_id, actor="aboard", what=f"step_{n}", story=story, detail={"name": "Zephyrine"}
            )
    return case_id


@pytest.fixture
async def auditor(staff: Staff) -> Caller:
    return await staff.who_is(Role.AUDITOR)


async def test_entries_are_read_in_pages_and_opened(auditor: Caller, case_id: str) -> None:
    first = (await auditor.get(f"/cases/{case_id}/journal", limit=3)).json()
    second = (await auditor.get(f"/cases/{case_id}/journal", limit=3, after=first["next"])).json()

    assert [entry["seq"] for page in (first, second) for entry in page["entries"]] == [1, 2, 3, 4, 5]
    assert second["next"] is None
    assert second["entries"][0]["detail"] == {"name": "Zephyrine"}


async def test_an_export_is_proved_without_the_database(auditor: Caller, door: Door, case_id: str) -> None:
    answer = await auditor.get(f"/cases/{case_id}/journal/export")

    lines = answer.text.splitlines(keepends=True)
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert len(lines) == 6
    assert verify_export(lines, door.journal.public) == []
    assert "Zephyrine" not in answer.text


async def test_one_changed_letter_of_an_export_is_found(auditor: Caller, door: Door, case_id: str) -> None:
    lines = (await auditor.get(f"/cases/{case_id}/journal/export")).text.splitlines(keepends=True)
    lines[2] = lines[2].replace("step_1", "step_9")

    assert verify_export(lines, door.journal.public) != []


async def test_a_whole_chain_is_proved_intact(auditor: Caller, case_id: str) -> None:
    answer = await auditor.post(f"/cases/{case_id}/journal/verification")

    assert answer.json() == {"intact": True, "entries": 5, "faults": []}


@pytest.mark.parametrize("path", ["journal", "journal/export", "effects", "meetings", "check-ins", "documents"])
async def test_an_unknown_case_has_none(staff: Staff, path: str) -> None:
    everyone = await staff.who_is(*Role)

    answer = await everyone.get(f"/cases/case_0000000000000000000z/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")
