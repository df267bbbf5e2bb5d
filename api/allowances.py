"""Allowances: list entries that two people know not to be this client, for a time and as long as nothing changes."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from activities import allowing
from api.access import Reviewer, ReviewReader, TheDoor
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.refusals import refused
from api.repeats import OnceOnly
from api.views import CASE_ID, Id, asked, example
from kyc.screening.replay import Past
from onboarding.case import Code, Strict
from records import allowances, basis, cases, signals
from records.allowances import AllowanceRow, AllowanceState
from records.cases import CaseRow
from records.sealing import client_id_of

router = APIRouter(tags=["reviews"])


class Proposal(Strict):
    """`reason` is one of those for which a hit is cleared; `expires` is within a year, in the time of the case."""

    model_config = asked({"reason": "birth_date_differs", "expires": "2026-12-31T00:00:00Z"})

    reason: Code
    expires: AwareDatetime


class Revoking(Strict):
    model_config = asked({"reason": "made_in_error"})

    reason: Code


class Allowance(BaseModel):
    """`entry` is the list's own id. `ended_reason` says what ended it: a change, its expiry, a person."""

    model_config = example(
        {
            "id": "allowance_2m9q0w3e5r7t1y6z4x8k",
            "case_id": CASE_ID,
            "signal_id": "signal_7t1y6z4x8k2m9q0w3e5r",
            "party": "person",
            "entry": "ofac-sdn:900001",
            "reason": "birth_date_differs",
            "state": "in_force",
            "proposed_by": "staff_reviewer",
            "approved_by": "staff_senior",
            "ended_reason": None,
            "expires_story": "2026-12-31T00:00:00Z",
            "at": "2026-03-05T10:02:11Z",
        }
    )

    id: str
    case_id: str
    signal_id: str
    party: str
    entry: str
    reason: str
    state: AllowanceState
    proposed_by: str
    approved_by: str | None
    ended_reason: str | None
    expires_story: datetime
    at: datetime


class PassedOver(BaseModel):
    """A hit of the last screening that raised no signal, and the allowance that covers it."""

    party: str
    entry: str
    score: float
    strength: float
    allowance: str


class Allowances(BaseModel):
    model_config = example(
        {
            "allowances": [],
            "passed_over": [
                {
                    "party": "person",
                    "entry": "ofac-sdn:900001",
                    "score": 0.91,
                    "strength": 0.36,
                    "allowance": "allowance_2m9q0w3e5r7t1y6z4x8k",
                }
            ],
        }
    )

    allowances: list[Allowance]
    passed_over: list[PassedOver]


@router.get(
    "/cases/{case_id}/allowances",
    response_model=Allowances,
    responses=errors(*ABOUT_ONE),
    summary="The client's allowances, and the hits that they cover",
)
async def list_allowances(door: TheDoor, caller: ReviewReader, case_id: Id) -> Allowances:
    async with door.database.session() as session:
        known = await allowances.of_client(session, await client_id_of(session, case_id))
        screened = await basis.last_screenings(session, door.vault, case_id)
    pasts = [Past.model_validate(row.evidence) for row in screened if row.evidence]
    return Allowances(
        allowances=[Allowance.model_validate(row) for row in known],
        passed_over=[one for past in pasts for one in _passed_over(past)],
    )


@router.post(
    "/signals/{signal_id}/allowance",
    status_code=201,
    response_model=Allowance,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Propose to pass over a cleared hit from now on",
)
async def propose_allowance(door: TheDoor, caller: Reviewer, once: OnceOnly, signal_id: Id, said: Proposal) -> Response:
    async with door.database.session() as session:
        signal = await signals.signal(session, signal_id)
        story = await _independent(session, signal.case_id, caller.id)
        made = await allowing.propose(
            session, door.journal, signal, reason=said.reason, expires=said.expires, actor=caller.id, story=story
        )
        row = await allowances.allowance(session, made)
        await _write(session, door, row, caller.id, "allowance_proposed", row.reason, story)
        return await once.keep(session, Allowance.model_validate(row), 201)


@router.post(
    "/allowances/{allowance_id}/approval",
    response_model=Allowance,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Approve what somebody else proposed",
)
async def approve_allowance(door: TheDoor, caller: Reviewer, once: OnceOnly, allowance_id: Id) -> Response:
    async with door.database.session() as session:
        story = await _independent(session, (await allowances.allowance(session, allowance_id)).case_id, caller.id)
        row = await allowances.approve(session, allowance_id, caller.id)
        await _write(session, door, row, caller.id, "allowance_in_force", row.reason, story)
        return await once.keep(session, Allowance.model_validate(row))


@router.post(
    "/allowances/{allowance_id}/revocation",
    response_model=Allowance,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Take it back: the hit is a signal at the next screening",
)
async def revoke_allowance(
    door: TheDoor, caller: Reviewer, once: OnceOnly, allowance_id: Id, said: Revoking
) -> Response:
    async with door.database.session() as session:
        row = await allowances.end(session, allowance_id, AllowanceState.REVOKED, said.reason)
        story = _story(await cases.case(session, row.case_id))
        await _write(session, door, row, caller.id, "allowance_revoked", said.reason, story)
        return await once.keep(session, Allowance.model_validate(row))


async def _independent(session: AsyncSession, case_id: str, actor: str) -> datetime:
    """The story time, for somebody who neither started the case nor owns the relationship."""
    case = await cases.case(session, case_id)
    if actor in (case.started_by, case.owner):
        raise refused("reviewer_is_not_independent")
    return _story(case)


def _story(case: CaseRow) -> datetime:
    return case.clock.story(datetime.now(UTC))


def _passed_over(past: Past) -> list[PassedOver]:
    return [
        PassedOver(
            party=past.asked.id, entry=hit.entry, score=hit.score, strength=hit.strength,
            allowance=past.allowed[hit.entry],
        )
        for hit in past.screening.hits
        if hit.entry in past.allowed
    ]  # fmt: skip


async def _write(
    session: AsyncSession, door: Door, row: AllowanceRow, actor: str, what: str, reason: str, story: datetime
) -> None:
    await door.journal.write(
        session, row.case_id, actor=actor, what=what, reason=reason, story=story, key=f"allowance:{row.id}:{what}",
        detail={"entry": row.entry, "party": row.party},
    )  # fmt: skip
