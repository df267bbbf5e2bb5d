"""One screening as it was made: who was asked for, against which lists, how old, what was found and not covered."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from activities import policies
from activities.trials import LIST_HITS
from api.access import Reviewer, TheDoor
from api.problems import ABOUT_ONE, errors
from api.views import CASE_ID, Id, example
from kyc.screening import Hit, Screening, Subject
from kyc.screening.afterwards import Suggestion, suggest
from kyc.screening.replay import Past
from records import cases, openings, signals
from records.signals import SignalState

router = APIRouter(tags=["reviews"])


class ScreeningFile(BaseModel):
    """`asked` and what came of it; `records` are the listed entries of the hits as the publisher gave them, `allowed`
    the hits that an allowance covers. All of it is None where the screening could not be begun: `held` says why."""

    model_config = example(
        {
            "id": "screening_2m9q0w3e5r7t1y6z4x8k",
            "case_id": CASE_ID,
            "party": "person",
            "held": "list_missing",
            "now": None,
            "asked": None,
            "screening": None,
            "records": {},
            "allowed": {},
        }
    )

    id: str
    case_id: str
    party: str
    held: str | None
    now: datetime | None
    asked: Subject | None
    screening: Screening | None
    records: dict[str, dict[str, object]]
    allowed: dict[str, str]


@router.get(
    "/screenings/{screening_id}",
    response_model=ScreeningFile,
    responses=errors(*ABOUT_ONE),
    summary="One screening, with near misses and what was not covered",
)
async def show_screening(door: TheDoor, caller: Reviewer, screening_id: Id) -> ScreeningFile:
    async with door.database.session() as session:
        row = await signals.screening(session, screening_id)
        evidence = await signals.screening_evidence(session, door.vault, screening_id)
        if evidence is not None:
            await openings.opened(session, row.case_id, caller.id, "screening", [screening_id])
    past = Past.model_validate(evidence) if evidence is not None else None
    return ScreeningFile(
        id=row.id,
        case_id=row.case_id,
        party=row.party,
        held=row.held,
        now=past.now if past else None,
        asked=past.asked if past else None,
        screening=past.screening if past else None,
        records=past.records if past else {},
        allowed=past.allowed if past else {},
    )


class Suggestions(BaseModel):
    """The open list hits in the order in which to look at them. Empty unless the policy in force has triage on; a
    suggestion is no verdict."""

    model_config = example({"triage": False, "suggestions": []})

    triage: bool
    suggestions: list[Suggestion]


@router.get(
    "/cases/{case_id}/suggestions",
    response_model=Suggestions,
    responses=errors(*ABOUT_ONE),
    summary="In which order to look at open hits, where triage is on",
)
async def suggest_order(door: TheDoor, caller: Reviewer, case_id: Id) -> Suggestions:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        policy = await policies.screening(session)
        found = []
        for row in await signals.signals(session, case_id, SignalState.OPEN):
            shown = await signals.evidence(session, door.vault, row.id) if row.kind in LIST_HITS else None
            if shown:
                shown.pop("words", None)  # the explanation as text stands beside the hit
                found.append((row.id, Hit.model_validate(shown)))
    return Suggestions(triage=policy.triage, suggestions=suggest(found, policy))
