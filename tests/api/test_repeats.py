"""The same Idempotency-Key: the same answer, also at once; another body is a conflict."""

import asyncio

from api.door import Door
from onboarding.case import Role
from onboarding.errors import Conflict, Unavailable
from records import cases
from tests.api.house import Caller, FakeEngine, Staff, a_person, a_request


async def test_the_same_key_and_body_give_the_same_answer(desk: Caller, engine: FakeEngine) -> None:
    first = await desk.post("/cases", a_request(), key="k")
    second = await desk.post("/cases", a_request(), key="k")

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert engine.runs == [first.json()["case"]]


async def test_two_at_once_open_one_case(desk: Caller, engine: FakeEngine) -> None:
    answers = await asyncio.gather(*(desk.post("/cases", a_request(), key="at-once") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(engine.runs) == 1


async def test_the_same_key_with_another_body_is_a_conflict(desk: Caller, engine: FakeEngine) -> None:
    await desk.post("/cases", a_request(), key="reused")

    answer = await desk.post("/cases", a_request(client=a_person(language="es")), key="reused")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert len(engine.runs) == 1


async def test_a_key_belongs_to_its_caller(desk: Caller, staff: Staff, engine: FakeEngine) -> None:
    other = await staff.who_is(Role.STAFF)

    answers = [await caller.post("/cases", a_request(), key="mine") for caller in (desk, other)]

    assert answers[0].json()["case"] != answers[1].json()["case"]


async def test_a_post_without_a_key_is_refused(desk: Caller, engine: FakeEngine) -> None:
    answer = await desk.http.post("/api/v1/cases", json=a_request())

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert engine.runs == []


async def test_a_refused_request_may_be_mended_under_its_key(desk: Caller) -> None:
    refused = await desk.post("/cases", a_request(playbook="none"), key="mended")

    answer = await desk.post("/cases", a_request(), key="mended")

    assert (refused.status_code, answer.status_code) == (422, 202)


async def test_a_malformed_request_gives_its_key_back(desk: Caller) -> None:
    refused = await desk.post("/cases", {"playbook": "saas"}, key="malformed")

    answer = await desk.post("/cases", a_request(), key="malformed")

    assert (refused.status_code, answer.status_code) == (422, 202)


async def test_a_message_repeated_under_its_key_is_the_same_message(desk: Caller, engine: FakeEngine) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]
    engine.failures.append(Unavailable())

    first = await desk.post(f"/cases/{case_id}/pause", {}, key="p")
    second = await desk.post(f"/cases/{case_id}/pause", {}, key="p")
    third = await desk.post(f"/cases/{case_id}/pause", {}, key="p")
    await desk.post(f"/cases/{case_id}/pause", {}, key="another")

    assert [first.status_code, second.status_code, third.status_code] == [503, 200, 200]
    assert len(engine.heard) == 2
    assert engine.heard[0][1].id != engine.heard[1][1].id


async def test_another_body_is_a_conflict_even_after_an_outage(desk: Caller, engine: FakeEngine) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]
    engine.failures.append(Unavailable())

    first = await desk.post(f"/cases/{case_id}/pause", {"reason": "holidays"}, key="doubt")
    other = await desk.post(f"/cases/{case_id}/pause", {"reason": "client_asked"}, key="doubt")
    same = await desk.post(f"/cases/{case_id}/pause", {"reason": "holidays"}, key="doubt")

    assert [first.status_code, other.status_code, same.status_code] == [503, 409, 200]
    assert other.json()["code"] == "idempotency_key_reused"
    assert [message.evidence["reason"] for _, message in engine.heard] == ["holidays"]


async def test_a_bug_leaves_the_key_to_the_same_request(desk: Caller, engine: FakeEngine) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]
    engine.failures.append(RuntimeError())

    first = await desk.post(f"/cases/{case_id}/pause", {"reason": "holidays"}, key="bug")
    other = await desk.post(f"/cases/{case_id}/pause", {}, key="bug")
    same = await desk.post(f"/cases/{case_id}/pause", {"reason": "holidays"}, key="bug")

    assert [first.status_code, other.status_code, same.status_code] == [500, 409, 200]


async def test_a_key_says_nothing_of_itself_in_the_message(desk: Caller, engine: FakeEngine) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]

    await desk.post(f"/cases/{case_id}/pause", {}, key="zephyrine@quillfeather.example")

    assert "zephyrine" not in engine.heard[0][1].model_dump_json()


async def test_nothing_is_half_stored_when_the_case_is_refused(desk: Caller, door: Door) -> None:
    await desk.post("/cases", a_request(reference="crm-7"))
    before = await _count(door)

    answer = await desk.post("/cases", a_request(reference="crm-7"))

    assert answer.status_code == 409
    assert await _count(door) == before


async def test_a_refusal_of_the_story_is_no_answer_to_keep(desk: Caller, engine: FakeEngine) -> None:
    case_id = (await desk.post("/cases", a_request())).json()["case"]
    engine.failures.append(Conflict(code="not_paused"))

    first = await desk.post(f"/cases/{case_id}/resume", {}, key="r")
    second = await desk.post(f"/cases/{case_id}/resume", {}, key="r")

    assert (first.status_code, second.status_code) == (409, 200)


async def _count(door: Door) -> int:
    async with door.database.session() as session:
        return len((await cases.cases(session, cases.Filter(), limit=10_000)).rows)
