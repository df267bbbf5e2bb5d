"""A door on a real database, with an engine that keeps a list of what happened, and the people who knock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from activities import planning
from activities.contract import Party
from api.app import create_app
from api.door import Door
from api.story import Engine, NotRunning, Story
from onboarding.case import Role
from onboarding.messages import Message, Receipt, Signer
from records import cases, staff, steps
from records.cases import CaseRow
from records.codec import KeyRing
from records.database import Database
from records.documents import Documents
from records.effects import Effects
from records.idempotency import Idempotency
from records.journal import Journal
from records.links import Links
from records.objects import Bucket

PLAYBOOKS = Path(__file__).parents[2] / "workflows" / "playbooks"
UI = "http://127.0.0.1:8233"
KEY = bytes(range(32))
RING = KeyRing("k1", {"k1": KEY})


@dataclass
class FakeEngine:
    """Starts a run once for its id; answers updates, or raises what stands in `failures` first."""

    runs: list[str] = field(default_factory=list)
    heard: list[tuple[str, Message]] = field(default_factory=list)
    signalled: list[tuple[str, Message]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    not_running: set[str] = field(default_factory=set)
    status: str = "taken"
    trials: list[tuple[str, str, BaseModel]] = field(default_factory=list)
    triggered: list[str] = field(default_factory=list)

    async def start(self, case: CaseRow) -> None:
        self._fail()
        if case.id not in self.runs:
            self.runs.append(case.id)

    async def run(self, workflow: str, workflow_id: str, order: BaseModel) -> None:
        self._fail()
        self.trials.append((workflow, workflow_id, order))

    async def trigger(self, schedule: str) -> None:
        self._fail()
        self.triggered.append(schedule)

    async def update(self, workflow_id: str, message: Message) -> Receipt:
        self._fail()
        self.heard.append((workflow_id, message))
        return Receipt(status=self.status, message=message.id)

    async def signal(self, workflow_id: str, message: Message) -> None:
        self._fail()
        if workflow_id in self.not_running:
            raise NotRunning
        self.signalled.append((workflow_id, message))

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


_fits: type[Engine] = FakeEngine


SIGNER = Signer("door", Ed25519PrivateKey.from_private_bytes(KEY))


def a_door(database: Database, journal: Journal, engine: Engine, bucket: Bucket, signer: Signer = SIGNER) -> Door:
    return Door(
        database=database,
        journal=journal,
        effects=Effects(database, journal),
        documents=Documents(database, bucket, journal),
        links=Links(KEY),
        idempotency=Idempotency(database, KEY, patience=10.0),
        story=Story(engine, signer, database, journal),
        ring=RING,
        secret=KEY,
        playbooks=PLAYBOOKS,
        provider=Party(name="Aboard", contact="contracts@aboard.example"),
        public_url="http://door.test",
        ui_url=UI,
    )


_built: dict[str, FastAPI] = {}


class Entrance:
    """The application at one door. All doors share its routes: to build them takes a fifth of a second."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app()(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        return self._app().openapi()

    def _app(self) -> FastAPI:
        if self._door.ui_url not in _built:
            _built[self._door.ui_url] = create_app(self._door)
        app = _built[self._door.ui_url]
        app.state.door = self._door
        return app


class Caller:
    """One member of staff at the door. `post` gives each call its own Idempotency-Key unless it is told one."""

    def __init__(self, app: Entrance, staff_id: str, token: str) -> None:
        self.id = staff_id
        self.token = token
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://door.test",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        self._count = 0

    async def get(self, path: str, **params: object) -> httpx2.Response:
        return await self.http.get(f"/api/v1{path}", params=params)

    async def post(self, path: str, body: object = None, key: str | None = None) -> httpx2.Response:
        self._count += 1
        headers = {"Idempotency-Key": key or f"{self.id}-{self._count}"}
        return await self.http.post(f"/api/v1{path}", json=body, headers=headers)


class Staff:
    """Makes callers by role."""

    def __init__(self, door: Door) -> None:
        self.app = Entrance(door)
        self._door = door

    async def who_is(self, *roles: Role) -> Caller:
        async with self._door.database.session() as session:
            staff_id, token = await staff.create(session, name="A colleague", email="c@aboard.example", roles=roles)
        return Caller(self.app, staff_id, token)

    def nobody(self) -> Caller:
        return Caller(self.app, "nobody", "")


def a_person(**changes: object) -> dict[str, object]:
    person = {"name": "Zephyrine Quillfeather", "birth_date": "1971-08-23", "email": "zephyrine@quillfeather.example"}
    return {
        "kind": "person",
        "country": "SE",
        "language": "en",
        "timezone": "Europe/Stockholm",
        "person": person,
        **changes,
    }


def a_company(**changes: object) -> dict[str, object]:
    owner = {"person": {"name": "Balthasar Nimbusson", "birth_date": "1966-02-27"}, "share": "51%"}
    return a_person(kind="company", company={"name": "Nimbus AB", "country": "SE", "owners": [owner], **changes})


def a_request(**changes: object) -> dict[str, object]:
    return {"playbook": "saas", "client": a_person(), **changes}


async def started(door: Door, case_id: str) -> None:
    """What the plan activity says once the run is there."""
    async with door.database.session() as session:
        await cases.mark_started(session, case_id)


async def planned(door: Door, case_id: str, opened: Iterable[str] = ()) -> None:
    """What the plan activity stores, with these steps open."""
    async with door.database.session() as session:
        case = await cases.case(session, case_id)
        client = await cases.client_of(session, door.vault, case_id)
        plan = planning.resolve(planning.load(PLAYBOOKS, case.playbook), case, client, case.clock)
        await cases.set_plan(session, case_id, plan)
        await steps.save_steps(session, case_id, plan.steps)
        for key in opened:
            await steps.open_step(session, case_id, key, case.created)
        await cases.mark_started(session, case_id)
