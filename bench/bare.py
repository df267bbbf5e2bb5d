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
class BareStep:
    letters: str  # see bench.shape
    waits: list[float]  # seconds of each timer


@dataclass
class BareCase:
    own: list[str]  # the parent's own activities: before its first step, and after each that has ended
    steps: dict[str, BareStep] = field(default_factory=dict)
    waits_for: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Deed:
    updates: int  # that people send once it is done


@workflow.defn
class BareParent:
    @workflow.run
    async def run(self, case: BareCase) -> None:
        self.done: set[str] = set()
        await self._own(case)
        await asyncio.gather(*(self._step(case, key) for key in case.steps))

    async def _step(self, case: BareCase, key: str) -> None:
        await workflow.wait_condition(lambda: self.done.issuperset(case.waits_for[key]))
        id = f"{workflow.info().workflow_id}/{key}"
        await workflow.execute_child_workflow(BareChild.run, case.steps[key], id=id)
        self.done.add(key)
        await self._own(case)

    async def _own(self, case: BareCase) -> None:
        for letter in case.own[len(self.done)]:
            await _act(letter, 0)


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
        expected, waits, timers = 0, iter(step.waits), []
        for place, letter in enumerate(step.letters):
            if letter in "al":
                await _act(letter, _updates_before_the_next_deed(step.letters[place + 1 :]))
            elif letter == "z":
                timers.append(asyncio.create_task(workflow.sleep(next(waits))))
            elif letter == "f":
                await timers.pop(0)
            elif letter == "d":
                await workflow.wait_condition(lambda n=expected: self.heard > n, timeout=timedelta(days=3))
            elif letter == "u":
                expected += 1
                await workflow.wait_condition(lambda n=expected: self.heard >= n)
        await workflow.wait_condition(workflow.all_handlers_finished)


def _updates_before_the_next_deed(letters: str) -> int:
    return letters.replace("l", "a").split("a")[0].count("u")


async def _act(letter: str, updates: int) -> None:
    perform = workflow.execute_activity if letter == "a" else workflow.execute_local_activity
    await perform("nothing", Deed(updates), start_to_close_timeout=timedelta(seconds=30))


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
