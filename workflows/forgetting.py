"""A run of the house, which belongs to no case: what outsiders hold of a client is deleted when it is erased here."""

from temporalio import workflow

from workflows.doing import perform
from workflows.stage import PINNED

with workflow.unsafe.imports_passed_through():
    from activities.forgetting import Forgetting
    from onboarding.deeds import Erased


@workflow.defn(versioning_behavior=PINNED)
class Forgets:
    @workflow.run
    async def run(self, order: Erased) -> None:
        await perform(Forgetting.forget, order, "delete the client at the identity vendor")
