"""The one mechanism of every wait: ask, remind, escalate, give up."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from workflows.doing import record
from workflows.hearing import Hearing
from workflows.waking import Alarm, Rungs

with workflow.unsafe.imports_passed_through():
    from activities.casework import Casework
    from onboarding.case import Holder
    from onboarding.deeds import Again, Answered, Ask, Ladder, Place, Rung, StepOrder, Wake
    from onboarding.messages import Message
    from onboarding.plan import Kind, Step
    from workflows import timetable

WAITING_ON = SearchAttributeKey.for_keyword_list("WaitingOn")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")


def holder_at_first(step: Step) -> Holder:
    """Who holds a step when it begins; its run is started with that."""
    if step.check and step.check.day is None:
        return Holder.CLIENT
    return {
        Kind.COLLECTION: Holder.CLIENT,
        Kind.GUIDANCE: Holder.CLIENT,
        Kind.MEETING: Holder.CLIENT,
        Kind.AGREEMENT: Holder.CLIENT,
        Kind.VERIFICATION: Holder.VENDOR,
        Kind.PROVISIONING: Holder.VENDOR,
    }.get(step.kind, Holder.NOBODY)


OWNER_OF_CASE = "owner"  # whoever owns the case when the mail is sent
MAY_LAPSE = {"client_silent", "recovery"}  # asked of staff, and over when nobody answers


class GaveUp(Exception):
    """A ladder came to its end without an answer."""


class Question(NamedTuple):
    """What is being asked, so that it can be asked again."""

    task: str
    holder: Holder
    ladder: Ladder
    about: dict[str, str]
    exit_criterion: str | None = None


class Asking(Hearing):
    """A step that asks: one question at a time, and its ladder."""

    def __init__(self, order: StepOrder) -> None:
        super().__init__()
        self.order = order
        self.step = order.step
        self.question: Question | None = None
        self.task: str | None = None
        self.rungs = Rungs()
        self.alive = False
        self._askings = 0
        self._climbs = 0
        self._aside: list[tuple[Question | None, str | None, Rungs]] = []
        self._closes: list[Answered] = []
        self._resting = self._told = holder_at_first(order.step)
        self._alarm = Alarm(order.clock)
        if order.paused:
            self.paused_at = self.now()

    def now(self) -> datetime:
        """Story time."""
        return self.order.clock.story(workflow.now())

    def place(self) -> dict[str, Any]:
        return {"case": self.order.case, "step": self.step.key, "story": self.now()}

    def here(self) -> Place:
        return Place(**self.place())

    @property
    def holder(self) -> Holder:
        return self.question.holder if self.question else self._resting

    async def unpaused(self) -> None:
        if self.paused_at is not None:
            self.describe("the end of the pause")
            await workflow.wait_condition(lambda: self.paused_at is None)

    async def send(self, letter: str, *, key: str, to: str = "client", link: Any = None, **about: str) -> None:
        """A mail. `key` is its identity within the step: the same key is the same mail, however often it is tried."""
        raise NotImplementedError

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def ask(
        self,
        task: str,
        holder: Holder,
        ladder: Ladder,
        *,
        about: dict[str, str] | None = None,
        exit_criterion: str | None = None,
        begins: bool = False,
    ) -> None:
        """Opens a task for its holder; from here `hear` climbs the ladder while nobody answers."""
        await self.unpaused()
        self.question = Question(task, holder, ladder, about or {}, exit_criterion)
        self._askings += 1
        order = Ask(
            **self.place(),
            task=task,
            number=self._askings,
            holder=holder,
            role=self._role(holder),
            owner=self.order.owner if holder is Holder.STAFF else None,
            ladder=ladder,
            about=about or {},
            exit_criterion=exit_criterion,
            begins=begins,
            closes=self._over(),
        )
        asked = await record(Casework.ask, order, f"ask: {task.replace('_', ' ')}")
        self.task, self.rungs, self.alive = asked.task, Rungs(asked.rungs), False
        self.wait_on()

    def _role(self, holder: Holder) -> str:
        return self.step.owner.value if holder is Holder.STAFF else holder.value

    async def hear(self, *kinds: str) -> Message:
        """The next message of these kinds, in order of arrival. GaveUp when the ladder ends first."""
        while True:
            message = await self._listen(kinds)
            if message is not None:
                return message
            if self.alive:
                await self._start_over()
            else:
                await self._climb(self.rungs.take())

    async def hear_until(self, moment: datetime, *kinds: str) -> Message | None:
        """As `hear`, but only until that story time; None when it came first. The ladder is climbed meanwhile."""
        self.rungs = self.rungs.with_wake(max(moment, self.now()))
        while (message := await self._listen(kinds)) is None:
            if self.alive:
                await self._start_over()
                continue
            rung = self.rungs.take()
            if rung.do == "wake":
                return None
            await self._climb(rung)
        self.rungs = self.rungs.without_wake()
        return message

    async def hear_client(self, *kinds: str) -> Message:
        """As `hear`, but when the client stays silent staff step in: they ask anew, or the case lapses."""
        while True:
            try:
                return await self.hear(*kinds)
            except GaveUp:
                await self._step_in(kinds)

    async def _step_in(self, kinds: tuple[str, ...]) -> None:
        question = self.question
        assert question is not None
        self.settle_as("silent")
        await self.ask("client_silent", Holder.STAFF, timetable.STEPPING_IN, exit_criterion="client_answers")
        await self.send("staff_escalation", key=f"silent:{self.task}", to=OWNER_OF_CASE, task=self.task or "")
        message = await self.hear("resolve_task", *kinds)
        if message.what == "resolve_task":
            self.settle(message)
            if message.evidence.get("resolution") == "lapse":
                raise GaveUp
        else:  # the client spoke after all; it is worked through as if there had been no silence
            self.inbox.appendleft(message)
            self.settle_as("client_answered")
        await self.ask(*question[:3], about=question.about, exit_criterion=question.exit_criterion)
        if message.what == "resolve_task":
            await self.send("task", key=f"again:{self.task}", link="portal", task=self.task or "")

    async def _listen(self, kinds: tuple[str, ...]) -> Message | None:
        """A message of these kinds; None at a sign of life, or when the first rung has come."""
        await self._close_tasks()
        while True:
            await self.unpaused()
            if (message := self.pick(kinds)) or self.alive:
                return message
            if self._alarm.has_come(self.rungs.first, self.now()):
                return None
            self.describe(self.holder.value)
            await self._stir(kinds, self._alarm.set(self.rungs.first, self.now()))

    async def _stir(self, kinds: tuple[str, ...], alarm: asyncio.Task[None]) -> None:
        await workflow.wait_condition(
            lambda: alarm.done() or self.alive or self.paused_at is not None or self.has(*kinds)
        )

    async def _start_over(self) -> None:
        """Reminders start anew; the final deadline does not move."""
        self.alive = False
        question = self.question
        if question is None or self.task is None or not question.ladder.remind:
            return
        order = Again(**self.place(), task=self.task, ladder=question.ladder, give_up=self.rungs.without_wake().last.at)
        fresh = await record(Casework.start_over, order, "a sign of life: reminders start anew")
        self.rungs = self.rungs.renewed(fresh)

    async def _climb(self, rung: Rung) -> None:
        if rung.do == "give_up":
            await self._give_up()
            return
        self._climbs += 1
        key = f"{rung.do}:{self.task}:{self._climbs}"
        if rung.do == "remind" and self.holder is Holder.CLIENT:
            await self.send("reminder", key=key, link="portal", task=self.task or "")
        elif rung.do == "remind":
            await self.send("staff_task", key=key, to=self._staff(), task=self.task or "")
        else:
            await self.send("staff_escalation", key=key, to=OWNER_OF_CASE, task=self.task or "")

    async def _give_up(self) -> None:
        """A client who stays silent is given up. Our own silence must cost no client anything: management hears of
        it, and the same is asked anew."""
        question = self.question
        if question is None or question.holder is Holder.CLIENT or question.task in MAY_LAPSE:
            raise GaveUp
        await self.send("staff_escalation", key=f"management:{self.task}", to="role:admin", task=self.task or "")
        self.settle_as("no_answer")
        await self.ask(*question[:3], about=question.about, exit_criterion=question.exit_criterion)

    def _staff(self) -> str:
        return "role:reviewer" if self.holder is Holder.REVIEWER else OWNER_OF_CASE

    def settle(self, message: Message) -> None:
        """Closes the open task as this message said."""
        self.settle_as(str(message.evidence.get("resolution") or message.what), message.actor)

    def settle_as(self, resolution: str, actor: str = "aboard") -> None:
        """It is written down with what is recorded next, or before the next deed outside or wait."""
        if self.task:
            self._closes.append(Answered(**self.place(), task=self.task, resolution=resolution, actor=actor))
        self.task = self.question = None

    async def _close_tasks(self) -> None:
        for order in self._over():
            await record(Casework.answered, order, f"settled: {order.resolution.replace('_', ' ')}")

    def _over(self) -> list[Answered]:
        over, self._closes = self._closes, []
        return over

    async def sleep_until(
        self, moment: datetime, why: str, *kinds: str, begins: bool = False, holder: Holder = Holder.NOBODY
    ) -> Message | None:
        """Nothing to do until then, unless a message of these kinds is heard before. `holder` acts next."""
        await self.unpaused()
        wake = Wake(**self.place(), at=moment, why=why, holder=holder, begins=begins, closes=self._over())
        await record(Casework.wake, wake, f"wakes for: {why.replace('_', ' ')}")
        self.question, self.rungs, self.alive = None, Rungs().with_wake(moment), False
        if moment > self.now():
            self._resting = holder
            self.wait_on()
        return await self._listen(kinds)

    # ── what an engineer sees ──────────────────────────────────────────────────────────────────────────────────
    def wait_on(self) -> None:
        """Tells the lists who holds the step; said only when it changes, for each saying is an event."""
        if self._told != self.holder:
            self._told = self.holder
            due = [DUE_AT.value_set(self.rungs.last.at)] if self.rungs else []
            workflow.upsert_search_attributes([WAITING_ON.value_set([self.holder.value]), *due])

    def describe(self, waits_for: str) -> None:
        wakes = f"{self.rungs.first.at:%a %d %b %Y %H:%M} UTC, to {self.rungs.first.do}" if self.rungs else "when told"
        asked = f", task `{self.task}` ({self.question.task})" if self.question and self.task else ""
        workflow.set_current_details(
            f"### {self.step.title}\n\n- waits for **{waits_for}**{asked}\n"
            f"- since {self.now():%a %d %b %Y %H:%M} UTC\n- wakes next: {wakes}"
        )
