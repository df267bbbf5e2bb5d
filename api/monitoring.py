"""Monitoring at the door: what is unusual about a client, a hold of commercial contact, the end of the relationship."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from activities import leaving
from api.access import Caseworker, Reader, Reviewer, Settler, TheDoor
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Once, OnceOnly
from api.steering import Because
from api.views import CASE_ID, Id, Told, asked, example
from onboarding.case import Strict
from onboarding.errors import CaseClosed
from onboarding.watching import MONITORING, Ending
from records import cases, holds, signals, watching
from records.holds import Hold
from records.signals import NewSignal
from records.staff import StaffRow
from records.watching import NewStir

router = APIRouter(prefix="/cases/{case_id}", tags=["monitoring"])

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Anomaly(Strict):
    """Something unusual about a client: what sort of thing, and in words what was seen."""

    model_config = asked({"kind": "bank_account", "seen": "Payments go to an account in another country since May."})

    kind: Literal["usage", "log_ins", "bank_account", "address"]
    seen: Words


class Raised(BaseModel):
    """The signal that reviewers will judge."""

    model_config = example({"signal": "signal_5r7t1y6z4x8k2m9q0w3e"})

    signal: str


class Watch(BaseModel):
    """How a client is watched: `since` when changes of lists are told to its Monitoring, `held` whether commercial
    contact stands still, by a hold or by a confirmed hit, and `news` what Monitoring has not recorded yet."""

    model_config = example(
        {"case_id": CASE_ID, "since": "2026-03-02T09:00:00Z", "held": False, "hold": None, "news": []}
    )

    case_id: str
    since: datetime | None
    held: bool
    hold: Hold | None
    news: list[str] = Field(description="causes, the oldest first")


_ASKED = errors(*POSTED, *ABOUT_ONE)


@router.get("/monitoring", response_model=Watch, responses=errors(*ABOUT_ONE), summary="How the client is watched")
async def show_monitoring(door: TheDoor, caller: Reader, case_id: Id) -> Watch:
    async with door.database.session() as session:
        client = (await cases.case(session, case_id)).client_id
        return Watch(
            case_id=case_id, since=await watching.since(session, client), held=await holds.held(session, case_id),
            hold=await holds.standing(session, client), news=await watching.unheard(session, client),
        )  # fmt: skip


@router.post("/anomalies", response_model=Raised, status_code=201, responses=_ASKED, summary="Report something unusual")
async def report_anomaly(door: TheDoor, caller: Settler, once: OnceOnly, case_id: Id, seen: Anomaly) -> Response:
    """Becomes a signal at once, and Monitoring opens a review of it."""
    key = f"anomaly:{once.message_id}"
    async with door.database.session() as session:
        case = await cases.case(session, case_id)
        new = NewSignal(
            case_id=case_id, key=key, round=0, kind="anomaly", code=f"anomaly_{seen.kind}",
            evidence={"seen": seen.seen, "reported_by": caller.id, "reported": datetime.now(UTC).isoformat()},
        )  # fmt: skip
        signal = await signals.add_signal(session, door.vault, new)
        stir = NewStir(client_id=case.client_id, case_id=case_id, cause="anomaly", key=key)
        await watching.stir(session, [stir])
        await door.journal.write(
            session, case_id, actor=caller.id, what="anomaly_reported", reason=seen.kind,
            story=case.clock.story(datetime.now(UTC)), key=key, detail={"signal": signal},
        )  # fmt: skip
        return await once.keep(session, Raised(signal=signal), 201)


@router.post("/hold", response_model=Told, responses=_ASKED, summary="Commercial contact stops")
async def hold_contact(door: TheDoor, caller: Settler, once: OnceOnly, case_id: Id, why: Because) -> Response:
    return await _tell(door, caller, once, case_id, "hold", why)


@router.post("/hold/lift", response_model=Told, responses=_ASKED, summary="Commercial contact goes on")
async def lift_hold(door: TheDoor, caller: Reviewer, once: OnceOnly, case_id: Id, why: Because) -> Response:
    return await _tell(door, caller, once, case_id, "lift", why)


@router.post("/end-relationship", response_model=Told, responses=_ASKED, summary="The client is one no more")
async def end_relationship(door: TheDoor, caller: Caseworker, once: OnceOnly, case_id: Id, why: Because) -> Response:
    """Ends the monitoring and starts the legal clocks, after which the client's data are erased."""
    try:
        return await _tell(door, caller, once, case_id, "end", why)
    except CaseClosed:  # over, and nobody watches this client: there are only the clocks to be started
        await _end_here(door, caller, case_id, why)
        return await once.answer(Told(status="taken"))


async def _end_here(door: Door, caller: StaffRow, case_id: str, why: Because) -> None:
    async with door.database.session() as session:
        case = await cases.case(session, case_id)
        order = Ending(
            case=case_id, step=MONITORING, story=case.clock.story(datetime.now(UTC)), client=case.client_id,
            reason=why.reason, actor=caller.id,
        )  # fmt: skip
        await leaving.end(session, door.journal, order)


async def _tell(door: Door, caller: StaffRow, once: Once, case_id: str, what: str, why: Because) -> Response:
    receipt = await door.story.tell(case_id, MONITORING, what, caller.id, {"reason": why.reason}, once.message_id)
    return await once.answer(Told.by(receipt))
