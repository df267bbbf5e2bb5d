"""The staff of the demo at work, through the API alone: the desk, the customer-success manager and the reviewers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from run.caller import Caller, Json, Refused
from run.demo.parts import Part

log = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between two looks at the lists of work
RECOVERED = "plan_agreed"  # how the task of a red check-in is settled
PATIENCE = 240  # quarters of a second until something is as it was asked for
_TOO_LATE = {
    "review_not_open", "signal_not_open", "already_decided", "task_not_open", "step_not_open", "case_closed",
    "meeting_not_held_yet", "check_in_not_held_yet",
}  # fmt: skip
_GOOD: Json = {
    "usage": {"active": 8, "seats": 10, "sticky_features": ["reports"]},
    "goal": "on_track",
    "first_value": "yes",
    "blockers": [],
    "sponsor_engaged": True,
}
_BAD: Json = {**_GOOD, "goal": "no", "first_value": "no", "blockers": ["integration"]}


@dataclass
class Seen:
    """What the staff met with: whoever does the checks reads it at the end."""

    troubles: list[str] = field(default_factory=list)
    stepped_in: set[str] = field(default_factory=set)
    previews: dict[str, Json] = field(default_factory=dict)
    bands: list[Json] = field(default_factory=list)
    """The tasks that told of another band."""


class Staff:
    """`parts` are the cases of this demo; others in the same house are left alone."""

    def __init__(self, url: str, tokens: Mapping[str, str]) -> None:
        self.parts: dict[str, Part] = {}
        self.seen = Seen()
        self.on_call: Callable[[str], None] = lambda case: None
        self._url = url
        self._tokens = tokens
        self._handled: set[str] = set()
        self._open = AsyncExitStack()
        self._callers: dict[str, Caller] = {}
        self._settles: dict[str, Callable[[Json], Awaitable[None]]] = {
            "client_silent": self._ring_client,
            "record_meeting": self._record_meeting,
            "record_outcome": self._record_check_in,
            "recovery": self._agree_on_recovery,
            "band_changed": self._note_band,
        }

    async def __aenter__(self) -> "Staff":
        for part, token in self._tokens.items():
            self._callers[part] = await self._open.enter_async_context(Caller(self._url, token))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def as_(self, member: str) -> Caller:
        return self._callers[member]

    # ── what clients ring up for ───────────────────────────────────────────────────────────────────────────────────
    async def pause(self, case: str) -> None:
        await self.as_("desk").post(f"/cases/{case}/pause", {"reason": "client_asked"})
        await self._until(case, "paused")

    async def resume(self, case: str) -> None:
        await self.as_("desk").post(f"/cases/{case}/resume", {"reason": "client_asked"})
        await self._until(case, "running")

    async def withdraw(self, case: str) -> None:
        """What is taken back is looked at first; the event is in it a moment after the meeting was booked."""
        for _ in range(PATIENCE):
            preview = self.seen.previews[case] = await self.as_("desk").get(f"/cases/{case}/withdrawal")
            if any(row["kind"] == "event" for row in preview["undo"]):
                break
            await asyncio.sleep(0.25)
        await self.as_("desk").post(f"/cases/{case}/withdraw", {"reason": "client_asked"})

    async def _until(self, case: str, status: str) -> None:
        for _ in range(PATIENCE):
            if (await self.as_("desk").get(f"/cases/{case}"))["case"]["status"] == status:
                return
            await asyncio.sleep(0.25)
        self.seen.troubles.append(f"{case} did not become {status}")

    # ── the desk and the manager ───────────────────────────────────────────────────────────────────────────────────
    async def settle_tasks(self) -> None:
        """Until it is cancelled."""
        while True:
            async for task in self.as_("csm").rows("/tasks", state="open", holder="staff"):
                if task["case_id"] in self.parts and task["id"] not in self._handled:
                    await self._or_too_late(task["id"], self._settle(task))
            await asyncio.sleep(PAUSE)

    async def _settle(self, task: Json) -> None:
        if settle := self._settles.get(task["code"]):
            await settle(task)
        else:
            self.seen.troubles.append(f"{task['case_id']}: nobody expected the task {task['code']} {task['resources']}")
            self._handled.add(task["id"])

    async def _ring_client(self, task: Json) -> None:
        """The client has been silent to the end of the ladder: they are rung up, and asked anew."""
        await self._resolve(task, "extend")
        self.seen.stepped_in.add(task["case_id"])
        self.on_call(task["case_id"])

    async def _record_meeting(self, task: Json) -> None:
        notes = "We went through the plan together; nothing stands in the way."
        meeting = task["resources"]["meeting"]
        await self.as_("csm").post(f"/meetings/{meeting}/outcome", {"outcome": "held", "notes": notes})

    async def _record_check_in(self, task: Json) -> None:
        check_in = task["resources"]["check_in"]
        bad = self.parts[task["case_id"]].red
        said = _BAD if bad and task["step"] == f"check-in-{bad}" else _GOOD
        await self.as_("csm").post(f"/check-ins/{check_in}/outcome", said)

    async def _agree_on_recovery(self, task: Json) -> None:
        await self._resolve(task, RECOVERED)

    async def _note_band(self, task: Json) -> None:
        await self.as_("desk").post(f"/tasks/{task['id']}/resolution", {"resolution": "noted"})
        self.seen.bands.append(task)

    async def _resolve(self, task: Json, resolution: str) -> None:
        await self.as_("csm").post(f"/tasks/{task['id']}/resolution", {"resolution": resolution})

    # ── the reviewers ──────────────────────────────────────────────────────────────────────────────────────────────
    async def review(self, member: str) -> None:
        """Until it is cancelled. The second reviewer leaves to the first what one person can decide."""
        while True:
            async for review in self.as_(member).rows("/reviews"):
                mine = member == "reviewer" or review["approvals"] > 1
                if review["case_id"] in self.parts and mine:
                    await self._or_too_late(f"{member} {review['id']}", self._judge(member, review))
            await asyncio.sleep(PAUSE)

    async def _judge(self, member: str, review: Json) -> None:
        part, api = self.parts[review["case_id"]], self.as_(member)
        file = await api.get(f"/reviews/{review['id']}")
        for signal in (one["signal"] for one in file["signals"] if one["signal"]["state"] == "open"):
            judged = self._post(api, signal["id"], _verdict(part, signal))
            await self._or_too_late(f"{member} {signal['id']}", judged)
        bad = part.hit == "confirmed"
        said = {"decision": "reject" if bad else "approve", "reason": "outside_our_appetite" if bad else "no_concerns"}
        await api.post(f"/reviews/{review['id']}/decision", said)

    async def _post(self, api: Caller, signal: str, judged: Json) -> None:
        await api.post(f"/signals/{signal}/judgement", judged)

    async def _or_too_late(self, about: str, work: Awaitable[None]) -> None:
        """Done once; a colleague may have been quicker."""
        if about in self._handled:
            work.close()  # type: ignore[attr-defined]
            return
        try:
            await work
        except Refused as refused:
            if refused.reason not in _TOO_LATE:
                raise
            log.info("too late: %s", refused.reason)
        else:
            self._handled.add(about)


def _verdict(part: Part, signal: Json) -> Json:
    """Whoever is no confirmed hit is a namesake, and so is who is said to be behind their company."""
    if signal["kind"] == "anomaly":
        return {"verdict": "cleared", "reason": "explained_by_client"}
    if part.hit == "confirmed":
        return {"verdict": "confirmed", "reason": "same_person"}
    return {"verdict": "cleared", "reason": "birth_date_differs"}
