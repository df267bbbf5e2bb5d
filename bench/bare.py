"""A bare Temporal program of the same shape: same children, activities, timers and updates, and nothing else.

No codec, no gate, no versions, no search attributes, no words for engineers; its activities do nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity, workflow

QUEUE = "bare"


@dataclass
class BareCase:
    case: str
    before: int
    after: int
    steps: dict[str, str] = field(default_factory=dict)  # key → letters, see bench.shape
    waits_for: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class BareStep:
    letters: str


@dataclass
class Deed:
    updates: int  # that people send once it is done


@workflow.defn
class BareParent:
    @workflow.run
    async def run(self, case: BareCase) -> None:
        self.done: set[str] = set()
        for _ in range(case.before):
            await _act(0)
        await asyncio.gather(*(self._step(case, key) for key in case.steps))
        for _ in range(case.after):
            await _act(0)

    async def _step(self, case: BareCase, key: str) -> None:
        await workflow.wait_condition(lambda: self.done.issuperset(case.waits_for[key]))
        id = f"{workflow.info().workflow_id}/{key}"
        await workflow.execute_child_workflow(BareChild.run, BareStep(case.steps[key]), id=id)
        self.done.add(key)


@workflow.defn
class BareChild:
    def __init__(self) -> None:
        self.heard = 0

    @workflow.update
    async def say(self, word: str) -> str:
        self.heard += 1
        return word

    @workflow.run
    async def run(self, step: BareStep) -> None:
        expected = 0
        for place, letter in enumerate(step.letters):
            if letter == "a":
                await _act(_updates_before_the_next_deed(step.letters[place + 1 :]))
            elif letter == "z":
                await workflow.sleep(1)
            elif letter == "d":
                await workflow.wait_condition(lambda n=expected: self.heard > n, timeout=timedelta(days=3))
            elif letter == "u":
                expected += 1
                await workflow.wait_condition(lambda n=expected: self.heard >= n)
        await workflow.wait_condition(workflow.all_handlers_finished)


def _updates_before_the_next_deed(letters: str) -> int:
    return letters.split("a")[0].count("u")


async def _act(updates: int) -> None:
    await workflow.execute_activity("nothing", Deed(updates), start_to_close_timeout=timedelta(seconds=30))


class Nothing:
    """The one activity. It tells who plays the people how many updates the workflow waits for next."""

    def __init__(self, tell: Callable[[str, int], Awaitable[None]]) -> None:
        self._tell = tell

    @activity.defn(name="nothing")
    async def nothing(self, deed: Deed) -> None:
        if deed.updates:
            workflow_id = activity.info().workflow_id
            assert workflow_id
            await self._tell(workflow_id, deed.updates)
