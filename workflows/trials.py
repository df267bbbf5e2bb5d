"""Runs of the house, which belong to no case: a proposed policy is tried on the past, near misses are sampled."""

from temporalio import workflow

from workflows.doing import perform
from workflows.stage import PINNED

with workflow.unsafe.imports_passed_through():
    from activities.trials import Trials
    from onboarding.watching import BackTest, Sampling
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class BackTesting:
    @workflow.run
    async def run(self, order: BackTest) -> None:
        await perform(Trials.back_test, order, "try the policy on past inputs", timetable.TRYING)


@workflow.defn(versioning_behavior=PINNED)
class NearMissSampling:
    @workflow.run
    async def run(self, order: Sampling) -> None:
        await perform(Trials.sample, order, "draw the month's near misses", timetable.TRYING)
