"""Guides: material to read, each piece acknowledged by the client, with progress."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.portal.access import Visit, Visiting
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key
from api.views import asked, example
from onboarding.case import Code, Strict
from onboarding.errors import NotFound
from onboarding.plan import Step
from records import cases, surveys
from records.rows import Row
from records.surveys import GuideRow

router = APIRouter()


class GuideView(Row):
    id: str
    title: str
    link: str
    read: datetime | None


class MaterialView(Row):
    """The guides of one step. `choice` names what is asked besides; it is needed with the last guide."""

    model_config = example(
        {
            "step": "explain",
            "title": "What you get",
            "guides": [
                {"id": "features", "title": "Features", "link": "/portal/guides/explain/features", "read": None}
            ],
            "read": 0,
            "choice": None,
            "chosen": None,
        }
    )

    step: str
    title: str
    guides: list[GuideView]
    read: int
    choice: str | None
    chosen: str | None


class Reading(Strict):
    model_config = asked({"choice": "yes"})

    choice: Literal["yes", "no"] | None = None


class Acknowledged(Row):
    model_config = example({"guide": "features", "status": "taken"})

    guide: str
    status: str


@router.get("/guides")
async def guides(visit: Visiting) -> list[MaterialView]:
    """What there is to read, by step."""
    return await materials(visit)


@router.post("/guides/{step}/{guide}/reading", response_model=Acknowledged, responses=errors(*POSTED, *ABOUT_ONE))
async def reading(step: Code, guide: Code, body: Reading, visit: Visiting, key: Key) -> Response:
    """The client has read it, and says yes or no where the step asks for a choice."""
    return await acknowledge(visit, step, guide, body, key)


async def materials(visit: Visit) -> list[MaterialView]:
    async with visit.door.database.session() as session:
        plan = await cases.plan(session, visit.case.id)
        rows = await surveys.guidance(session, visit.case.id)
    found = [_material(visit, planned.step, rows) for planned in plan.steps if planned.step.guide]
    return [material for material in found if material.guides]


async def material(visit: Visit, step: str) -> MaterialView:
    found = next((one for one in await materials(visit) if one.step == step), None)
    if found is None:
        raise NotFound(code="guide_not_found")
    return found


async def acknowledge(visit: Visit, step: str, guide: str, body: Reading, key: str) -> Response:
    async def work(message_id: str) -> Acknowledged:
        async with visit.door.database.session() as session:
            await _published(session, visit, step, guide)
        receipt = await visit.tell(step, "acknowledge", {"resource": guide, "choice": body.choice}, message_id)
        return Acknowledged(guide=guide, status=receipt.status)

    return await visit.once(f"acknowledge {step} {guide}", key, body, work)


async def _published(session: AsyncSession, visit: Visit, step: str, guide: str) -> None:
    if guide not in {row.guide for row in await surveys.guidance(session, visit.case.id, step)}:
        raise NotFound(code="guide_not_found")


def _material(visit: Visit, step: Step, rows: list[GuideRow]) -> MaterialView:
    assert step.guide
    known = {resource.id: resource for resource in step.guide.resources}
    mine = [row for row in rows if row.step == step.key and row.guide in known]
    views = [
        GuideView(
            id=row.guide,
            title=known[row.guide].title.get(visit.language, known[row.guide].title["en"]),
            link=known[row.guide].link,
            read=row.read_story,
        )
        for row in mine
    ]
    return MaterialView(
        step=step.key, title=step.name.get(visit.language, step.title), guides=views,
        read=sum(view.read is not None for view in views), choice=step.guide.choice,
        chosen=next((row.choice for row in reversed(mine) if row.choice), None),
    )  # fmt: skip
