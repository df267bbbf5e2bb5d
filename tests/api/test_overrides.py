"""Another band than the rating gave: told by id, with a justification that stays sealed."""

from api.door import Door
from records import tasks
from tests.api.house import Caller, FakeEngine
from tests.api.test_reviews import a_review, case_id, reviewer, told

__all__ = ["case_id", "reviewer"]


async def test_another_band_is_told_with_the_id_of_its_justification(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    said = {"band": "medium", "reason": "namesake", "justification": "Zephyrine is no minister"}

    answer = (await reviewer.post(f"/reviews/{review}/overrides", said)).json()

    [(_workflow, what, evidence)] = told(engine)
    assert (what, evidence["band"], evidence["override"]) == ("override_rating", "medium", answer["override"])
    async with door.database.session() as session:
        assert (await tasks.note(session, door.vault, str(evidence["note"]))).text == said["justification"]
    assert "minister" not in engine.heard[0][1].model_dump_json()


async def test_another_band_needs_a_justification(reviewer: Caller, door: Door, case_id: str) -> None:
    review = await a_review(door, case_id)

    answer = await reviewer.post(f"/reviews/{review}/overrides", {"band": "medium", "reason": "namesake"})

    assert answer.status_code == 422
