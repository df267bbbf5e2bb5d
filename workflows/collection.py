"""Collection: ask for a form and documents, check each, and ask again with the reason."""

from temporalio import workflow

from workflows.doing import record
from workflows.hearing import told
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.documents import Intake
    from onboarding.case import Holder
    from onboarding.deeds import StepOrder, StepResult
    from onboarding.diligence import Collecting, Handed
    from onboarding.messages import Message
    from workflows import timetable


def handed(stage: Stage, message: Message) -> Handed:
    """What a `submit_form` or `submit_document` message handed in."""
    evidence = message.evidence
    if message.what == "submit_form":
        return Handed(**stage.place(), item=str(evidence["form"]), form=str(evidence["form"]))
    return Handed(**stage.place(), item=str(evidence["item"]), document=str(evidence["document"]))


@workflow.defn(versioning_behavior=PINNED)
class Collection(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    submit_form = told("submit_form", "The client sent a form")
    submit_document = told("submit_document", "The client handed in a document")

    async def work(self) -> StepResult:
        assert self.step.collect
        await self.ask("collect", Holder.CLIENT, timetable.CLIENT, begins=True)
        lacking = await self._lacking()
        if self.step.after:  # what a case begins with is in its welcome letter
            await self.send("task", key="ask", link="portal", task=self.task or "")
        while lacking or self.has("submit_form", "submit_document"):
            lacking = await self._take_in(await self.hear_client("submit_form", "submit_document"), lacking)
        return StepResult(outcome="done")

    async def _lacking(self) -> set[str]:
        assert self.step.collect
        collecting = Collecting(**self.place(), collect=self.step.collect)
        return set((await record(Intake.lacking, collecting, "what is to be handed in")).items)

    async def _take_in(self, message: Message, lacking: set[str]) -> set[str]:
        """Checks what was handed in, and says what is lacking now. A form may name owners who are asked for papers."""
        verdict = await self.deed(Intake.check, handed(self, message), f"check: {message.what}")
        if not verdict.accepted:
            lacking = {*lacking, verdict.item}
            about = {"item": verdict.item, "reason": verdict.reason or ""}
            await self.send("refused", key=f"refused:{message.id}", link="portal", **about)
        elif message.what == "submit_form":
            lacking = await self._lacking()
        else:
            lacking = lacking - {verdict.item}
        self.alive = bool(lacking)
        return lacking
