"""Tasks of staff: what is to be done, by whom and until when, and how it was settled."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Reader, Settler, TheDoor, note_refusal
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.refusals import refused
from api.repeats import Once, OnceOnly
from api.story import CASE
from api.views import CASE_ID, MOMENT, Id, IdText, Told, asked, example
from onboarding.case import Code, Holder, Role, StepState, Strict
from onboarding.errors import Conflict, Forbidden, NotFound
from records import cases, steps, tasks
from records.staff import StaffRow
from records.tasks import TaskRow

router = APIRouter(prefix="/tasks", tags=["tasks"])


class AnothersTask(Forbidden):
    """This task is for its owner, or for somebody with the role that it asks for."""

    code = "task_of_another_role"


class NotForStaff(Conflict):
    """This task is not settled by staff: whoever holds it has to act."""

    code = "task_not_for_staff"


class TaskList(BaseModel):
    model_config = example(
        {
            "tasks": [
                {
                    "id": "task_5r7t1y6z4x8k2m9q0w3e",
                    "case_id": CASE_ID,
                    "step": "collect",
                    "key": "client_silent",
                    "code": "client_silent",
                    "role": "csm",
                    "owner": "staff_csm",
                    "holder": "staff",
                    "state": "open",
                    "due": MOMENT,
                    "opened_story": MOMENT["effective"],
                    "closed_story": None,
                    "resolution": None,
                    "resources": {},
                    "exit_criterion": "client_answers",
                }
            ]
        }
    )

    tasks: list[TaskRow]


class Search(Strict):
    """`mine`: those that the caller owns, or that ask for one of the caller's roles and have no owner."""

    state: Literal["open", "done", "cancelled"] | None = "open"
    case: IdText | None = None
    owner: IdText | None = None
    holder: Holder | None = None
    mine: bool = False


class Settled(Strict):
    """`resolution` is a code; `lapse` gives the case up where that is possible."""

    model_config = asked({"resolution": "client_reached"})

    resolution: Code


@router.get("", response_model=TaskList, responses=errors(), summary="Find tasks, the first due first")
async def list_tasks(door: TheDoor, caller: Reader, search: Annotated[Search, Query()]) -> TaskList:
    async with door.database.session() as session:
        rows = await tasks.tasks(
            session, case_id=search.case, state=search.state, owner=search.owner, holder=search.holder
        )
    shown = [row for row in rows if is_shown(row, caller)]
    return TaskList(tasks=[row for row in shown if not search.mine or _is_for(row, caller)])


@router.post(
    "/{task_id}/resolution",
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Say how a task was settled",
)
async def resolve_task(
    request: Request, door: TheDoor, caller: Settler, once: OnceOnly, task_id: Id, how: Settled
) -> Response:
    async with door.database.session() as session:
        task = await tasks.task(session, task_id)
        outlived = await _outlives_its_step(session, task)
    if not _is_for(task, caller) and Role.ADMIN not in caller.roles:
        await note_refusal(door, request, caller.id, AnothersTask.code)
        raise AnothersTask
    if task.code in _HEARD_OTHERWISE:
        raise NotForStaff
    if outlived:
        return await _settle_here(door, once, task, how.resolution, caller.id)
    if task.holder is not Holder.STAFF:
        raise NotForStaff
    evidence = {"task": task_id, "resolution": how.resolution}
    receipt = await door.story.tell(task.case_id, task.step, "resolve_task", caller.id, {**evidence}, once.message_id)
    return await once.answer(Told.by(receipt))


_HEARD_OTHERWISE = {
    "record_meeting",
    "record_outcome",
    "condition",
    "review",
}  # settled by saying how it went, in its own place


def is_shown(task: TaskRow, caller: StaffRow) -> bool:
    """What is asked of the officer for suspicions is for the eyes of compliance alone."""
    compliance = {Role.MLRO, Role.REVIEWER, Role.SENIOR, Role.AUDITOR}
    return task.role != Role.MLRO or not compliance.isdisjoint(caller.roles)


def _is_for(task: TaskRow, caller: StaffRow) -> bool:
    return task.owner == caller.id or task.role in {role.value for role in caller.roles}


async def _outlives_its_step(session: AsyncSession, task: TaskRow) -> bool:
    """A task that was left to people when its step was over, such as an undoing that failed."""
    if task.step == CASE:
        return True
    try:
        return (await steps.step(session, task.case_id, task.step)).state is not StepState.OPEN
    except NotFound:
        return True


async def _settle_here(door: Door, once: Once, task: TaskRow, resolution: str, actor: str) -> Response:
    async with door.database.session() as session:
        story = (await cases.case(session, task.case_id)).clock.story(datetime.now(UTC))
        if not await tasks.close_task(session, task.id, resolution=resolution, story=story):
            raise refused("task_not_open")
        await door.journal.write(
            session,
            task.case_id,
            actor=actor,
            what="task_settled",
            reason=resolution,
            story=story,
            key=f"settled:{task.id}",
            detail={"task": task.id, "code": task.code},
        )
        return await once.keep(session, Told(status="taken"))
