"""Provisioning: open the account and its membership, or try out what was opened until it works."""

from temporalio import workflow

from workflows.doing import record
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.accounts import Accounts
    from activities.casework import Casework
    from onboarding.case import Holder
    from onboarding.deeds import Opening, StepOrder, StepResult
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class Provisioning(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    async def work(self) -> StepResult:
        assert self.step.provision
        return await (self._open() if self.step.provision.do == "open" else self._try_out())

    def _opening(self) -> Opening:
        assert self.step.provision
        return Opening(**self.place(), group=self.step.provision.group)

    async def _open(self) -> StepResult:
        await record(Casework.begin, self.here(), "the step begins")
        await self.deed(Accounts.open, self._opening(), "open the account")
        await self.deed(Accounts.join, self._opening(), "give permissions")
        await self.send("account_open", key="open", link="portal")
        return StepResult(outcome="done", facts={"account": "open"})

    async def _try_out(self) -> StepResult:
        while failed := (await self.deed(Accounts.try_out, self._opening(), "try out what was opened")).failed:
            about = {"failed": ",".join(failed)}
            await self.ask("trial_failed", Holder.STAFF, timetable.STAFF, about=about, exit_criterion="trial_passes")
            self.settle(await self.hear("resolve_task"))
        return StepResult(outcome="done", facts={"trial": "passed"})
