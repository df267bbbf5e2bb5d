"""No tipping-off: with a suspicion report and without one, everything else is the same to the last byte."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from api.door import Door
from onboarding.case import Role
from records.masters import LocalMaster, read_secret
from records.suspicions import Suspicions
from records.tables import Base
from tests.api.house import Caller, FakeEngine, Staff
from tests.api.portal.guest import Guest

APART = {"suspicion_reports", "suspicion_entries", "idempotency", "staff"}
PATHS = ("/suspicion-reports", "/suspicion-reports/register", "/suspicion-reports/suspicion_1")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "suspicions.key"


@pytest.fixture
def door(door: Door, key: Path) -> Door:
    return replace(door, suspicions=Suspicions(LocalMaster(key), read_secret(key)))


@pytest.fixture
async def officer(staff: Staff) -> Caller:
    return await staff.who_is(Role.MLRO)


def about(case: str) -> dict[str, object]:
    return {"case": case, "grounds": "structuring", "narrative": "Zephyrine splits payments"}


async def rows(door: Door) -> dict[str, list[str]]:
    """Every row of every table that is not the report's own or about signing in."""
    async with door.database.session() as session:
        return {
            table.name: sorted(str(row) for row in await session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name not in APART
        }


async def seen(guest: Guest, people: dict[str, Caller]) -> dict[str, str]:
    """What the client and each member of staff are shown of the case."""
    case, shown = guest.case, {"portal": (await guest.get()).text}
    for who, caller in people.items():
        for path in (f"/cases/{case}/journal", f"/cases/{case}/journal/export", f"/cases/{case}/effects", "/cases",
                     f"/cases/{case}/documents", "/tasks", "/reviews", "/conditions"):  # fmt: skip
            answer = await caller.get(path)
            shown[f"{who} {path}"] = f"{answer.status_code} {answer.text}" if answer.status_code < 400 else ""
        file = (await caller.get(f"/cases/{case}")).json()
        shown[f"{who} file"] = str({key: value for key, value in file.items() if key != "story_now"})
    return shown


async def reported(officer: Caller, case: str) -> str:
    report = str((await officer.post("/suspicion-reports", about(case))).json()["report"])
    closing = {"outcome": "filed", "reason": "structuring", "authority": "FIU Sweden", "reference": "2026/77"}
    assert (await officer.post(f"/suspicion-reports/{report}/closing", closing)).status_code == 200
    return report


async def test_a_report_changes_nothing_that_anybody_else_can_see(
    guest: Guest, staff: Staff, officer: Caller, door: Door, engine: FakeEngine
) -> None:
    roles = [role for role in Role if role is not Role.MLRO]
    people = {role.value: await staff.who_is(role) for role in roles}
    await seen(guest, people)  # whoever looks for the first time leaves a trace of that
    before, kept, engine_before = await seen(guest, people), await rows(door), repr(engine)

    report = await reported(officer, guest.case)

    assert await rows(door) == kept  # mails are effects: none was intended, and no journal has a new entry
    assert await seen(guest, people) == before
    assert repr(engine) == engine_before  # Temporal heard nothing
    assert report not in str(before)


async def test_the_engine_is_told_nothing_by_any_request_about_a_report(
    guest: Guest, officer: Caller, engine: FakeEngine
) -> None:
    engine.heard.clear()

    await reported(officer, guest.case)
    for path in PATHS:
        await officer.get(path)

    assert (engine.heard, engine.signalled) == ([], [])


@pytest.mark.parametrize("path", PATHS)
async def test_for_everybody_else_there_is_nothing_there(staff: Staff, path: str) -> None:
    unknown = await (await staff.who_is(Role.STAFF)).get("/no-such-path")

    for role in [role for role in Role if role is not Role.MLRO]:
        answer = await (await staff.who_is(role)).get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, unknown.json()["code"])
        assert answer.json()["detail"] == unknown.json()["detail"]
    assert (await staff.nobody().get(path)).status_code == 404


async def test_nobody_else_can_raise_one_and_no_journal_says_that_they_tried(
    guest: Guest, staff: Staff, door: Door
) -> None:
    everybody_else = await staff.who_is(*[role for role in Role if role is not Role.MLRO])
    before = await rows(door)

    answer = await everybody_else.post("/suspicion-reports", about(guest.case))

    assert answer.status_code == 404
    assert await rows(door) == before


async def test_the_published_schema_does_not_speak_of_it(staff: Staff) -> None:
    assert "suspicion" not in str(staff.app.openapi())


async def test_the_officer_reads_what_was_raised_and_the_register_is_proved(guest: Guest, officer: Caller) -> None:
    report = await reported(officer, guest.case)

    listed = (await officer.get("/suspicion-reports", case=guest.case)).json()["reports"]
    register = (await officer.get("/suspicion-reports/register")).json()

    assert [(one["id"], one["state"], one["filing"]["reference"]) for one in listed] == [(report, "filed", "2026/77")]
    assert register["intact"]
    mine = [entry["what"] for entry in register["entries"] if entry["report_id"] == report]
    assert mine == ["suspicion_raised", "suspicion_filed"]


async def test_a_repeated_request_raises_one_report(guest: Guest, officer: Caller) -> None:
    answers = [(await officer.post("/suspicion-reports", about(guest.case), key="k")).json() for _ in range(2)]

    assert answers[0] == answers[1]


async def test_a_report_is_decided_once(guest: Guest, officer: Caller) -> None:
    report = await reported(officer, guest.case)

    again = await officer.post(f"/suspicion-reports/{report}/closing", {"outcome": "not_filed", "reason": "explained"})

    assert (again.status_code, again.json()["code"]) == (409, "suspicion_report_closed")


async def test_a_report_is_about_a_case_that_there_is(officer: Caller) -> None:
    answer = await officer.post("/suspicion-reports", about("case_unknown"))

    assert answer.status_code == 404
