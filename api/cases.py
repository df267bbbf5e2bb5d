"""Cases: start them, find them, show where they stand, and steer them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Caseworker, Onlooker, Reader, TheDoor
from api.admission import admit, categorised, owner_of
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import InOneGo
from api.tasks import is_shown
from api.views import (
    CASE_ID,
    CASE_LINE,
    CaseFile,
    CaseLine,
    ClientLine,
    Cursor,
    Id,
    IdText,
    Limit,
    Links,
    StepLine,
    TimelineLine,
    WaitLine,
    example,
)
from onboarding.case import Band, CaseStatus, Client, Code, Holder, Role, Strict, new_id
from onboarding.errors import Gone, NotFound, Unavailable
from onboarding.plan import Plan
from records import cases, effects, steps, tasks
from records.cases import CaseRow, Filter, NewCase
from records.staff import StaffRow
from records.steps import StepRow

router = APIRouter(prefix="/cases", tags=["cases"])

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/-]{1,64}$")]
TIMELINE = 500  # entries; the journal itself is read in pages


class OpenCase(Strict):
    """Who is taken aboard, by which playbook. `reference` is the CRM's own id: opaque and unique."""

    client: Client
    playbook: Code
    owner: IdText | None = Field(default=None, description="customer-success manager; the first one when none is named")
    reference: Reference | None = None
    speed: float = Field(default=1.0, ge=1.0, le=1_000_000.0, description="story seconds in a real one; 1 in life")


class Opened(BaseModel):
    model_config = example({"case": CASE_ID, "links": {"case": f"/api/v1/cases/{CASE_ID}", "run": "http://…"}})

    case: str
    links: Links


class Search(Strict):
    """Which cases, in pages; what is left out does not matter. `waiting_on`: who has to act next."""

    status: CaseStatus | None = None
    band: Band | None = None
    playbook: Code | None = None
    owner: IdText | None = None
    reference: Reference | None = None
    waiting_on: Holder | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class CasePage(BaseModel):
    """`next` is the cursor of the following page; None on the last."""

    model_config = example({"cases": [CASE_LINE], "next": None})

    cases: list[CaseLine]
    next: str | None


class Undoing(BaseModel):
    """One deed that a withdrawal would take back; `found` is False when it was intended and may not be there."""

    effect: str
    kind: str
    step: str
    undo: str
    found: bool


class Preview(BaseModel):
    """What a withdrawal would undo, in order; `stays` counts the deeds that cannot be taken back, such as mails."""

    model_config = example(
        {
            "undo": [
                {
                    "effect": "account:case",
                    "kind": "account",
                    "step": "account",
                    "undo": "deactivate_and_delete_account",
                    "found": True,
                }
            ],
            "stays": {"mail": 4},
        }
    )

    undo: list[Undoing]
    stays: dict[str, int]


_PERSON = {
    "summary": "A person",
    "value": {
        "playbook": "saas",
        "reference": "crm-1042",
        "client": {
            "kind": "person",
            "country": "SE",
            "language": "en",
            "timezone": "Europe/Stockholm",
            "person": {"name": "Sample Person", "birth_date": "1980-04-01", "email": "sample@client.example"},
        },
    },
}
_COMPANY = {
    "summary": "A company with its owners",
    "value": {
        "playbook": "financial-services",
        "client": {
            "kind": "company",
            "country": "ES",
            "language": "es",
            "timezone": "Europe/Madrid",
            "person": {"name": "Sample Contact", "email": "contact@client.example"},
            "company": {
                "name": "Example Bakery SL",
                "country": "ES",
                "owners": [{"person": {"name": "Sample Owner", "birth_date": "1971-02-03"}, "share": "51%"}],
            },
        },
    },
}


@router.post(
    "",
    status_code=202,
    response_model=Opened,
    responses=errors(*POSTED),
    summary="Start an onboarding",
    description="The client is stored, encrypted; the story is started at once, or by the sweep if it cannot be.",
)
async def open_case(
    door: TheDoor,
    caller: Caseworker,
    request: InOneGo,
    new: Annotated[OpenCase, Body(openapi_examples={"person": _PERSON, "company": _COMPANY})],
) -> Response:
    admit(door, new.client, new.playbook)
    new = new.model_copy(update={"client": categorised(door, new.client, new.playbook)})
    case_id = new_id("case")
    async with request.at_once(Opened(case=case_id, links=_links(door, case_id)), 202) as going:
        stored = await _stored(going.session, new, caller)
        case = await cases.open_case(going.session, door.journal, stored, case_id, at=going.at)
    await start(door, case)
    return going.answer


async def start(door: Door, case: CaseRow) -> None:
    """Starts the story of a stored case; where it cannot be reached the sweep will."""
    try:
        await door.story.start(case)
    except Unavailable:
        return


@router.get("", response_model=CasePage, responses=errors(), summary="Find cases, the newest first")
async def list_cases(door: TheDoor, caller: Onlooker, search: Annotated[Search, Query()]) -> CasePage:
    which = Filter(**search.model_dump(exclude={"cursor", "limit"}))
    async with door.database.session() as session:
        page = await cases.cases(session, which, search.cursor, search.limit)
    return CasePage(cases=[CaseLine.of(row) for row in page.rows], next=page.next)


@router.get(
    "/{case_id}",
    response_model=CaseFile,
    responses=errors(*ABOUT_ONE),
    summary="Where a case stands: plan, tasks, waits, timeline",
)
async def show_case(door: TheDoor, caller: Onlooker, case_id: Id) -> CaseFile:
    async with door.database.session() as session:
        return await _file(session, door, await cases.case(session, case_id), caller)


@router.get(
    "/{case_id}/withdrawal",
    response_model=Preview,
    responses=errors(*ABOUT_ONE),
    summary="What a withdrawal would undo",
)
async def preview_withdrawal(door: TheDoor, caller: Reader, case_id: Id) -> Preview:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        plan = await effects.undo_plan(session, case_id)
        ledger = await effects.of_case(session, case_id)
    undo = [Undoing(effect=u.key, kind=u.kind, step=u.step, undo=u.undo, found=u.receipt_id is not None) for u in plan]
    return Preview(undo=undo, stays=Counter(row.kind for row in ledger if row.undo is None))


async def _stored(session: AsyncSession, new: OpenCase, caller: StaffRow) -> NewCase:
    owner = new.owner and await owner_of(session, new.owner)
    return NewCase(**new.model_dump(exclude={"owner", "client"}), client=new.client, owner=owner, started_by=caller.id)


def _links(door: Door, case_id: str) -> Links:
    return Links(case=f"{door.public_url}/api/v1/cases/{case_id}", run=door.run_url(case_id))


async def _file(session: AsyncSession, door: Door, case: CaseRow, caller: StaffRow) -> CaseFile:
    plan = await _plan(session, case.id)
    waits = [WaitLine.of(row, case) for row in await steps.waits(session, [case.id])]
    entries = await door.journal.read(session, case.id, limit=TIMELINE)
    return CaseFile(
        case=CaseLine.of(case),
        client=await _client(session, door, case.id) if set(caller.roles) - {Role.ENGINEER} else None,
        playbook_version=plan and plan.version,
        plan_hash=plan and plan.hash,
        story_now=case.clock.story(datetime.now(UTC)),
        steps=_steps(plan, await steps.steps(session, case.id)) if plan else [],
        tasks=[row for row in await tasks.tasks(session, case_id=case.id, state="open") if is_shown(row, caller)],
        waits=waits,
        next_wake_up=min((wait.wakes_real for wait in waits), default=None),
        timeline=[TimelineLine.model_validate(entry) for entry in entries],
        links=_links(door, case.id),
    )


async def _plan(session: AsyncSession, case_id: str) -> Plan | None:
    """None before the story has resolved the playbook."""
    try:
        return await cases.plan(session, case_id)
    except NotFound:
        return None


def _steps(plan: Plan, rows: Sequence[StepRow]) -> list[StepLine]:
    planned = {p.step.key: p for p in plan.steps}
    return [
        StepLine(
            **row.model_dump(exclude={"position"}),
            title=planned[row.key].step.title,
            ours=planned[row.key].step.ours,
            after=planned[row.key].step.after,
            planned=planned[row.key].state == "planned",
        )
        for row in rows
    ]


async def _client(session: AsyncSession, door: Door, case_id: str) -> ClientLine | None:
    """None once the profile has been erased."""
    try:
        client = await cases.client_of(session, door.vault, case_id)
    except Gone:
        return None
    return ClientLine(
        name=client.name,
        contact=client.person.name,
        **client.model_dump(include={"kind", "country", "language", "timezone"}),
    )
