"""A whole Aboard for tests that hurt it, and the people of the demo, who act in it through the public API alone."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from temporalio.client import Client as Engine

from onboarding.case import Band, CaseStatus
from onboarding.clock import Clock
from onboarding.errors import OnboardingError
from onboarding.settings import Ports, Settings
from records.database import Database
from run.caller import Json, NotReached, Refused
from run.demo.client import Client
from run.demo.desk import Staff
from run.demo.parts import DAY, PARTS, Part, requests
from run.demo.play import lay_out_lists
from run.demo.post import Post
from run.demo.troupe import MEMBERS, engage
from run.house import engine
from run.local import supervisor
from run.local.programs import ours
from run.local.stack import Stack, _env
from tests.faults.worker import FOLDER

PERSON = Part("sample-withdraws", "a person of low risk", CaseStatus.COMPLETED, Band.LOW)
HOLDER = replace(PARTS[0], reads_twice=False, pauses=None)
_LOOK = 0.2


class Mortals(Stack):
    """The local stack, with the worker that can be told to die."""

    def __init__(self, home: Path, ports: Ports) -> None:
        super().__init__(home, ports)
        (home / FOLDER).mkdir()
        self.parts["worker"] = replace(self.parts["worker"], command=ours("tests.faults.worker"))
        self.supervisor = supervisor.Supervisor(list(self.parts.values()), home / "logs", print, _env(self.settings))


class Steadfast(Client):
    """A client who comes back when the page does not answer."""

    async def _take(self, mail: Json) -> None:
        try:
            await super()._take(mail)
        except (NotReached, Refused) as error:
            if not _outage(error):
                raise
            self._done.clear()
            self._box.put_nowait(mail)
            await asyncio.sleep(1)


class Case:
    """One onboarding under way, and those who take part in it."""

    def __init__(self, client: Client, address: str, staff: Staff, post: Post, engine: Engine) -> None:
        self.client, self.address, self.staff, self.post, self.engine = client, address, staff, post, engine
        self.id = client.case
        self.people: list[asyncio.Task[None]] = []

    async def file(self) -> Json:
        told: Json = await self.staff.as_("engineer").get(f"/cases/{self.id}")
        return told

    async def do(self, what: str, **body: str) -> Json:
        return await self.staff.as_("desk").post(f"/cases/{self.id}/{what}", dict(body))

    async def effects(self) -> list[Json]:
        return [row async for row in self.staff.as_("auditor").rows(f"/cases/{self.id}/effects", limit=200)]

    async def until(self, what: str, seen: Callable[[Json], bool], seconds: float = 60) -> Json:
        """The case's file, once it shows what is waited for."""
        file: Json = {}
        try:
            async with asyncio.timeout(seconds):
                while not file or not seen(file):
                    self.no_one_stumbled()
                    await asyncio.sleep(_LOOK)
                    file = await self.file()
        except TimeoutError:
            raise AssertionError(f"not seen within {seconds} s: {what}\n{_summary(file)}") from None
        return file

    def no_one_stumbled(self) -> None:
        """Raises what made one of the people give up."""
        for person in self.people:
            if person.done():
                person.result()

    async def until_step(self, key: str, *states: str, seconds: float = 60) -> Json:
        return await self.until(f"{key} {states}", lambda file: step(file, key)["state"] in states, seconds)

    async def until_ended(self, seconds: float = 120) -> Json:
        """Until the case is over and its last mail is sent."""
        file = await self.until("the end", lambda file: file["case"]["ended_story"] is not None, seconds)
        await self.engine.get_workflow_handle(f"onboarding-{self.id}").result()
        return file

    async def mails(self) -> list[Json]:
        await self.post.collect()
        return [mail for mail in self.post.mails if self.address in mail["to"]]


class Theatre:
    """`async with theatre.case(PERSON, seconds=1.0) as case`: everybody acts until the block ends."""

    def __init__(self, stack: Mortals, tokens: dict[str, str], engine: Engine, database: Database) -> None:
        self.stack, self.tokens, self.engine, self.database = stack, tokens, engine, database
        self.settings: Settings = stack.settings

    @asynccontextmanager
    async def case(self, part: Part, seconds: float, *, idle: bool = False) -> AsyncIterator[Case]:
        """`seconds` is how long a day lasts; with `idle` nobody but the test acts."""
        async with AsyncExitStack() as stack:
            staff = await stack.enter_async_context(Staff(self.settings.public_url, self.tokens))
            post = Post(self.settings.mail.inbox_url)
            stack.push_async_callback(post.close)
            await post.skip_old()
            case = await self._open(part, seconds, staff, post)
            stack.push_async_callback(case.client.leave)
            with acting([] if idle else _lives(case)) as case.people:
                yield case
                case.no_one_stumbled()

    async def _open(self, part: Part, seconds: float, staff: Staff, post: Post) -> Case:
        speed, body = DAY / seconds, requests(secrets.token_hex(3))[part.reference]
        address = body["client"]["person"]["email"]
        opened = await staff.as_("desk").post("/cases", {**body, "owner": MEMBERS["csm"].id, "speed": speed})
        file = await staff.as_("desk").get(f"/cases/{opened['case']}")
        clock = Clock(origin=datetime.fromisoformat(file["case"]["created"]), speed=speed)
        client = Steadfast(part, address, opened["case"], clock, self.settings.public_url, post, staff)
        staff.parts[opened["case"]] = part
        staff.on_call = lambda case: client.back.set()
        return Case(client, address, staff, post, self.engine)

    def tell_to_die(self, kind: str) -> None:
        (self.settings.home / FOLDER / f"kill-{kind}").touch()

    def died_of(self) -> set[str]:
        return {file.name.removeprefix("killed-") for file in (self.settings.home / FOLDER).glob("killed-*")}

    @asynccontextmanager
    async def outage(self, part: str, seconds: float) -> AsyncIterator[None]:
        """This server is down while the block runs, and for so long at least."""
        await self.stack.supervisor.take_away(part)
        try:
            yield
            await asyncio.sleep(seconds)
        finally:
            await self.stack.supervisor.bring_back(part)


@asynccontextmanager
async def opened(home: Path, ports: Ports) -> AsyncIterator[Theatre]:
    supervisor._BACKOFF = (0.1, 0.3)  # it is the tests that kill, not a fault that would come back at once
    lay_out_lists(home)
    async with Mortals(home, ports) as stack:
        await stack.start()
        tokens = await engage(stack.settings)
        database = Database(stack.settings.database.url.get_secret_value())
        yield Theatre(stack, tokens, await engine(stack.settings), database)
        await database.dispose()


def step(file: Json, key: str) -> Json:
    """A step of the case; before the plan is made there is none."""
    return next((row for row in file["steps"] if row["key"] == key), {"state": "unplanned"})


def _lives(case: Case) -> list[Coroutine[object, object, None]]:
    staff = case.staff
    again = [staff.settle_tasks, lambda: staff.review("reviewer"), lambda: staff.review("second")]
    return [case.post.deliver(), case.client.live(), *(_whatever_comes(life) for life in again)]


async def _whatever_comes(life: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await life()
        except OnboardingError as error:
            if not _outage(error):
                raise
            await asyncio.sleep(0.5)


def _outage(error: OnboardingError) -> bool:
    return isinstance(error, NotReached) or (isinstance(error, Refused) and error.answered >= 500)


@contextmanager
def acting(lives: list[Coroutine[object, object, None]]) -> Iterator[list["asyncio.Task[None]"]]:
    people = [asyncio.create_task(life) for life in lives]
    try:
        yield people
    finally:
        for person in people:
            person.cancel()


def _summary(file: Json) -> str:
    if not file:
        return "(nothing was seen)"
    shown = {name: file[name] for name in ("case", "tasks", "waits")}
    states = {row["key"]: row["state"] for row in file["steps"]}
    return json.dumps({**shown, "steps": states, "timeline": file["timeline"][-12:]}, indent=1, default=str)
