"""A step: heard at any time, its deeds, and its way from beginning to end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from workflows.asking import Asking, GaveUp
from workflows.doing import perform, record
from workflows.hearing import refusal, told

with workflow.unsafe.imports_passed_through():
    from activities.casework import Casework
    from activities.notices import Notices
    from onboarding.case import Holder
    from onboarding.deeds import Notice, StepEnd, StepResult
    from onboarding.messages import Message, Receipt
    from workflows import timetable

T = TypeVar("T")
P = TypeVar("P")

PINNED = VersioningBehavior.PINNED  # a step finishes on the code that it began with


class Stage(Asking):
    """A step. Its kind is a subclass that says what it asks, what it checks and what it does with an answer."""

    # ── heard at any time ──────────────────────────────────────────────────────────────────────────────────────
    @workflow.signal(name="pause", description="The case is paused: keep what arrives, do nothing new")
    async def pause(self, message: Message) -> None:
        if self._is_news(message) and self.paused_at is None:
            self.paused_at = self.now()

    @workflow.signal(name="resume", description="The case goes on: work through what was kept, in order")
    async def resume(self, message: Message) -> None:
        if self._is_news(message) and self.paused_at is not None:
            length = self.now() - self.paused_at
            for rungs in (self.rungs, *(rungs for _, _, rungs in self._aside)):
                rungs.shift(length)
            self.paused_at = None

    @workflow.update(name="sign_of_life", description="The client was here: reminders start anew")
    async def sign_of_life(self, message: Message) -> Receipt:
        self.alive = self.holder is Holder.CLIENT
        return Receipt(status="taken", message=message.id)

    @sign_of_life.validator
    def _refuse_when_over(self, message: Message) -> None:
        if self.closing:
            raise refusal("step_not_open")

    def _is_news(self, message: Message) -> bool:
        """A message that was caught and is sent once more is none."""
        if message.id in self.answers:
            return False
        self.answers[message.id] = Receipt(status="taken", message=message.id)
        return True

    resolve_task = told("resolve_task", "Staff settled a task")

    def refuse_unless_fit(self, message: Message, name: str) -> None:
        super().refuse_unless_fit(message, name)
        if name == "resolve_task" and message.id not in self.answers and message.evidence.get("task") != self.task:
            raise refusal("task_not_open")

    # ── deeds ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def deed(
        self,
        method: Callable[[Any, P], Awaitable[T]],
        order: P,
        summary: str,
        within: timedelta = timetable.VENDOR,
    ) -> T:
        """One deed outside. When it fails for good a person decides, and then it is tried again."""
        await self._close_tasks()
        while True:
            await self.unpaused()
            try:
                return await perform(method, order, summary, within)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                await self._ask_staff_about(error, method.__name__)

    async def _ask_staff_about(self, error: ActivityError, deed: str) -> None:
        code = error.cause.type if isinstance(error.cause, ApplicationError) and error.cause.type else "timed_out"
        self._aside.append((self.question, self.task, self.rungs))
        await self.ask("deed_failed", Holder.STAFF, timetable.STAFF, about={"deed": deed, "code": code})
        self.settle(await self.hear("resolve_task"))
        await self._close_tasks()
        self.question, self.task, self.rungs = self._aside.pop()
        self.wait_on()

    async def send(self, letter: str, *, key: str, to: str = "client", link: Any = None, **about: str) -> None:
        """A mail. `key` is its identity within the step: the same key is the same mail, however often it is tried."""
        notice = Notice(**self.place(), letter=letter, key=f"{self.step.key}:{key}", to=to, link=link, about=about)
        await self.deed(Notices.send, notice, f"mail: {letter.replace('_', ' ')}")

    # ── from beginning to end ──────────────────────────────────────────────────────────────────────────────────
    async def work(self) -> StepResult:
        """What the step does, told by its kind."""
        raise NotImplementedError

    async def from_beginning_to_end(self) -> StepResult:
        """Runs `work` and closes the step in records however it ends."""
        try:
            result = await self.work()
        except GaveUp:
            result = StepResult(outcome="lapsed", reason="no_answer")
        except (asyncio.CancelledError, ActivityError) as error:
            if not is_cancelled_exception(error):
                raise
            result = StepResult(outcome="closed", reason="case_over")
        self.closing = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        end = StepEnd(
            **self.place(), outcome=result.outcome, reason=result.reason, facts=result.facts, closes=self._over()
        )
        await record(Casework.finish, end, f"the step ends: {result.outcome}")
        workflow.set_current_details(f"### {self.step.title}\n\nended: **{result.outcome}** {result.reason or ''}")
        return result
