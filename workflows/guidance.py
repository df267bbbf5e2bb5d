"""Guidance: material and training, each item acknowledged by the client, with progress that can be seen."""

from temporalio import workflow

from workflows.doing import record
from workflows.hearing import refusal, told
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.guides import Guides
    from onboarding.case import Holder
    from onboarding.deeds import Publishing, Read, StepOrder, StepResult
    from onboarding.messages import Message
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class Guidance(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        assert order.step.guide
        self.guide = order.step.guide
        self.unread = {resource.id for resource in self.guide.resources}
        self.choice: str | None = None

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    acknowledge = told("acknowledge", "The client read the material")

    def check(self, message: Message) -> None:
        if message.what != "acknowledge":
            return
        if message.evidence.get("resource") not in {resource.id for resource in self.guide.resources}:
            raise refusal("unknown_resource")
        if self.guide.choice and self._is_last(message) and message.evidence.get("choice") not in ("yes", "no"):
            raise refusal("choice_needed")

    def _is_last(self, message: Message) -> bool:
        return self.unread == {message.evidence.get("resource")} and self.choice is None

    async def work(self) -> StepResult:
        await self.ask("read", Holder.CLIENT, timetable.READING, begins=True)
        await record(Guides.publish, Publishing(**self.place(), guide=self.guide), "publish the material")
        await self.send("material", key="material", link="portal")
        while self.unread:
            message = await self.hear_client("acknowledge")
            self.choice = str(message.evidence["choice"]) if message.evidence.get("choice") else self.choice
            self.unread.discard(str(message.evidence["resource"]))
            await record(Guides.read, self._read(message), f"read: {len(self.unread)} left")
            self.alive = bool(self.unread)
        facts = {self.guide.choice: self.choice or "no"} if self.guide.choice else {}
        return StepResult(outcome="done", facts=facts)

    def _read(self, message: Message) -> Read:
        choice = message.evidence.get("choice")
        return Read(
            **self.place(),
            resource=str(message.evidence["resource"]),
            choice=str(choice) if choice else None,
            actor=message.actor,
        )
