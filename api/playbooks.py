"""The playbooks that a case can be opened with."""

from fastapi import APIRouter
from pydantic import BaseModel

from activities import planning
from api.access import SignedIn, TheDoor
from api.problems import errors
from api.views import example
from onboarding.plan import Playbook

router = APIRouter(prefix="/playbooks", tags=["playbooks"])


class PlaybookList(BaseModel):
    model_config = example({"playbooks": []})

    playbooks: list[Playbook]


@router.get("", response_model=PlaybookList, responses=errors(), summary="Every playbook in its newest version")
async def list_playbooks(door: TheDoor, caller: SignedIn) -> PlaybookList:
    return PlaybookList(playbooks=[planning.load(door.playbooks, name) for name in planning.names(door.playbooks)])
