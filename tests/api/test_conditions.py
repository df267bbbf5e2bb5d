"""Conditions at the door: kept with a voice, listed once they stand, met by their owners."""

from datetime import UTC, datetime, timedelta

import pytest

from activities import conditions as standing
from api.door import Door
from onboarding.case import Band, Role
from onboarding.diligence import Ruling
from onboarding.errors import Conflict
from records import conditions, reviews
from records.reviews import NewReview
from tests.api.house import Caller, FakeEngine, Staff, a_request, planned

STORY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONDITION = {"code": "source_of_funds", "days": 30, "words": "Statements of Zephyrine's mother"}
SAID = {"decision": "approve_with_conditions", "reason": "funds_to_be_shown", "conditions": [CONDITION]}


@pytest.fixture
async def review(desk: Caller, door: Door) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    await planned(door, case_id, opened=("verify",))
    new = NewReview(case_id=case_id, step="verify", round=1, band=Band.HIGH, approvals=2, barred=[], opened_story=STORY)
    async with door.database.session() as session:
        return await reviews.open_review(session, new)


@pytest.fixture
async def reviewer(staff: Staff) -> Caller:
    return await staff.who_is(Role.REVIEWER)


async def proposed(reviewer: Caller, engine: FakeEngine, review: str) -> list[str]:
    assert (await reviewer.post(f"/reviews/{review}/decision", SAID)).status_code == 200
    ids = engine.heard[-1][1].evidence["conditions"]
    assert isinstance(ids, list)
    return ids


async def stood(door: Door, review: str, ids: list[str]) -> str:
    """The decision stands; answers the case."""
    async with door.database.session() as session:
        case = (await reviews.review(session, review)).case_id
        order = Ruling(
            case=case, step="verify", story=STORY + timedelta(hours=1), review=review, band=Band.HIGH,
            decision="approve_with_conditions", reason="funds_to_be_shown", reviewers=["staff_7"], conditions=ids,
        )  # fmt: skip
        await standing.come_to_stand(session, door.journal, order)
    return case


async def test_conditions_go_with_the_voice_by_id_and_their_words_stay_sealed(
    reviewer: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    ids = await proposed(reviewer, engine, review)

    assert "Zephyrine" not in engine.heard[0][1].model_dump_json()
    async with door.database.session() as session:
        assert await conditions.words(session, door.vault, ids[0]) == CONDITION["words"]


async def test_a_proposed_condition_is_listed_nowhere(reviewer: Caller, engine: FakeEngine, review: str) -> None:
    await proposed(reviewer, engine, review)

    answer = await reviewer.get("/conditions", state="proposed")

    assert answer.json() == {"conditions": []}


async def test_the_conditions_of_a_refused_voice_are_taken_back(
    reviewer: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    engine.failures.append(Conflict(code="signals_open"))

    await reviewer.post(f"/reviews/{review}/decision", SAID)

    async with door.database.session() as session:
        case = (await reviews.review(session, review)).case_id
        assert await conditions.conditions(session, case) == []


async def test_a_condition_is_owned_by_a_member_of_staff(reviewer: Caller, engine: FakeEngine, review: str) -> None:
    said = {**SAID, "conditions": [{**CONDITION, "owner": "staff_nobody"}]}

    answer = await reviewer.post(f"/reviews/{review}/decision", said)

    assert (answer.status_code, answer.json()["code"]) == (422, "owner_unknown")
    assert engine.heard == []


async def test_a_condition_that_stands_is_shown_with_owner_and_due_date_and_met_once(
    reviewer: Caller, desk: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    ids = await proposed(reviewer, engine, review)
    case = await stood(door, review, ids)
    [shown] = (await reviewer.get("/conditions", case=case)).json()["conditions"]

    answers = [await reviewer.post(f"/conditions/{ids[0]}/fulfilment", {"reason": "statements_seen"}) for _ in range(2)]

    assert shown["words"] == CONDITION["words"]
    assert shown["condition"]["due"]["nominal"] == "2026-04-01T10:00:00Z"
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["code"] == "condition_not_open"
    assert (await desk.get("/tasks", case=case)).json()["tasks"] == []


async def test_a_condition_is_met_by_its_owner_or_a_reviewer_alone(
    staff: Staff, reviewer: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    ids = await proposed(reviewer, engine, review)
    await stood(door, review, ids)
    other = await staff.who_is(Role.STAFF)

    answer = await other.post(f"/conditions/{ids[0]}/fulfilment", {"reason": "statements_seen"})

    assert (answer.status_code, answer.json()["code"]) == (403, "condition_of_another")


async def test_the_task_of_a_condition_is_not_settled_by_a_word(
    desk: Caller, reviewer: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    case = await stood(door, review, await proposed(reviewer, engine, review))
    [task] = (await desk.get("/tasks", case=case)).json()["tasks"]

    answer = await desk.post(f"/tasks/{task['id']}/resolution", {"resolution": "done"})

    assert (answer.status_code, answer.json()["code"]) == (409, "task_not_for_staff")


async def test_more_time_is_given_by_a_reviewer_who_does_not_owe_it(
    staff: Staff, reviewer: Caller, door: Door, engine: FakeEngine, review: str
) -> None:
    owing = await staff.who_is(Role.REVIEWER)
    said = {**SAID, "conditions": [{**CONDITION, "owner": owing.id}]}
    assert (await reviewer.post(f"/reviews/{review}/decision", said)).status_code == 200
    ids = engine.heard[-1][1].evidence["conditions"]
    assert isinstance(ids, list)
    case = await stood(door, review, ids)
    [before] = (await reviewer.get("/conditions", case=case)).json()["conditions"]

    more = {"days": 60, "reason": "bank_is_slow"}
    own = await owing.post(f"/conditions/{ids[0]}/extension", more)
    given = await reviewer.post(f"/conditions/{ids[0]}/extension", more)

    [after] = (await reviewer.get("/conditions", case=case)).json()["conditions"]
    assert (own.status_code, own.json()["code"]) == (403, "reviewer_is_not_independent")
    assert given.status_code == 200
    assert after["condition"]["due"]["effective"] > before["condition"]["due"]["effective"]
