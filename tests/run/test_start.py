"""`aboard start`: many clients from a file, at the real door on a real database."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from api.door import Door
from onboarding.case import Role
from onboarding.errors import Unavailable
from records.cases import Filter, cases
from run.caller import Caller, Refused
from run.lines import read_lines
from run.start import NoPath, Report, body_of, key_of, send
from tests.api.conftest import bucket, database, door, engine, journal, staff
from tests.api.house import FakeEngine, Staff, a_request

__all__ = ["bucket", "database", "door", "engine", "journal", "staff"]

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
CLIENT = ("kind", "country", "language", "timezone", "person.name", "person.email")
HEADER = ",".join(["playbook", "reference", *(f"client.{field}" for field in CLIENT)])


@pytest.fixture
async def api(staff: Staff) -> AsyncIterator[Caller]:
    await staff.who_is(Role.CSM)
    desk = await staff.who_is(Role.STAFF)
    async with Caller("http://door.test", desk.token, httpx2.ASGITransport(staff.app)) as api:
        yield api


async def sent(api: Caller, file: Path) -> list[Report]:
    return await send(api, list(read_lines(file)))


def row(reference: str, name: str, country: str = "SE") -> str:
    return f"saas,{reference},person,{country},en,Europe/Stockholm,{name},{reference}@client.example"


async def references(door: Door) -> set[str | None]:
    async with door.database.session() as session:
        return {case.reference for case in (await cases(session, Filter())).rows}


async def test_a_csv_in_utf_16_with_a_broken_line_in_the_middle_starts_the_good_lines(
    api: Caller, door: Door, tmp_path: Path
) -> None:
    lines = [HEADER, row("utf-1", "王秀英"), row("utf-2", "Łukasz"), 'saas,"never closed', row("utf-3", "Ñusta")]
    file = tmp_path / "clients.csv"
    file.write_bytes("\r\n".join(lines).encode("utf-16"))

    reports = await sent(api, file)

    assert [(report.line, report.code) for report in reports] == [(2, ""), (3, ""), (4, "line_broken"), (5, "")]
    assert {"utf-1", "utf-2", "utf-3"} <= await references(door)


async def test_a_line_whose_bytes_are_no_text_is_named_and_the_rest_starts(api: Caller, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_bytes("\n".join([HEADER, row("b-1", "Ana")]).encode() + b"\nsaas,\xff\xfe\n" + row("b-2", "Bo").encode())

    reports = await sent(api, file)

    assert [(report.line, report.code) for report in reports] == [(2, ""), (3, "line_broken"), (4, "")]


async def test_a_file_that_is_run_again_starts_nothing_twice(api: Caller, engine: FakeEngine, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("\n".join([HEADER, row("again-1", "Ana"), row("again-2", "Bo")]))

    first, second = await sent(api, file), await sent(api, file)

    assert first == second
    assert len(engine.runs) == 2


async def test_a_line_that_was_mended_starts_and_the_others_stay(
    api: Caller, engine: FakeEngine, tmp_path: Path
) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("\n".join([HEADER, row("mend-1", "Ana"), row("mend-2", "Bo", country="XX")]))
    first = await sent(api, file)

    file.write_text("\n".join([HEADER, row("mend-1", "Ana"), row("mend-2", "Bo")]))
    second = await sent(api, file)

    assert [report.code for report in first] == ["", "unknown_country"]
    assert [report.case is None for report in second] == [False, False]
    assert second[0].case == first[0].case
    assert len(engine.runs) == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"playbook": "nowhere"}, "unknown_playbook"),
        ({"client": {**a_request()["client"], "language": "xx"}}, "unknown_language"),  # type: ignore[dict-item]
        ({"surprise": 1}, "invalid"),
        ({"client": None}, "invalid"),
    ],
)
async def test_a_refused_line_comes_back_with_its_number_and_reason(
    changed: dict[str, object], code: str, api: Caller, tmp_path: Path
) -> None:
    file = tmp_path / "clients.jsonl"
    file.write_text("\n".join(json.dumps(body) for body in (a_request(), {**a_request(), **changed})))

    reports = await sent(api, file)

    assert [(report.line, report.code) for report in reports] == [(1, ""), (2, code)]


async def test_the_samples_start_from_either_file_and_are_the_same_requests(api: Caller) -> None:
    from_json, from_csv = await sent(api, SAMPLES / "clients.jsonl"), await sent(api, SAMPLES / "clients.csv")

    assert [report.case for report in from_json] == [report.case for report in from_csv]
    assert all(report.case for report in from_json)


async def test_an_outage_of_the_story_starts_the_case_all_the_same(
    api: Caller, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.failures = [Unavailable()]
    file = tmp_path / "clients.csv"
    file.write_text("\n".join([HEADER, row("late-1", "Ana")]))

    assert (await sent(api, file))[0].case


async def test_a_caller_who_may_not_is_told_once_and_nothing_starts(staff: Staff, tmp_path: Path) -> None:
    auditor = await staff.who_is(Role.AUDITOR)
    file = tmp_path / "clients.csv"
    file.write_text("\n".join([HEADER, row("no-1", "Ana")]))

    async with Caller("http://door.test", auditor.token, httpx2.ASGITransport(staff.app)) as api:
        with pytest.raises(Refused) as refused:
            await sent(api, file)

    assert refused.value.reason == "forbidden"


def test_columns_are_paths_and_numbers_count_from_one() -> None:
    row = {"a.b": "1", "a.list.2.x": "second", "a.list.1.x": "first", "a.empty": "", "speed": "2.5"}

    assert body_of(row) == {"a": {"b": "1", "list": [{"x": "first"}, {"x": "second"}]}, "speed": 2.5}


@pytest.mark.parametrize("name", ["a.b.c", "a..c", "a.b."])
def test_a_column_that_is_no_path_is_refused(name: str) -> None:
    with pytest.raises(NoPath):
        body_of({"a.b": "1", name: "2"})


def test_the_order_of_columns_does_not_make_another_request() -> None:
    assert key_of({"a": 1, "b": {"c": 2, "d": 3}}) == key_of({"b": {"d": 3, "c": 2}, "a": 1})
