"""Sources of watch lists at the door: how fresh they are, and letting in a version that loses much."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access import PolicyMaker, Reader, TheDoor
from api.problems import POSTED, errors
from api.repeats import OnceOnly
from api.views import IdText, asked, example
from onboarding.case import Strict
from onboarding.errors import NotFound
from records import lists
from records.lists import SourceRow

router = APIRouter(prefix="/lists", tags=["lists"])


class NoHeldVersion(NotFound):
    """No source holds a version of this id."""

    code = "no_held_version"


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
                }
            ]
        }
    )

    sources: list[SourceRow]


class LetIn(Strict):
    model_config = asked({"version": "9f2c51aa0b3d4e5f60718293a4b5c6d7"})

    version: IdText


class Released(BaseModel):
    """Who has let it in by now. It comes in force with the next refreshing after the second person."""

    model_config = example({"released_by": ["staff_reviewer", "staff_senior"], "missing": 0})

    released_by: list[str]
    missing: int = Field(ge=0)


@router.get("", response_model=Sources, responses=errors(), summary="How fresh the lists are")
async def list_sources(door: TheDoor, caller: Reader) -> Sources:
    async with door.database.session() as session:
        return Sources(sources=await lists.sources(session))


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
        return await once.keep(session, Released(released_by=people, missing=max(0, 2 - len(people))))
