"""A guidance that asks nobody to read anything: a change of course that no run in flight would survive."""

from temporalio import workflow

from onboarding.deeds import StepOrder, StepResult
from workflows.guidance import Guidance
from workflows.stage import PINNED


@workflow.defn(name="Guidance", versioning_behavior=PINNED)
class Hurried(Guidance):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    async def work(self) -> StepResult:
        return StepResult(outcome="done")
