"""Suspicion reports, for the officer for suspicions alone: for everybody else there is nothing here, so that nobody can
learn from an answer whether a client is suspected. Left out of the published schema; docs/decisions/suspicion.md."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.access import Bearer, TheDoor, who
from api.door import Door
from api.repeats import Key, Once, doing_once
from api.views import Id
from onboarding.case import Code, Role, Strict
from onboarding.errors import Unauthenticated
from records import cases
from records.staff import StaffRow
from records.suspicions import Filing, RegisterRow, ReportRow, Suspicion, Suspicions, SuspicionState

router = APIRouter(prefix="/suspicion-reports", include_in_schema=False)

_NOTHING = HTTPException(404)  # as for a path that there is not


class Raised(BaseModel):
    report: str


class Reports(BaseModel):
    reports: list[ReportRow]


class Register(BaseModel):
    """The chain over all reports, and whether every entry stands where it stood, unchanged and signed."""

    entries: list[RegisterRow]
    intact: bool


class Closing(Strict):
    """`filed` names the authority and its reference; `not_filed` says by its reason why not."""

    outcome: Literal["filed", "not_filed"]
    reason: Code
    authority: str = Field(default="", max_length=200)
    reference: str = Field(default="", max_length=200)
    narrative: str = Field(default="", max_length=20_000)


async def _officer(door: TheDoor, credentials: Bearer) -> StaffRow:
    """Whoever else knocks is told that there is nothing, and no journal says that they knocked."""
    try:
        caller = await who(door, credentials.credentials) if credentials else None
    except Unauthenticated:
        caller = None
    if caller is None or Role.MLRO not in caller.roles:
        raise _NOTHING
    return caller


Officer = Annotated[StaffRow, Depends(_officer)]


async def _once(request: Request, door: TheDoor, caller: Officer, key: Key) -> AsyncIterator[Once]:
    """The scope is the officer alone: no row of the repeats tells which way a request went."""
    async with doing_once(door, caller.id, f"{request.url.path} {key}", await request.body()) as once:
        yield once


OnceOnly = Annotated[Once, Depends(_once)]


def _register(door: Door) -> Suspicions:
    if door.suspicions is None:
        raise _NOTHING
    return door.suspicions


@router.post("", response_model=Raised)
async def raise_suspicion(door: TheDoor, caller: Officer, once: OnceOnly, said: Suspicion) -> Response:
    report_id = f"suspicion_{door.mac('suspicion', once.message_id)[:20]}"
    async with door.database.session() as session:
        await cases.case(session, said.case)
        await _register(door).raise_(session, said, caller.id, datetime.now(UTC), report_id)
        return await once.keep(session, Raised(report=report_id))


@router.get("", response_model=Reports)
async def list_suspicions(door: TheDoor, caller: Officer, case: str | None = None) -> Reports:
    async with door.database.session() as session:
        rows = await _register(door).reports(session)
    return Reports(reports=[row for row in rows if case is None or (row.suspicion and row.suspicion.case == case)])


@router.get("/register", response_model=Register)
async def read_register(door: TheDoor, caller: Officer) -> Register:
    async with door.database.session() as session:
        faults = await _register(door).verify(session)
        return Register(entries=await _register(door).register(session), intact=not faults)


@router.get("/{report_id}", response_model=ReportRow)
async def show_suspicion(door: TheDoor, caller: Officer, report_id: Id) -> ReportRow:
    async with door.database.session() as session:
        return await _register(door).report(session, report_id)


@router.post("/{report_id}/closing", response_model=ReportRow)
async def close_suspicion(door: TheDoor, caller: Officer, once: OnceOnly, report_id: Id, said: Closing) -> Response:
    filing = Filing(**said.model_dump(exclude={"outcome"}), outcome=SuspicionState(said.outcome))
    async with door.database.session() as session:
        await _register(door).close(session, report_id, filing, caller.id, datetime.now(UTC))
        return await once.keep(session, await _register(door).report(session, report_id))
