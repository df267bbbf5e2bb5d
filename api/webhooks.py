"""Vendors at the door: a webhook that its vendor signed is stored first, then told to the story; the sweep makes sure.

The same event again changes nothing, so vendors may repeat what they send. The answer never says what an event was
about.
"""

import logging
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from activities.seams import VendorWord, Webhook
from api.access import TheDoor
from api.door import Door
from api.problems import ABOUT_ONE, POSTED, errors
from api.views import Id, example
from onboarding.errors import NotFound, OnboardingError
from records import identity_checks, inbox

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
log = logging.getLogger(__name__)

TOLD = "vendor_event"  # the signal that carries an event to its step


_SAMPLE = {
    "payload": {
        "resource_type": "workflow_run",
        "action": "workflow_run.completed",
        "object": {"id": "0f1e2d3c-4b5a-4968-8776-655443322110", "status": "approved"},
    }
}


class VendorUnknown(NotFound):
    """No vendor of this name may send webhooks here."""

    code = "vendor_unknown"


class Taken(BaseModel):
    """`taken` also for an event that was here before, and for one that does not concern us."""

    model_config = example({"status": "taken"})

    status: Literal["taken"] = "taken"


@router.post(
    "/{vendor}",
    response_model=Taken,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="An event that a vendor has signed",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "examples": {"event": {"value": _SAMPLE}},
                }
            },
        }
    },
)
async def receive(door: TheDoor, request: Request, vendor: Id) -> Taken:
    word = _reader(door, vendor).read(request.headers, await request.body())
    if word and await _store(door, vendor, word):
        await _tell(door, vendor, word)
    return Taken()


def _reader(door: Door, vendor: str) -> Webhook:
    if vendor not in door.webhooks:
        raise VendorUnknown
    return door.webhooks[vendor]


async def _store(door: Door, vendor: str, word: VendorWord) -> bool:
    """Whether this is news about one of our checks."""
    async with door.database.session() as session:
        check = await identity_checks.of_vendor(session, vendor, word.inquiry)
        if check is None:
            return False
        return await inbox.receive(
            session, door.vault, vendor=vendor, event=word.event, case_id=check.case_id, step=check.step, kind=TOLD,
            payload={"reference": check.id, "what": word.what},
        )  # fmt: skip


async def _tell(door: Door, vendor: str, word: VendorWord) -> None:
    """It is stored: whatever goes wrong from here on, the sweep mends."""
    async with door.database.session() as session:
        event = await inbox.event_of(session, vendor, word.event)
    try:
        heard = await door.story.deliver(event)
    except OnboardingError as error:
        log.warning("an event for %s waits for the sweep: %s", event.case_id, error.reason)
        return
    if heard:
        async with door.database.session() as session:
            await inbox.offered(session, vendor, word.event)
