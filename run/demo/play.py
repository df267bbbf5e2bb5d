"""The play: six cases are opened, the people do what people do, and at the end everything is looked at."""

import asyncio
import secrets
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from onboarding.clock import Clock
from onboarding.errors import Conflict, OnboardingError
from onboarding.settings import Settings
from onboarding.watching import MONITORING
from run.demo import compliance, files, own_list
from run.demo.checks import Ended, faults, gather
from run.demo.client import Client
from run.demo.compliance import Account
from run.demo.desk import Staff
from run.demo.files import Files
from run.demo.officers import Acts, Officers
from run.demo.papers import SAMPLES
from run.demo.parts import DAY, PARTS, Part, requests
from run.demo.post import Post
from run.demo.privacy import dump, of_the_samples
from run.demo.screen import Screen
from run.demo.troupe import MEMBERS
from run.house import engine

LOOK = 1.0  # seconds between two looks at every case
MOST_DAYS = 190  # of story time; a play that takes longer has come to a stand
SPARE = 90.0  # seconds on top of it
_SEEN = {
    "bank_account": "Payments go to an account in another country since last week.",
    "log_ins": "Somebody signed in from two countries within an hour.",
}


class OtherList(Conflict):
    """The state folder holds another watch list than the demo's: choose another folder with ABOARD_HOME."""

    code = "other_list"


@dataclass
class Outcome:
    """What the play came to: each case at its end, and everything that is not as it should be."""

    ended: list[Ended] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    papers: list[Path] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    acts: Acts = field(default_factory=Acts)
    files: Files | None = None


def lay_out_lists(home: Path) -> None:
    """Puts the sample watch list where workers look for it; another list that lies there is never overwritten."""
    for sample in sorted((SAMPLES / "lists").glob("*.csv")):
        _lay(home / "lists" / sample.name, sample.read_bytes())


def lay_out_own_list(home: Path) -> None:
    """Beside it a list of the house's own, in its first version; no other sources may be named there."""
    _lay(home / "lists" / "sources.yaml", own_list.sources(home).encode())
    own_list.lay_out(home, "first")


def _lay(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.read_bytes() != content:
        raise OtherList
    target.write_bytes(content)


class Play:
    """`seconds` is how long a day lasts in real time."""

    def __init__(self, settings: Settings, tokens: dict[str, str], seconds: float, screen: Screen) -> None:
        self._settings = settings
        self._tokens = tokens
        self._seconds = seconds
        self._screen = screen
        self._clients: dict[str, Client] = {}
        self._reported: set[str] = set()
        self._acts = Acts()

    async def perform(self) -> Outcome:
        """From the first request to the last look. Nothing is raised: what went wrong is in the outcome."""
        outcome, began = Outcome(tokens=self._tokens), datetime.now(UTC)
        async with AsyncExitStack() as stack:
            staff = await stack.enter_async_context(Staff(self._settings.public_url, self._tokens))
            post = Post(self._settings.mail.inbox_url)
            stack.push_async_callback(post.close)
            await post.skip_old()
            staff.on_call = lambda case: self._clients[case].back.set()
            try:
                await self._open_cases(staff, post)
                await self._until_all_ended(staff, post)
            except (OnboardingError, TimeoutError) as error:
                outcome.troubles.append(_told(error))
            outcome.troubles += staff.seen.troubles
            await self._look_back(staff, post, outcome)
            leaks = asyncio.create_task(self._leaks(began))
            if not outcome.troubles:
                await self._give_account(staff, outcome)
            outcome.troubles += await leaks
        return outcome

    async def _open_cases(self, staff: Staff, post: Post) -> None:
        bodies = requests(secrets.token_hex(3))
        for part in PARTS:
            body, speed = bodies[part.reference], DAY / (self._seconds * part.pace)
            opened = await staff.as_("desk").post("/cases", {**body, "owner": MEMBERS["csm"].id, "speed": speed})
            file = await staff.as_("desk").get(f"/cases/{opened['case']}")
            clock = Clock(origin=datetime.fromisoformat(file["case"]["created"]), speed=speed)
            address = body["client"]["person"]["email"]
            client = Client(part, address, opened["case"], clock, self._settings.public_url, post, staff)
            self._clients[client.case], staff.parts[client.case] = client, part

    async def _until_all_ended(self, staff: Staff, post: Post) -> None:
        """Everybody lives at once; the first who stumbles ends the play, and so does its end."""
        lives = [post.deliver(), staff.settle_tasks(), staff.review("reviewer"), staff.review("second")]
        lives += [client.live() for client in self._clients.values()]
        people = [asyncio.create_task(_named(life)) for life in lives]
        officers = Officers(self._settings, staff, self._cases())
        acting, self._acts = asyncio.create_task(_named(officers.work())), officers.acts
        end = asyncio.create_task(self._watch(staff, acting))
        try:
            async with asyncio.timeout(MOST_DAYS * self._seconds + SPARE):
                done, _ = await asyncio.wait([*people, end], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*people, acting, end):
                task.cancel()
            await asyncio.gather(*people, acting, end, return_exceptions=True)

    def _cases(self) -> dict[str, str]:
        """By the reference of their sample."""
        return {client.part.reference: case for case, client in self._clients.items()}

    async def _watch(self, staff: Staff, acting: asyncio.Task[None]) -> None:
        """Shows each case until all have ended, and what compliance does meanwhile has come to its end."""
        running = dict(staff.parts)
        while running:
            for case, part in list(running.items()):
                file = await staff.as_("engineer").get(f"/cases/{case}")
                self._screen.show(part, file)
                if file["case"]["ended_story"] and await self._watched_on(staff, case, part):
                    del running[case]
            await asyncio.sleep(LOOK)
        await acting

    async def _watched_on(self, staff: Staff, case: str, part: Part) -> bool:
        """Whether the monitoring that lives on has answered what was reported, where something is."""
        if not part.anomaly:
            return True
        if case not in self._reported:
            self._reported.add(case)
            body = {"kind": part.anomaly, "seen": _SEEN[part.anomaly]}
            await staff.as_("desk").post(f"/cases/{case}/anomalies", body)
        found = await staff.as_("auditor").get("/reviews", case=case, state="all")
        return any(review["step"] == MONITORING and review["state"] != "open" for review in found["reviews"])

    async def _look_back(self, staff: Staff, post: Post, outcome: Outcome) -> None:
        await asyncio.sleep(LOOK)  # the last mails are under way
        with suppress(OnboardingError):
            await post.collect()
        for case, client in self._clients.items():
            mails = [mail for mail in post.mails if client.address in mail["to"]]
            try:
                ended = await gather(client.part, client, staff, self._settings, mails)
                outcome.troubles += await faults(ended, self._settings)
            except OnboardingError as error:
                outcome.troubles.append(f"{client.part.title}: it cannot be looked at: {_told(error)}")
            else:
                outcome.ended.append(ended)
            outcome.papers += self._keep_papers(case, client)
            await client.leave()

    async def _give_account(self, staff: Staff, outcome: Outcome) -> None:
        """Every decision is scored again, and the files are read."""
        cases, parts = self._cases(), {case: client.part for case, client in self._clients.items()}
        giving = compliance.give(self._settings, parts)
        outcome.account, read = await asyncio.gather(giving, files.read(staff, cases))
        outcome.acts, outcome.files = self._acts, read
        outcome.troubles += outcome.account.troubles
        outcome.troubles += files.faults(read, outcome.acts, outcome.account, cases["sample-withdraws"])

    async def _leaks(self, since: datetime) -> list[str]:
        """What of a client an engineer could read: nothing, as it should be."""
        client = await engine(self._settings)
        return await of_the_samples().search(dump(client, self._settings, since=since, details=False, disk=False))

    def _keep_papers(self, case: str, client: Client) -> list[Path]:
        folder = self._settings.home / "demo"
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = []
        for paper, content in sorted(client.papers.items(), reverse=True):
            kept.append(folder / f"{case}-{paper}.pdf")
            kept[-1].write_bytes(content)
        return kept


async def _named(life: Coroutine[object, object, None]) -> None:
    """Any fault of a person of the play becomes one of ours, so that it is told and not lost."""
    try:
        await life
    except (KeyError, TypeError, ValueError) as error:
        raise OnboardingError(f"{type(error).__name__} in the play: {error}") from error


def _told(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the play came to a stand"
    return f"{error.message} ({error.reason})" if isinstance(error, OnboardingError) else type(error).__name__
