"""The client's own page: one next step, how far they are, what we do now, and whom to ask.

Words stay neutral: how a review stands, or why a case has ended, is never said here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import things, words
from api.portal.access import Visit, Visiting
from api.portal.asked import ItemView, items_of
from api.portal.words import knows, say
from api.views import example
from onboarding.case import CaseStatus, Holder, StepState
from onboarding.errors import NotFound
from onboarding.plan import Plan
from records import cases, meetings, staff, steps, tasks
from records.rows import Row
from records.staff import StaffRow
from records.steps import StepRow
from records.tasks import TaskRow

_MINUTES = {
    "collect": 8,
    "more_information": 5,
    "sign": 4,
    "read": 5,
    "choose_slot": 1,
    "answer_survey": 2,
    "identity_check": 3,
}
_COLLECTING = ("collect", "more_information")


class TaskView(Row):
    """One thing that waits for the client: `page` is where it is done, `due` in words of the client's zone."""

    id: str
    code: str
    step: str
    title: str
    why: str
    minutes: int
    due: datetime | None
    due_words: str | None
    page: str
    subject: str | None


class StageView(Row):
    key: str
    name: str
    state: Literal["done", "now", "to_come"]


class Contact(Row):
    name: str
    email: str


class Home(Row):
    """`next` is the one thing to do; None when it is our turn, or when all is done. `now` says what we are doing."""

    model_config = example(
        {
            "case": "case_2m9q0w3e5r7t1y6z4x8k",
            "name": "Sample Person",
            "language": "en",
            "timezone": "Europe/Stockholm",
            "status": "running",
            "next": None,
            "tasks": [],
            "now": "We are checking what you sent.",
            "step": 2,
            "steps": 13,
            "progress": "Step 2 of 13",
            "stages": [{"key": "verify", "name": "Checks", "state": "now"}],
            "items": [],
            "contact": {"name": "Ana Owner", "email": "ana@aboard.example"},
        }
    )

    case: str
    name: str
    language: str
    timezone: str
    status: Literal["running", "paused", "completed", "ended"]
    next: TaskView | None
    tasks: list[TaskView]
    now: str
    step: int
    steps: int
    progress: str
    stages: list[StageView]
    items: list[ItemView]
    contact: Contact


async def home(visit: Visiting) -> Home:
    """The client's page."""
    return await home_of(visit)


async def home_of(visit: Visit) -> Home:
    async with visit.door.database.session() as session:
        plan = await _plan(session, visit)
        rows = await steps.steps(session, visit.case.id)
        held = await tasks.tasks(session, case_id=visit.case.id, state="open", holder=Holder.CLIENT)
        doing = [await _task(session, visit, task) for task in held]
        items = await items_of(session, visit) if plan else []
        contact = await contact_of(session, visit.case.owner)
    stages = _stages(plan, rows, visit.language)
    done, count = sum(stage.state == "done" for stage in stages), len(stages)
    ours = None if visit.case.status.ended else (doing[0] if doing else None)
    return Home(
        case=visit.case.id, name=visit.client.person.name, language=visit.language, timezone=visit.client.timezone,
        status=_status(visit.case.status), next=ours, tasks=[] if visit.case.status.ended else doing,
        now=_now(visit, rows, doing), step=min(done + 1, count), steps=count,
        progress=say("home.progress", visit.language, step=min(done + 1, count), steps=count),
        stages=stages, items=items, contact=Contact(name=contact.name, email=contact.email),
    )  # fmt: skip


async def contact_of(session: AsyncSession, owner: str) -> StaffRow:
    return await staff.member(session, owner)


async def _plan(session: AsyncSession, visit: Visit) -> Plan | None:
    try:
        return await cases.plan(session, visit.case.id)
    except NotFound:
        return None  # the case was stored a moment ago


def _status(status: CaseStatus) -> Literal["running", "paused", "completed", "ended"]:
    if status in (CaseStatus.PAUSED, CaseStatus.COMPLETED):
        return "paused" if status is CaseStatus.PAUSED else "completed"
    return "ended" if status.ended else "running"


def _stages(plan: Plan | None, rows: Sequence[StepRow], language: str) -> list[StageView]:
    state = {row.key: row for row in rows}
    planned = [one.step for one in plan.steps if one.state == "planned"] if plan else []
    return [
        StageView(key=step.key, name=step.name.get(language, step.title), state=_stage(state.get(step.key)))
        for step in planned
    ]


def _stage(row: StepRow | None) -> Literal["done", "now", "to_come"]:
    if row is None or row.state is StepState.PENDING:
        return "to_come"
    return "now" if row.state is StepState.OPEN else "done"


def _now(visit: Visit, rows: Sequence[StepRow], doing: Sequence[TaskView]) -> str:
    """One sentence; the same for every review, whatever it finds."""
    status = _status(visit.case.status)
    if status != "running":
        return say(f"now.{status}", visit.language)
    if doing:
        return say("now.client", visit.language)
    kind = next((row.kind for row in rows if row.state is StepState.OPEN), "planning")
    return say(f"now.{kind}" if knows(f"now.{kind}") else "now.planning", visit.language)


async def _task(session: AsyncSession, visit: Visit, task: TaskRow) -> TaskView:
    title, why = things.task(task.code, visit.language)
    subject = await _subject(session, visit, task)
    due = task.due.effective if task.due else None
    return TaskView(
        id=task.id, code=task.code, step=task.step, title=title, why=why, minutes=_MINUTES.get(task.code, 5), due=due,
        due_words=words.spoken_time(due, visit.client.timezone, visit.language) if due else None,
        page=_page(task, subject), subject=subject,
    )  # fmt: skip


async def _subject(session: AsyncSession, visit: Visit, task: TaskRow) -> str | None:
    """The id of what the task is about: an agreement, a meeting, a survey."""
    if task.code == "sign":
        return str(task.resources.get("agreement") or "") or None
    if task.code == "answer_survey":
        return str(task.resources.get("survey") or "") or None
    if task.code == "choose_slot":
        offered = await meetings.meetings(session, visit.case.id, task.step)
        return offered[-1].id if offered else None
    return None


def _page(task: TaskRow, subject: str | None) -> str:
    if task.code in _COLLECTING:
        return "/portal/documents"
    if task.code == "identity_check":
        return "/portal/identity-check"
    pages = {"sign": "agreements", "choose_slot": "meetings", "answer_survey": "surveys"}
    if task.code in pages:
        return f"/portal/{pages[task.code]}/{subject}" if subject else "/portal"
    return f"/portal/guides/{task.step}" if task.code == "read" else "/portal"
