"""Conditions of an approval: proposed with a decision, met by their owners, overdue when they are not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from activities.casework import calendar_of
from activities.conditions import wake
from api.access import CASEWORK, REVIEW, Reader, Reviewer, Settler, TheDoor, note_refusal
from api.door import Door
from api.notes import Text
from api.problems import ABOUT_ONE, POSTED, errors
from api.refusals import refused
from api.repeats import OnceOnly
from api.telling import NOT_INDEPENDENT
from api.views import CASE_ID, MOMENT, Id, IdText, Told, asked, example
from onboarding.case import Code, Strict
from onboarding.errors import Forbidden, Gone, Invalid, NotFound, OnboardingError
from records import cases, conditions, staff, tasks
from records.conditions import ConditionRow, ConditionState, NewCondition
from records.reviews import ReviewRow

router = APIRouter(prefix="/conditions", tags=["reviews"])


class Condition(Strict):
    """One condition: what, by whom (the owner of the case, where nobody is named), in how many days of the decision."""

    model_config = asked({"code": "source_of_funds", "days": 30, "words": "Statements of the last three months"})

    code: Code
    days: int = Field(ge=1, le=365)
    owner: IdText | None = None
    words: Text | None = None


class ConditionLine(BaseModel):
    """`words` are for those who work on the case; an auditor reads the codes."""

    model_config = example(
        {
            "condition": {
                "id": "condition_5r7t1y6z4x8k2m9q0w3e",
                "case_id": CASE_ID,
                "review_id": "review_2m9q0w3e5r7t1y6z4x8k",
                "code": "source_of_funds",
                "owner": "staff_csm",
                "days": 30,
                "proposed_by": "staff_reviewer",
                "state": "open",
                "task_id": "task_5r7t1y6z4x8k2m9q0w3e",
                "due": MOMENT,
                "closed_by": None,
                "closed_story": None,
                "reason": None,
            },
            "words": "Statements of the last three months",
        }
    )

    condition: ConditionRow
    words: str | None


class ConditionList(BaseModel):
    conditions: list[ConditionLine]


class Search(Strict):
    state: ConditionState = ConditionState.OPEN
    case: IdText | None = None


class Meeting(Strict):
    model_config = asked({"reason": "statements_seen"})

    reason: Code


class Extending(Strict):
    """`days` are calendar days from now, on the case's own clock."""

    model_config = asked({"days": 14, "reason": "bank_is_slow"})

    days: int = Field(ge=1, le=365)
    reason: Code


class OwnerUnknown(Invalid):
    """A condition is owned by a member of staff, by id."""

    code = "owner_unknown"


class AnothersCondition(Forbidden):
    """This condition is for its owner or a reviewer to close."""

    code = "condition_of_another"


@router.get("", response_model=ConditionList, responses=errors(), summary="Conditions, the first due first")
async def list_conditions(door: TheDoor, caller: Reader, search: Annotated[Search, Query()]) -> ConditionList:
    """Proposed ones belong to a voice that nobody reads before the decision, so they are never listed."""
    opens = not {*CASEWORK, *REVIEW}.isdisjoint(caller.roles)
    async with door.database.session() as session:
        rows = await conditions.conditions(session, search.case, state=search.state)
        return ConditionList(
            conditions=[
                ConditionLine(condition=row, words=await _words(door, row) if opens else None)
                for row in rows
                if row.state is not ConditionState.PROPOSED
            ]
        )


@router.post(
    "/{condition_id}/fulfilment",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Say that a condition is met; its task is done with it",
)
async def meet_condition(
    request: Request, door: TheDoor, caller: Settler, once: OnceOnly, condition_id: Id, said: Meeting
) -> Response:
    async with door.database.session() as session:
        row = await conditions.condition(session, condition_id)
        task = await tasks.task(session, row.task_id) if row.task_id else None
    if task and task.owner != caller.id and set(REVIEW).isdisjoint(caller.roles):
        await note_refusal(door, request, caller.id, AnothersCondition.code)
        raise AnothersCondition
    async with door.database.session() as session:
        story = (await cases.case(session, row.case_id)).clock.story(datetime.now(UTC))
        await conditions.close(session, condition_id, reason=said.reason, by=caller.id, story=story)
        if task:
            await tasks.close_task(session, task.id, resolution=said.reason, story=story)
        await door.journal.write(
            session, row.case_id, actor=caller.id, what="condition_met", reason=said.reason, story=story,
            key=f"met:{condition_id}", detail={"condition": condition_id, "code": row.code},
        )  # fmt: skip
        return await once.keep(session, Told(status="taken"))


@router.post(
    "/{condition_id}/extension",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Give more time for a condition; not by whoever owes it",
)
async def extend_condition(
    request: Request, door: TheDoor, caller: Reviewer, once: OnceOnly, condition_id: Id, said: Extending
) -> Response:
    async with door.database.session() as session:
        row = await conditions.condition(session, condition_id)
        case = await cases.case(session, row.case_id)
        calendar = calendar_of(await cases.client_of(session, door.vault, row.case_id))
    if caller.id in (row.owner, case.owner, case.started_by):
        await note_refusal(door, request, caller.id, NOT_INDEPENDENT)
        raise refused(NOT_INDEPENDENT)
    story = case.clock.story(datetime.now(UTC))
    due = calendar.roll(story + timedelta(days=said.days))
    async with door.database.session() as session:
        await conditions.extend(session, condition_id, due)
        await wake(session, row.case_id, f"{condition_id}:{once.message_id}")
        if row.task_id:
            await tasks.set_task_due(session, row.task_id, due)
        await door.journal.write(
            session, row.case_id, actor=caller.id, what="condition_extended", reason=said.reason, story=story,
            key=f"extended:{condition_id}:{once.message_id}",
            detail={"condition": condition_id, "due": due.effective.isoformat()},
        )  # fmt: skip
        return await once.keep(session, Told(status="taken"))


@asynccontextmanager
async def proposed(
    door: Door, review: ReviewRow, actor: str, said: Sequence[Condition], message_id: str
) -> AsyncIterator[list[str]]:
    """The ids of the conditions of a voice, kept before the voice is told and taken back when it is refused."""
    new = [await _new(door, review, actor, one, f"{message_id}:{n}") for n, one in enumerate(said)]
    async with door.database.session() as session:
        await conditions.propose(session, door.vault, new)
    ids = [one.id for one in new]
    try:
        yield ids
    except OnboardingError as refusal:
        if ids and not refusal.retryable:
            async with door.database.session() as session:
                await conditions.take_back(session, ids)
        raise


async def _new(door: Door, review: ReviewRow, actor: str, said: Condition, key: str) -> NewCondition:
    async with door.database.session() as session:
        known = {member.id for member in await staff.members(session)}
        owner = said.owner or (await cases.case(session, review.case_id)).owner
    if said.owner and said.owner not in known:
        raise OwnerUnknown
    return NewCondition(
        id=f"condition_{door.mac('condition', key)[:20]}", case_id=review.case_id, review_id=review.id,
        code=said.code, owner=owner, days=said.days, words=said.words, proposed_by=actor,
    )  # fmt: skip


async def _words(door: Door, row: ConditionRow) -> str | None:
    try:
        async with door.database.session() as session:
            return await conditions.words(session, door.vault, row.id)
    except (Gone, NotFound):
        return None
