"""Compliance at work while the cases wait: a list changes, a hit is allowed, policies are tried on the past.

Two people do what takes two, through the API; what one person asks is asked with the commands themselves.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio.client import ScheduleOverlapPolicy

from kyc.lists import Store
from kyc.screening import Policy
from onboarding.errors import OnboardingError
from onboarding.settings import Settings
from onboarding.watching import REFRESH_LISTS
from run.caller import Json, Refused
from run.demo import auditor, own_list
from run.demo.auditor import Handed
from run.demo.commands import Given, given
from run.demo.desk import Staff
from run.demo.papers import SAMPLES
from run.house import engine

T = TypeVar("T")

PAUSE = 0.5  # seconds between two looks
PATIENCE = 800  # looks for something that is about to be there
ALLOWED_FOR = timedelta(days=300)  # story time; a year is the most
STRICTER, LAXER = 0.66, 0.98  # thresholds that are tried; 0.70 is in force
_TWO = ("reviewer", "senior")


class NotSeen(OnboardingError):
    """What was waited for did not come."""

    code = "not_seen"


@dataclass
class Acts:
    """What was done, and what each command gave; whoever looks at the end reads it here."""

    held: str = ""
    missing: list[int] = field(default_factory=list)
    allowance: str = ""
    refused: str = ""
    given: dict[str, Given] = field(default_factory=dict)
    handed: Handed | None = None


class Officers:
    """`cases` are those of the play, by the reference of their sample."""

    def __init__(self, settings: Settings, staff: Staff, cases: dict[str, str]) -> None:
        self._settings = settings
        self._staff = staff
        self._cases = cases
        self.acts = Acts()

    async def work(self) -> None:
        """In the quiet weeks before the first check-ins: earlier it would slow down those who sign and are served."""
        await self._until("quiet weeks", self._quiet)
        await self._change_list()
        await self._allow()
        await self._hand_over()
        await self._try_policies()
        await self._ask("ownership")

    async def _quiet(self) -> bool:
        files = [await self._file(reference) for reference in ("sample-silent", "sample-two-owners")]
        return all(step["state"] != "pending" for file in files for step in _steps(file, "check-in-30"))

    # ── a list that loses much, and has somebody new ───────────────────────────────────────────────────────────────
    async def _change_list(self) -> None:
        await self._until("a client who is watched", lambda: self._watched("sample-two-owners"))
        before = Store(self._settings.kyc.lists).current(own_list.NAME)
        if await self._source("version") != before:  # another demo was played in this house
            await self._refresh()
        await self._until("the first version", lambda: self._source("version", before))
        own_list.lay_out(self._settings.home, "second", secrets.token_hex(3))
        await self._refresh()
        self.acts.held = held = await self._until("a list that is held", lambda: self._source("held"))
        await self._ask("sources")
        for member in _TWO:
            answer = await self._staff.as_(member).post("/lists/releases", {"version": held})
            self.acts.missing.append(answer["missing"])
        await self._until("a list that was let in", lambda: self._source("swept", held))
        await asyncio.gather(self._ask("diff", before or "", held), self._ask("lookback", own_list.NEWCOMER))

    async def _refresh(self) -> None:
        """The next round of the schedule, which would come within the hour, now."""
        schedule = (await engine(self._settings)).get_schedule_handle(REFRESH_LISTS)
        await schedule.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)

    async def _watched(self, reference: str) -> bool:
        told = await self._staff.as_("auditor").get(f"/cases/{self._cases[reference]}/monitoring")
        return told["since"] is not None

    async def _source(self, what: str, wanted: str | None = None) -> str | None:
        """What is said of the house's own list, once it is what is wanted."""
        rows = (await self._staff.as_("auditor").get("/lists"))["sources"]
        said: str | None = next((row[what] for row in rows if row["name"] == own_list.NAME), None)
        return said if wanted in (None, said) else None

    # ── a hit that two people know to be somebody else ─────────────────────────────────────────────────────────────
    async def _allow(self) -> None:
        case, reviewer = self._cases["sample-near-name"], self._staff.as_("reviewer")
        signal = await self._until("a cleared hit", lambda: self._cleared(case))
        story = datetime.fromisoformat((await reviewer.get(f"/cases/{case}"))["story_now"])
        said = {"reason": "birth_date_differs", "expires": (story + ALLOWED_FOR).isoformat()}
        proposed = await reviewer.post(f"/signals/{signal}/allowance", said)
        approved = await self._staff.as_("senior").post(f"/allowances/{proposed['id']}/approval")
        self.acts.allowance = approved["state"]

    async def _cleared(self, case: str) -> str | None:
        reviewer = self._staff.as_("reviewer")
        for review in (await reviewer.get("/reviews", case=case, state="all"))["reviews"]:
            if review["state"] != "open":
                file = await reviewer.get(f"/reviews/{review['id']}")
                return next((one["signal"]["id"] for one in file["signals"] if _is_cleared_hit(one["signal"])), None)
        return None

    # ── policies on the past ───────────────────────────────────────────────────────────────────────────────────────
    async def _try_policies(self) -> None:
        await self._until("a client who withdrew", lambda: self._over("sample-withdraws"))
        for threshold in (STRICTER, LAXER):
            hash_ = await self._proposed(threshold)
            await self._ask(f"backtest {threshold}", hash_)
        try:
            await self._staff.as_("senior").post(f"/policies/{hash_}/activation")
        except Refused as refused:
            self.acts.refused = refused.reason

    async def _over(self, reference: str) -> bool:
        return (await self._file(reference))["case"]["ended_story"] is not None

    async def _file(self, reference: str) -> Json:
        file: Json = await self._staff.as_("auditor").get(f"/cases/{self._cases[reference]}")
        return file

    async def _proposed(self, threshold: float) -> str:
        """By one person, approved by two: the policy of the release with another threshold."""
        policy = Policy.read().model_copy(update={"threshold": threshold, "version": 2})
        said = {"kind": "screening", "content": policy.model_dump_json()}
        hash_ = str((await self._staff.as_("reviewer").post("/policies", said))["hash"])
        for member in _TWO:
            await self._staff.as_(member).post(f"/policies/{hash_}/approval")
        return hash_

    async def _hand_over(self) -> None:
        await self._until("a client who was rejected", lambda: self._over("sample-listed"))
        self.acts.handed = await auditor.hand_over(self._settings, self._cases["sample-listed"])

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _ask(self, name: str, *about: str) -> None:
        words = _COMMANDS[name.split()[0]]
        self.acts.given[name] = await given(self._settings.home, *words, *about)

    async def _until(self, what: str, seen: Callable[[], Awaitable[T | None]]) -> T:
        for _ in range(PATIENCE):
            if found := await seen():
                return found
            await asyncio.sleep(PAUSE)
        raise NotSeen(f"nobody saw {what}")


_COMMANDS = {
    "sources": ("lists", "sources"),
    "diff": ("lists", "diff"),
    "lookback": ("kyc", "lookback"),
    "backtest": ("policy", "backtest"),
    "ownership": ("ownership", str((SAMPLES / "ownership.jsonl").relative_to(SAMPLES.parents[1]))),
}


def _steps(file: Json, key: str) -> list[Json]:
    """The step of this key; none before there is a plan, which stands for one that is pending."""
    return [step for step in file["steps"] if step["key"] == key] or [{"state": "pending"}]


def _is_cleared_hit(signal: Json) -> bool:
    return bool(signal["kind"] == "list_hit" and signal["state"] == "cleared")
