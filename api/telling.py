"""What a reviewer says is told to whoever holds the review; a refusal says who is in the way, by staff id."""

from typing import NoReturn

from activities import whole
from api.door import Door
from api.refusals import refused
from onboarding.errors import Conflict
from onboarding.messages import Evidence, Receipt
from records import reviews
from records.reviews import ReviewRow
from records.staff import StaffRow

CLAIMED = "claimed_by_another"
NOT_INDEPENDENT = "reviewer_is_not_independent"


async def tell(
    door: Door, review: ReviewRow, what: str, caller: StaffRow, evidence: Evidence, message_id: str
) -> Receipt:
    """As `Story.tell`, with the review and the caller's roles in the evidence. Whoever became owner of the client after
    the review was opened is refused here: the workflow knows those of its beginning."""
    await _independent(door, review, what, caller)
    said: Evidence = {"review": review.id, "roles": [role.value for role in caller.roles], **evidence}
    try:
        return await door.story.tell(review.case_id, review.step, what, caller.id, said, message_id)
    except Conflict as refusal:
        if refusal.reason == CLAIMED:
            await _say_who(door, review.id)
        raise


async def _independent(door: Door, review: ReviewRow, what: str, caller: StaffRow) -> None:
    async with door.database.session() as session:
        known = await whole.cases_of(session, review.case_id)
        if not any(caller.id in (case.owner, case.started_by) for case in known):
            return
        await door.journal.refused(session, caller.id, review.case_id, what, NOT_INDEPENDENT)
    raise refused(NOT_INDEPENDENT)


async def _say_who(door: Door, review_id: str) -> NoReturn:
    async with door.database.session() as session:
        row = await reviews.review(session, review_id)
    words = refused(CLAIMED).message
    if row.claimed_by and row.claimed_until:
        words = f"{row.claimed_by} holds this review until {row.claimed_until:%H:%M:%S} UTC; a senior may take it over."
    raise Conflict(words, code=CLAIMED)
