"""Refreshing: started by a schedule. Every source of lists is asked for news, and clients are compared with it."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

from workflows.doing import perform, record

with workflow.unsafe.imports_passed_through():
    from activities.lookback import LookBack
    from activities.refreshing import Refresher
    from onboarding.watching import ListOrder, Refreshed
    from workflows import timetable


@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Refreshing:
    @workflow.run
    async def run(self) -> list[Refreshed]:
        """What came of each source. One that does not answer keeps no other waiting for longer than its own try."""
        every = ListOrder(name="", at=workflow.now())
        answers = []
        for name in await record(Refresher.names, every, "which sources there are"):
            order = ListOrder(name=name, at=workflow.now())
            answers.append(await perform(Refresher.refresh, order, f"ask {name}", timetable.FETCHING))
            await perform(LookBack.look_back, order, f"whom {name} concerns", timetable.LOOKING_BACK)
        lines = [f"| {answer.name} | {answer.state} | {answer.reason or ''} |" for answer in answers]
        workflow.set_current_details("### Lists\n\n| source | answer | why |\n|---|---|---|\n" + "\n".join(lines))
        return answers
