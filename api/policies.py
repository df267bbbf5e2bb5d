"""Policies of screening and rating: proposed, approved by two people, tried on the past, put in force."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from activities import policies as deeds
from api.access import PolicyMaker, PolicyReader, TheDoor
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import OnceOnly
from api.views import Id, Told, asked, example
from kyc.released import released
from onboarding.case import Strict
from onboarding.watching import BackTest
from records import policies
from records.policies import Kind, PolicyRow
from records.sealing import Content

router = APIRouter(prefix="/policies", tags=["policies"])

_HASH = "223956663a1f1a5f3ad48e56d775a9b9"


class Proposed(Strict):
    """`content`: a screening policy in YAML, or a package of a risk policy as `aboard policy propose` makes it."""

    model_config = asked({"kind": "screening", "content": "name: screening\nversion: 2\n…"})

    kind: Kind
    content: Annotated[str, Field(min_length=1, max_length=500_000)]


class BackTestView(BaseModel):
    """`report` has ids and codes only: what would be gained and lost, which bands would change."""

    against: str
    blocked: bool
    report: Content
    at: datetime


class Policy(BaseModel):
    """`released`: shipped as approved. `proposed_by` is None for such, until somebody proposes it himself."""

    model_config = example(
        {
            "hash": _HASH,
            "kind": "screening",
            "name": "screening",
            "version": "2",
            "proposed_by": "staff_reviewer",
            "approved_by": ["staff_reviewer", "staff_senior"],
            "in_force": False,
            "released": False,
            "at": "2026-03-05T10:02:11Z",
            "back_test": {
                "against": _HASH,
                "blocked": False,
                "report": {"parties": 812, "gained": [], "lost": [], "loses_confirmed": []},
                "at": "2026-03-05T10:05:41Z",
            },
        }
    )

    hash: str
    kind: Kind
    name: str
    version: str
    proposed_by: str | None
    approved_by: list[str]
    in_force: bool
    released: bool
    at: datetime
    back_test: BackTestView | None = None


class Policies(BaseModel):
    model_config = example({"policies": []})

    policies: list[Policy]


class PolicyText(Policy):
    content: str


@router.get("", response_model=Policies, responses=errors(), summary="All that were proposed or used, the newest first")
async def list_policies(door: TheDoor, caller: PolicyReader) -> Policies:
    async with door.database.session() as session:
        return Policies(policies=[await _view(session, row) for row in await policies.policies(session)])


@router.get("/{hash_}", response_model=PolicyText, responses=errors(*ABOUT_ONE), summary="One, with its words")
async def show_policy(door: TheDoor, caller: PolicyReader, hash_: Id) -> PolicyText:
    async with door.database.session() as session:
        row = await policies.policy(session, hash_)
        return PolicyText(**(await _view(session, row)).model_dump(), content=row.content)


@router.post(
    "",
    status_code=201,
    response_model=Policy,
    responses=errors(*POSTED),
    summary="Propose a policy; its hash is what is approved",
)
async def propose_policy(door: TheDoor, caller: PolicyMaker, once: OnceOnly, said: Proposed) -> Response:
    new = deeds.read(said.kind, said.content)
    async with door.database.session() as session:
        await policies.propose(session, door.journal, new, caller.id)
        return await once.keep(session, await _view(session, await policies.policy(session, new.hash)), 201)


@router.post(
    "/{hash_}/approval",
    response_model=Policy,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Approve a hash; two different people must",
)
async def approve_policy(door: TheDoor, caller: PolicyMaker, once: OnceOnly, hash_: Id) -> Response:
    async with door.database.session() as session:
        await policies.approve(session, door.journal, hash_, caller.id)
        return await once.keep(session, await _view(session, await policies.policy(session, hash_)))


@router.post(
    "/{hash_}/backtest",
    status_code=202,
    response_model=Told,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Try it on past inputs; the report is part of the policy later",
)
async def back_test_policy(door: TheDoor, caller: PolicyMaker, once: OnceOnly, hash_: Id) -> Response:
    async with door.database.session() as session:
        await policies.policy(session, hash_)
    await door.story.run("BackTesting", f"backtest-{hash_}", BackTest(policy=hash_))
    return await once.answer(Told(status="taken"), 202)


@router.post(
    "/{hash_}/activation",
    response_model=Policy,
    responses=errors(*POSTED, *ABOUT_ONE),
    summary="Put it in force, once approved and tried",
)
async def activate_policy(door: TheDoor, caller: PolicyMaker, once: OnceOnly, hash_: Id) -> Response:
    async with door.database.session() as session:
        await policies.activate(session, door.journal, hash_, caller.id)
        return await once.keep(session, await _view(session, await policies.policy(session, hash_)))


async def _view(session: AsyncSession, row: PolicyRow) -> Policy:
    tested = await policies.last_back_test(session, row.hash)
    shipped = row.hash in released()
    # what the release ships stays in force until somebody puts another one of its name there
    standing = row.in_force or (shipped and await policies.in_force(session, row.kind, row.name) is None)
    return Policy(
        **row.model_dump(exclude={"content", "in_force"}),
        in_force=standing,
        released=shipped,
        back_test=BackTestView.model_validate(tested, from_attributes=True) if tested else None,
    )
