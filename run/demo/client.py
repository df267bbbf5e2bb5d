"""A sample client: reads their mail, opens the link, and does on the portal what waits for them, through its API."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from onboarding.clock import Clock
from run.caller import Caller, Json, Refused
from run.demo import page
from run.demo.papers import Said, print_paper, wallet
from run.demo.parts import Part
from run.demo.post import Post, link_in

log = logging.getLogger(__name__)

LEEWAY = timedelta(hours=18)  # story time between choosing a meeting and its start
PATIENCE = 60  # looks at the portal for something that is about to be there
_OVER = {"step_not_open", "case_closed", "agreement_not_open", "meeting_not_open", "survey_closed", "survey_expired"}
_ANSWERS: Json = {
    "ces": 6, "first_value": "yes", "blockers": ["none"], "confidence": 4, "csat": 5, "sticky_features": ["dashboard"],
    "nps": 9, "goal": "on_track", "renew": "yes",
}  # fmt: skip


class Desk(Protocol):
    """Whom a client can ring up."""

    async def pause(self, case: str) -> None: ...

    async def resume(self, case: str) -> None: ...

    async def withdraw(self, case: str) -> None: ...


class Client:
    """`back` is set when staff have stepped in, and a client who fell silent reads mail again."""

    def __init__(self, part: Part, address: str, case: str, clock: Clock, url: str, post: Post, desk: Desk) -> None:
        self.part = part
        self.address = address
        self.case = case
        self.back = asyncio.Event()
        self.kept: list[str] = []
        self.refusals: list[str] = []
        self.papers: dict[str, bytes] = {}
        self._clock = clock
        self._url = url
        self._box = post.box(address)
        self._desk = desk
        self._wallet = wallet(part.reference)
        self._ownership: Said | None = self._wallet.pop("ownership", None)
        self._printed: dict[str, bytes] = {}
        self._handed: dict[str, int] = {}
        self._done: set[str] = set()
        self._portal: Caller | None = None
        self._session = ""
        self._does: dict[str, Callable[[Json], Awaitable[None]]] = {
            "collect": self._hand_in,
            "more_information": self._hand_in,
            "sign": self._sign,
            "choose_slot": self._choose,
            "read": self._read,
        }

    async def live(self) -> None:
        """Until it is cancelled."""
        await asyncio.to_thread(self._print_papers)
        if self.part.silent:
            await self.back.wait()
            while self._box.qsize() > 1:
                self._box.get_nowait()  # of the pile the newest mail is answered
        while True:
            await self._take(await self._box.get())

    def _print_papers(self) -> None:
        spoiled: dict[str, Said] = self._wallet.pop("spoiled", {})
        for item, said in self._wallet.items():
            self._printed[item] = print_paper(said)
        for item, said in spoiled.items():
            self._printed[f"spoiled {item}"] = print_paper(said)

    async def _take(self, mail: Json) -> None:
        link = link_in(mail)
        if link is None:
            return
        kind, token = link
        try:
            if kind == "survey":
                await self._answer(token)
            else:
                await self._enter(token)
                await self._look()
        except Refused as refused:
            if refused.reason not in _OVER:
                raise
            log.info("%s: too late, %s", self.case, refused.reason)

    # ── at the portal ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _enter(self, token: str) -> None:
        """One link is enough: the session that it opens lasts longer than the demo."""
        if self._portal is None:
            async with Caller(self._url, "") as door:
                opened = await door.post("/portal/sessions", {"token": token})
            self._session = opened["session"]
            self._portal = Caller(self._url, self._session)

    async def leave(self) -> None:
        if self._portal:
            await self._portal.__aexit__(None, None, None)

    @property
    def portal(self) -> Caller:
        assert self._portal, "a client is signed in by the first link"
        return self._portal

    async def _look(self) -> None:
        home = await self._home()
        for task in home["tasks"]:
            if task["id"] not in self._done and (do := self._does.get(task["code"])):
                await do(task)
        await self._fetch_papers()

    async def _home(self) -> Json:
        """The welcome comes before the first task, which is there a moment later."""
        for _ in range(PATIENCE):
            home: Json = await self.portal.get("/portal")
            if home["tasks"] or self._handed:
                break
            await asyncio.sleep(0.25)
        return home

    async def _hand_in(self, task: Json) -> None:
        """Fills in the form in two goes, as people do, and hands in what is missing or was refused."""
        for item in (await self.portal.get("/portal"))["items"]:
            name, refused = item["item"], item["state"] == "refused"
            if name in self._printed and (item["state"] == "missing" or refused):
                await self._upload(name, refused)
            elif name == "profile" and "profile" not in self._handed:
                self._handed["profile"] = 1
                await self.portal.put("/portal/forms/profile/draft", {})
                if self._ownership:
                    await page.say_who_owns(self._url, self._session, self._ownership)
                drafted = (await self.portal.get("/portal/forms/profile"))["draft"]
                await self.portal.post("/portal/forms/profile/submission", drafted or {})

    async def _upload(self, item: str, refused: bool) -> None:
        turn = self._handed.get(item, 0)
        if turn > int(refused):
            return  # it is being checked
        self._handed[item] = turn + 1
        if refused:
            self.refusals.append(item)
        content = self._printed.get(f"spoiled {item}") if turn == 0 else None
        await self.portal.upload("/portal/documents", content or self._printed[item], "application/pdf", item=item)

    async def _sign(self, task: Json) -> None:
        self._done.add(task["id"])
        agreement = await self.portal.get(f"/portal/agreements/{task['subject']}")
        await self.portal.content(f"/portal/agreements/{task['subject']}/document")
        consent = agreement["consent"]
        signature = {
            "name": (await self.portal.get("/portal"))["name"],
            "consent_version": consent["version"],
            "consent_sha256": consent["sha256"],
        }
        await self.portal.post(f"/portal/agreements/{task['subject']}/signature", signature)

    async def _choose(self, task: Json) -> None:
        meeting = await self._meeting(task)
        if meeting is None:
            return
        self._done.add(task["id"])
        soonest = self._clock.story(datetime.now(UTC)) + LEEWAY
        starts = [slot["start"] for slot in meeting["slots"]]
        chosen = next((start for start in starts if datetime.fromisoformat(start) > soonest), starts[-1])
        await self.portal.post(f"/portal/meetings/{meeting['id']}/slot", {"slot": chosen})
        if self.part.withdraws == task["step"]:
            await self._ring_off(meeting["id"])

    async def _meeting(self, task: Json) -> Json | None:
        """The meeting that is asked about; its times are found a moment after the task is opened."""
        found: list[Json] = await self.portal.get("/portal/meetings")
        return next((one for one in found if one["id"] == task["subject"] and one["slots"]), None)

    async def _ring_off(self, meeting: str) -> None:
        for _ in range(PATIENCE):
            if any(
                one["id"] == meeting and one["state"] == "booked" for one in await self.portal.get("/portal/meetings")
            ):
                break
            await asyncio.sleep(0.25)
        await self._desk.withdraw(self.case)

    async def _read(self, task: Json) -> None:
        material = [one for one in await self.portal.get("/portal/guides") if one["step"] == task["step"]]
        if not material:
            return
        self._done.add(task["id"])
        if self.part.pauses == task["step"]:
            await self._desk.pause(self.case)
        for guide in material[0]["guides"]:
            await self._acknowledge(material[0], guide["id"])
        if self.part.reads_twice and self.part.pauses == task["step"]:
            await self._acknowledge(material[0], material[0]["guides"][0]["id"])
        if self.part.pauses == task["step"]:
            await self._desk.resume(self.case)

    async def _acknowledge(self, material: Json, guide: str) -> None:
        said = {"choice": "yes"} if material["choice"] else {}
        told = await self.portal.post(f"/portal/guides/{material['step']}/{guide}/reading", said)
        if told["status"] == "kept":
            self.kept.append(guide)

    async def _answer(self, token: str) -> None:
        """Without signing in; answered once, whatever reminder comes later."""
        if token in self._done:
            return
        self._done.add(token)
        async with Caller(self._url, "") as door:
            survey = await door.get(f"/portal/surveys/{token}")
            answers = {one["name"]: _ANSWERS[one["name"]] for one in survey["questions"] if one["name"] in _ANSWERS}
            if self.part.red and survey["kind"] == f"day-{self.part.red}":
                answers |= {"first_value": "no", "ces": 2, "blockers": ["integration"]}
            await door.post(f"/portal/surveys/{token}", {"answers": answers})

    async def _fetch_papers(self) -> None:
        """Keeps the signed agreement and its certificate once they are there, as the mail asks."""
        for agreement in await self.portal.get("/portal/agreements"):
            for paper in {"signed", "certificate"} & set(agreement["papers"]) - set(self.papers):
                self.papers[paper] = await self.portal.content(f"/portal/agreements/{agreement['id']}/{paper}")
