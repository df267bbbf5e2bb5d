"""Sources of watch lists at the door: how fresh they are, and letting in a version that loses much."""

import logging

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access import PolicyMaker, Reader, TheDoor
from api.door import Door
from api.problems import POSTED, errors
from api.repeats import OnceOnly
from api.views import IdText, asked, example
from onboarding.case import Strict
from onboarding.errors import NotFound, OnboardingError
from records import lists
from records.lists import SourceRow

PEOPLE = 2  # who must let a version in that loses much
log = logging.getLogger(__name__)
router = APIRouter(prefix="/lists", tags=["lists"])


class NoHeldVersion(NotFound):
    """No source holds a version of this id."""

    code = "no_held_version"


class Source(SourceRow):
    """A source, and how far what it holds is from coming in force."""

    released_by: list[str] = Field(description="who has let the held version in")
    missing: int = Field(ge=0, description="how many more must; 0 beside `held`: the next refreshing puts it in force")

    @classmethod
    def of(cls, row: SourceRow, people: list[str]) -> "Source":
        return cls(**row.model_dump(), released_by=people, missing=max(0, PEOPLE - len(people)) if row.held else 0)


class Sources(BaseModel):
    """Every source that was ever asked. `held` waits for two people, `swept` is what clients were compared with."""

    model_config = example(
        {
            "sources": [
                {
                    "name": "un",
                    "marks": {},
                    "asked": "2026-03-02T09:00:00Z",
                    "answered": "2026-03-02T09:00:00Z",
                    "version": "9f2c51aa",
                    "held": None,
                    "failed_since": None,
                    "reason": None,
                    "alerted": None,
                    "swept": "9f2c51aa",
                    "released_by": [],
                    "missing": 0,
                }
            ]
        }
    )

    sources: list[Source]


class LetIn(Strict):
    model_config = asked({"version": "9f2c51aa0b3d4e5f60718293a4b5c6d7"})

    version: IdText


class Released(BaseModel):
    """Who has let it in by now. With the second person the sources are asked at once, and it comes in force; where
    nobody can order that just now, it does with the next refreshing."""

    model_config = example({"released_by": ["staff_reviewer", "staff_senior"], "missing": 0})

    released_by: list[str]
    missing: int = Field(ge=0)


@router.get("", response_model=Sources, responses=errors(), summary="How fresh the lists are")
async def list_sources(door: TheDoor, caller: Reader) -> Sources:
    async with door.database.session() as session:
        rows = await lists.sources(session)
        people = [await lists.released_by(session, row.held) if row.held else [] for row in rows]
        return Sources(sources=[Source.of(*each) for each in zip(rows, people, strict=True)])


@router.post(
    "/releases",
    response_model=Released,
    responses=errors(*POSTED, NotFound),
    summary="Let in a version that loses more than a tenth",
)
async def release_list(door: TheDoor, caller: PolicyMaker, once: OnceOnly, which: LetIn) -> Response:
    async with door.database.session() as session:
        if which.version not in {source.held for source in await lists.sources(session)}:
            raise NoHeldVersion
        people = await lists.release(session, which.version, caller.id)
        missing = max(0, PEOPLE - len(people))
        answer = await once.keep(session, Released(released_by=people, missing=missing))
    if not missing:
        await _take_effect(door)
    return answer


async def _take_effect(door: Door) -> None:
    """Once the release is stored: the worker alone writes the versions, and reads there who let one in."""
    try:
        await door.story.refresh_lists()
    except OnboardingError as error:
        log.warning("a released list waits for the next refreshing: %s", error.reason)
