"""The application: the staff API, the client portal and the codec endpoint in front of records and the story."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from api import (
    allowances,
    cases,
    check_ins,
    codec,
    conditions,
    documents,
    evidence,
    journal,
    lists,
    meetings,
    monitoring,
    overrides,
    playbooks,
    policies,
    problems,
    repeats,
    reviews,
    screenings,
    steering,
    suspicions,
    tasks,
    webhooks,
)
from api.access import TheDoor
from api.door import Door
from api.limits import BodyLimit
from api.portal import router as portal
from api.portal.quiet import mask_tokens
from api.sweep import sweeping

ABOUT = """Client onboarding from the deal to day 90.

Sign in with a bearer token. Every POST needs an `Idempotency-Key`: the same key and body give the same answer.
Every error is problem+json (RFC 9457); act on its `code`."""


ROOMS = (
    cases,
    steering,
    documents,
    evidence,
    reviews,
    monitoring,
    lists,
    overrides,
    allowances,
    screenings,
    policies,
    conditions,
    suspicions,
    tasks,
    meetings,
    check_ins,
    journal,
    playbooks,
)


def create_app(door: Door) -> FastAPI:
    app = FastAPI(title="Aboard", version="1", description=ABOUT, lifespan=_lifespan)
    app.state.door = door
    mask_tokens()
    problems.install(app)
    repeats.install(app)
    staff = APIRouter(prefix="/api/v1")
    for room in ROOMS:
        staff.include_router(room.router)
    staff.include_router(webhooks.router)
    app.include_router(staff)
    app.include_router(portal)
    app.include_router(codec.router)
    app.add_api_route("/healthz", healthy, tags=["health"], summary="Are the parts behind the door there?")
    app.add_middleware(BodyLimit)
    app.add_middleware(codec.UiMayAsk, ui_url=door.ui_url)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with sweeping(app.state.door):
        yield


async def healthy(door: TheDoor) -> dict[str, str]:
    await door.database.ping()
    return {"status": "ok"}
