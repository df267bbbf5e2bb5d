"""Agreement: draw up, send, sign, seal, keep the evidence. Signing is an update; sealing is a deed that follows."""

from temporalio import workflow

from workflows.asking import GaveUp
from workflows.hearing import refusal, told
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.agreements import Agreements
    from onboarding.case import Holder
    from onboarding.deeds import Drafting, Sealing, StepOrder, StepResult
    from onboarding.messages import Message
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class Agreement(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        self.agreement: str | None = None
        self.spoken = False

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    sign = told("sign", "The client consented and signed")
    decline = told("decline", "The client declined to sign")

    def check(self, message: Message) -> None:
        if message.what in ("sign", "decline"):
            if self.agreement is None or message.evidence.get("agreement") != self.agreement:
                raise refusal("agreement_not_open")
            if self.spoken:
                raise refusal("already_answered")

    def heard(self, message: Message) -> None:
        self.spoken = self.spoken or message.what in ("sign", "decline")

    async def work(self) -> StepResult:
        assert self.step.agree
        while True:
            order = Drafting(**self.place(), agree=self.step.agree)
            drawn = await self.deed(Agreements.draw_up, order, "draw up the agreement", timetable.SEALING)
            self.agreement, self.spoken = drawn.agreement, False
            await self.ask("sign", Holder.CLIENT, timetable.SIGNING, about={"agreement": drawn.agreement})
            await self.send("agreement_ready", key=f"ready:{drawn.agreement}", link="sign", agreement=drawn.agreement)
            message = await self.hear_client("sign", "decline")
            self.settle(message)
            if message.what == "sign":
                return await self._seal(drawn.agreement)
            await self._declined()

    async def _seal(self, agreement: str) -> StepResult:
        sealing = Sealing(**self.place(), agreement=agreement)
        await self.deed(Agreements.seal, sealing, "seal the agreement", timetable.SEALING)
        await self.deed(Agreements.certify, sealing, "certificate of completion", timetable.SEALING)
        await self.send("agreement_signed", key=f"signed:{agreement}", link="portal", agreement=agreement)
        return StepResult(outcome="done", facts={"agreement": "signed"})

    async def _declined(self) -> None:
        """Staff talk to the client: a new draft, or the end."""
        await self.ask("agreement_declined", Holder.STAFF, timetable.STAFF, exit_criterion="client_agrees")
        message = await self.hear("resolve_task")
        self.settle(message)
        if message.evidence.get("resolution") == "lapse":
            raise GaveUp
