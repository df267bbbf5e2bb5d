"""Claims at the door: told to the step, and who is kept out is told by whom."""

from datetime import UTC, datetime

from api.door import Door
from onboarding.errors import Conflict
from records import reviews
from tests.api.house import Caller, FakeEngine
from tests.api.test_reviews import a_review, case_id, reviewer, told

__all__ = ["case_id", "reviewer"]


async def test_a_claim_and_its_release_are_told_to_the_step(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)

    for what in ("claim", "release"):
        assert (await reviewer.post(f"/reviews/{review}/{what}")).json() == {"status": "taken"}

    assert [what for _, what, _ in told(engine)] == ["claim_review", "release_review"]


async def test_who_is_kept_out_by_a_claim_is_told_who_holds_it(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    async with door.database.session() as session:
        await reviews.claim(session, review, "staff_7", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    engine.failures.append(Conflict(code="claimed_by_another"))

    answer = await reviewer.post(f"/reviews/{review}/decision", {"decision": "approve", "reason": "fine"})

    assert (answer.status_code, answer.json()["code"]) == (409, "claimed_by_another")
    assert answer.json()["detail"].startswith("staff_7 holds this review until 09:30:00 UTC")
