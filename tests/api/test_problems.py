"""Every error is problem+json, and none repeats what was sent."""

from collections.abc import AsyncIterator

import pytest

from api.limits import BODY
from tests.api.house import Caller, FakeEngine, Staff, a_person, a_request

SECRET = "zephyrine-quillfeather"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/{SECRET}", 404, "not_found"),
        ("GET", f"/api/v1/cases/{SECRET}/x", 404, "not_found"),
        ("DELETE", "/api/v1/cases", 405, "method_not_allowed"),
        ("GET", f"/api/v1/cases?status={SECRET}", 422, "invalid"),
        ("GET", f"/api/v1/cases?{SECRET}=1", 422, "invalid"),
        ("GET", "/api/v1/cases?limit=0", 422, "invalid"),
        ("GET", f"/api/v1/cases/{SECRET}", 422, "invalid"),
        ("GET", "/api/v1/cases/%00", 422, "invalid"),
        ("GET", "/api/v1/cases?owner=%00", 422, "invalid"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    desk: Caller, method: str, path: str, status: int, code: str
) -> None:
    answer = await desk.http.request(method, path)

    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "code", "instance", "errors"}
    assert SECRET not in answer.text


async def test_where_a_request_is_wrong_is_said_by_field(desk: Caller) -> None:
    client = a_person(person={"name": "Zephyrine", "email": "z@quillfeather.example", "birth_date": SECRET})

    answer = await desk.post("/cases", a_request(client=client))

    [fault] = answer.json()["errors"]
    assert fault["where"] == "body.client.person.birth_date"
    assert SECRET not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"playbook": ' + SECRET.encode(), b"\xff\xfe{}", b"[" * 5000])
async def test_a_body_that_is_not_json_is_refused(desk: Caller, body: bytes) -> None:
    headers = {"Idempotency-Key": "x", "Content-Type": "application/json"}

    answer = await desk.http.post("/api/v1/cases", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "unparsable_json")
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b'"text"', b"", b"17", b"NaN", b'{"client": {"person": {"name": "\\ud800"}}}']
)
async def test_json_that_is_no_request_is_refused(desk: Caller, engine: FakeEngine, body: bytes) -> None:
    headers = {"Idempotency-Key": "y", "Content-Type": "application/json"}

    answer = await desk.http.post("/api/v1/cases", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert engine.runs == []


async def test_a_body_that_announces_too_much_is_refused_unread(desk: Caller) -> None:
    answer = await desk.http.post("/api/v1/cases", content=b" " * (BODY + 1), headers={"Idempotency-Key": "z"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_that_announces_nothing_is_refused_at_the_first_byte_too_many(desk: Caller) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 10_000

    answer = await desk.http.post("/api/v1/cases", content=endless(), headers={"Idempotency-Key": "z"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert sent <= 1000


async def test_a_bug_is_told_by_its_instance_alone(desk: Caller, engine: FakeEngine, staff: Staff) -> None:
    engine.failures.append(RuntimeError(SECRET))

    answer = await desk.post("/cases", a_request())

    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert SECRET not in answer.text


async def test_a_path_that_no_id_is_like_is_refused(desk: Caller) -> None:
    answers = [
        await desk.post(f"/cases/{path}/pause", {}) for path in ("%00", "%ff", "x" * 5000, "..%2f..", "%F0%9F%98%80")
    ]

    assert {answer.status_code for answer in answers} <= {404, 422}
    assert answers[0].json()["code"] == "invalid"
