"""`aboard status` and `aboard case`, at the real door on a real database."""

from io import StringIO

import httpx2
import pytest
from rich.console import Console

from api.door import Door
from onboarding.case import Role
from onboarding.errors import Unauthenticated
from run.caller import Caller, token_for
from run.watch import Shown, one_case, overview
from tests.api.conftest import bucket, database, door, engine, journal, staff
from tests.api.house import Staff, a_request, planned

__all__ = ["bucket", "database", "door", "engine", "journal", "staff"]


def text_of(parts: list[Shown]) -> str:
    console = Console(width=160, file=StringIO(), record=True)
    for part in parts:
        console.print(part)
    return console.export_text()


@pytest.fixture
async def api(staff: Staff) -> Caller:
    await staff.who_is(Role.CSM)
    desk = await staff.who_is(Role.STAFF)
    return Caller("http://door.test", desk.token, httpx2.ASGITransport(staff.app))


async def test_a_case_shows_who_it_is_its_plan_and_its_timeline(api: Caller, door: Door) -> None:
    case = (await api.post("/cases", a_request()))["case"]
    await planned(door, case, ["collect"])

    shown = text_of(await one_case(api, case))

    assert f"{case}  saas v1" in shown
    assert "Zephyrine Quillfeather (person, SE, en)" in shown
    assert "check-in-90" in shown
    assert "case opened" in shown


async def test_a_case_that_was_stored_a_moment_ago_is_shown_too(api: Caller) -> None:
    case = (await api.post("/cases", a_request()))["case"]

    assert f"{case}  saas  starting" in text_of(await one_case(api, case))


async def test_the_overview_counts_cases_by_their_state(api: Caller) -> None:
    before = text_of(await overview(api))
    await api.post("/cases", a_request())

    assert text_of(await overview(api)) != before


def test_without_a_token_one_line_says_where_one_comes_from(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(Unauthenticated) as error:
        token_for(None, tmp_path_factory.mktemp("home"))

    assert "aboard staff add" in error.value.message
