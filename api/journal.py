"""The journal of a case: read, exported, proved; and the ledger of what was done outside."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.access import Auditor, JournalReader, LedgerReader, TheDoor
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import OnceOnly
from api.views import CASE_ID, Id, Limit, example
from onboarding.case import Strict
from records import cases, effects
from records.effects import EffectRow
from records.journal import EntryRow

router = APIRouter(prefix="/cases/{case_id}", tags=["journal"])


class Entries(BaseModel):
    """`next` is the number to go on after; None on the last page."""

    model_config = example(
        {
            "entries": [
                {
                    "case_id": CASE_ID,
                    "seq": 1,
                    "actor": "staff_desk",
                    "what": "case_opened",
                    "reason": None,
                    "effect": None,
                    "story": "2026-03-02T08:59:12Z",
                    "at": "2026-03-02T08:59:12Z",
                    "detail": None,
                    "erased": False,
                    "hash": "0f3a",
                }
            ],
            "next": None,
        }
    )

    entries: list[EntryRow]
    next: int | None


class FaultLine(BaseModel):
    seq: int
    code: str


class Proof(BaseModel):
    """Whether every entry stands where it stood, unchanged and signed."""

    model_config = example({"intact": True, "entries": 42, "faults": []})

    intact: bool
    entries: int
    faults: list[FaultLine]


class Ledger(BaseModel):
    model_config = example(
        {
            "effects": [
                {
                    "key": "account:case",
                    "kind": "account",
                    "case_id": CASE_ID,
                    "step": "account",
                    "actor": "aboard",
                    "story": "2026-03-12T09:00:00Z",
                    "state": "done",
                    "attempts": 1,
                    "error": None,
                    "detail": {},
                    "undo": "deactivate_and_delete_account",
                    "undo_args": {},
                    "receipt_id": "user-1",
                    "receipt": {},
                    "intended": "2026-03-02T09:01:00Z",
                    "settled": "2026-03-02T09:01:01Z",
                }
            ]
        }
    )

    effects: list[EffectRow]


class After(Strict):
    after: int = Field(default=0, ge=0, le=2**31 - 1, description="the number of the last entry that was read")
    limit: Limit = 100


@router.get("/journal", response_model=Entries, responses=errors(*ABOUT_ONE), summary="Entries in order, opened")
async def read_journal(door: TheDoor, caller: JournalReader, case_id: Id, page: Annotated[After, Query()]) -> Entries:
    async with door.database.session() as session:
        entries = await door.journal.read(session, case_id, page.after, page.limit)
    return Entries(entries=entries, next=entries[-1].seq if len(entries) == page.limit else None)


@router.get(
    "/journal/export",
    response_class=StreamingResponse,
    responses={**errors(*ABOUT_ONE), 200: {"content": {"application/jsonl": {}}, "description": "JSON Lines"}},
    summary="The whole chain, to be proved without us",
)
async def export_journal(door: TheDoor, caller: Auditor, case_id: Id) -> StreamingResponse:
    async with door.database.session() as session:
        await cases.case(session, case_id)
    headers = {"Content-Disposition": f'attachment; filename="{case_id}.jsonl"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(door, case_id), media_type="application/jsonl", headers=headers)


async def _lines(door: Door, case_id: str) -> AsyncIterator[str]:
    async with door.database.session() as session:
        async for line in door.journal.export(session, case_id):
            yield line


@router.post(
    "/journal/verification",
    response_model=Proof,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Prove the chain",
)
async def verify_journal(door: TheDoor, caller: Auditor, once: OnceOnly, case_id: Id) -> Response:
    async with door.database.session() as session:
        faults = [FaultLine(seq=fault.seq, code=fault.code) for fault in await door.journal.verify(session, case_id)]
        entries = (await cases.case(session, case_id)).journal_length
        return await once.keep(session, Proof(intact=not faults, entries=entries, faults=faults))


@router.get(
    "/effects",
    response_model=Ledger,
    responses=errors(*ABOUT_ONE),
    summary="What was done outside, with receipts",
    tags=["effects"],
)
async def list_effects(door: TheDoor, caller: LedgerReader, case_id: Id) -> Ledger:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        return Ledger(effects=await effects.of_case(session, case_id))
