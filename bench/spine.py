"""The spine: a case of the `saas` playbook against a bare Temporal program of the same shape, on one server.

    python -m bench.spine                   20 cases at a time, twice
    python -m bench.spine --cases 40 --rounds 3

Both do trivial deeds, so engines are compared and not databases. The shape (children, activities, timers, updates) of
each bare case is read from the history of one of ours. People answer a third of a second after they are asked, in both.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from bench.bare import QUEUE, BareCase, BareChild, BareParent, BareStep, Nothing
from bench.counting import Cost, histories
from bench.ours import Answer, Played, clock, playbook
from bench.shape import Shape, read
from bench.table import Row, at_least, at_most, show
from onboarding.case import new_id
from onboarding.deeds import CaseOrder
from onboarding.messages import VALID_FOR, Message, Signer, Trust
from run import versions
from run.house import TASK_QUEUE, engine, signer
from run.local.stack import Stack
from run.worker import WORKFLOWS, interceptors, runner
from tests.conftest import free_ports
from workflows.onboarding import Onboarding

THINKS = 0.3  # seconds before a person answers: the run has come to rest by then on an idle machine
ACTIVITIES, CACHED = 20, 600  # as the real worker: activities at once, runs in memory


class People:
    """Answers what is asked, in the background; `failed` keeps what could not be said."""

    def __init__(self, client: Client, signer: Signer) -> None:
        self._client = client
        self._signer = signer
        self._talking: set[asyncio.Task[None]] = set()
        self.failed: list[BaseException] = []

    async def answer(self, case: str, step: str, answers: list[Answer]) -> None:
        self._talk(self._tell(f"onboarding-{case}/{step}", case, step, answers))

    async def say(self, workflow_id: str, updates: int) -> None:
        """The same for the bare program."""
        self._talk(self._speak(workflow_id, updates))

    def _talk(self, words: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(words)
        self._talking.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._talking.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.failed.append(error)

    async def _tell(self, workflow_id: str, case: str, step: str, answers: list[Answer]) -> None:
        handle: WorkflowHandle[Any, Any] = self._client.get_workflow_handle(workflow_id)
        for what, evidence in answers:
            await asyncio.sleep(THINKS)
            unsigned = Message(
                id=uuid.uuid4().hex,
                case=case,
                step=step,
                what=what,
                actor=f"client:{case}",
                evidence=evidence,
                expires=datetime.now(UTC) + VALID_FOR,
            )
            message = self._signer.sign(unsigned)
            await handle.execute_update(what, message, id=message.id)

    async def _speak(self, workflow_id: str, updates: int) -> None:
        handle: WorkflowHandle[Any, Any] = self._client.get_workflow_handle(workflow_id)
        for _ in range(updates):
            await asyncio.sleep(THINKS)
            await handle.execute_update(BareChild.say, "yes", id=uuid.uuid4().hex)


class Spine:
    """Both programs on one server, each with a worker of its own in this process, one at work at a time."""

    def __init__(self, ours: Client, bare: Client, signer: Signer, trust: Trust) -> None:
        self._ours, self._bare = ours, bare
        self._trust = trust
        self._people = People(ours, signer)
        self._bare_people = People(bare, signer)

    async def run_ours(self, cases: int) -> tuple[float, list[str]]:
        """Seconds, and the ids of the runs."""
        async with self._our_worker():
            return await self._timed([self._our_case for _ in range(cases)], self._people)

    async def run_bare(self, shapes: list[Shape]) -> tuple[float, list[str]]:
        worker = Worker(
            self._bare,
            task_queue=QUEUE,
            workflows=[BareParent, BareChild],
            activities=[Nothing(self._bare_people.say).nothing],
            max_concurrent_activities=ACTIVITIES,
            max_cached_workflows=CACHED,
        )
        async with worker:
            return await self._timed([partial(self._bare_case, shape) for shape in shapes], self._bare_people)

    async def look(self, root: str) -> tuple[Cost, Shape]:
        found = await histories(self._ours if root.startswith("onboarding") else self._bare, root)
        return Cost.of(list(found.values())), read(found)

    async def _timed(self, starts: list[Callable[[], Awaitable[str]]], people: People) -> tuple[float, list[str]]:
        began = time.monotonic()
        roots = await asyncio.gather(*(start() for start in starts))
        took = time.monotonic() - began
        if people.failed:
            raise people.failed[0]
        return took, roots

    async def _our_case(self) -> str:
        case = new_id("case")
        order = CaseOrder(case=case, client=new_id("client"), clock=clock())
        result = await self._ours.execute_workflow(
            Onboarding.run, order, id=f"onboarding-{case}", task_queue=TASK_QUEUE
        )
        assert result.outcome == "done", result
        return f"onboarding-{case}"

    async def _bare_case(self, shape: Shape) -> str:
        case = BareCase(
            own=[_deeds(letters) for letters in shape[""].letters.split("|")],
            steps={key: BareStep(track.letters, track.waits) for key, track in shape.items() if key},
            waits_for={step.key: step.after for step in playbook().steps},
        )
        id = f"bare-{uuid.uuid4().hex}"
        await self._bare.execute_workflow(BareParent.run, case, id=id, task_queue=QUEUE)
        return id

    @asynccontextmanager
    async def _our_worker(self) -> AsyncIterator[None]:
        worker = Worker(
            self._ours,
            task_queue=TASK_QUEUE,
            workflows=WORKFLOWS,
            activities=Played(self._people.answer).all(),
            interceptors=interceptors(self._trust),
            workflow_runner=runner(),
            deployment_config=versions.deployment(),
            max_concurrent_activities=ACTIVITIES,
            max_cached_workflows=CACHED,
        )
        async with worker:
            await _made_current(self._ours)
            yield


def _deeds(letters: str) -> str:
    return "".join(letter for letter in letters if letter in "al")


async def _made_current(client: Client) -> None:
    """The server knows a version only once it has polled."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await versions.make_current(client)
            except RPCError:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def on_a_server_of_its_own() -> AsyncIterator[Spine]:
    home = Path(tempfile.mkdtemp(prefix="aboard-bench-"))
    try:
        async with Stack(home, free_ports(), lambda _: None) as stack:
            await stack.start("temporal")
            settings = stack.settings
            bare = await Client.connect(settings.temporal.address, namespace=settings.temporal.namespace)
            trust = Trust.from_json(settings.keys.door_trust.read_text())
            yield Spine(await engine(settings), bare, signer(settings), trust)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def measure(cases: int, rounds: int) -> list[Row]:
    async with on_a_server_of_its_own() as spine:
        _, (alone,) = await spine.run_ours(1)
        ours, shape = await spine.look(alone)
        _, (bare_alone,) = await spine.run_bare([shape])
        bare, bare_shape = await spine.look(bare_alone)
        rates = [await _round(spine, cases) for _ in range(rounds)]
    speeds = _speeds(rates, cases) if rates else []
    return [*_costs(ours, bare), *speeds, _likeness(shape, bare_shape)]


async def _round(spine: Spine, cases: int) -> tuple[float, float]:
    """Cases a second, ours and bare; each bare case has the shape that one of ours took under this load."""
    took, roots = await spine.run_ours(cases)
    bare_took, _ = await spine.run_bare([(await spine.look(root))[1] for root in roots])
    return cases / took, cases / bare_took


def _costs(ours: Cost, bare: Cost) -> list[Row]:
    events, bare_events = ours.events.total(), bare.events.total()
    actions, bare_actions = ours.actions.total(), bare.actions.total()
    return [
        at_most("events a case", events, 700, note=f"bare {bare_events}"),
        at_most("events against bare", events / bare_events, 1.25),
        at_most("billable actions a case", actions, 180, note=f"bare {bare_actions}"),
        at_most("billable actions against bare", actions / bare_actions, 1.25),
        *(
            Row(f"  {name.lower().replace('_', ' ')}", str(n), note=f"bare {bare.actions[name]}")
            for name, n in ours.actions.most_common()
        ),
        Row("  activities by name", ", ".join(f"{name} {n}" for name, n in ours.deeds.most_common())),
    ]


def _speeds(rates: list[tuple[float, float]], cases: int) -> list[Row]:
    ratio = median(ours / bare for ours, bare in rates)
    each = ", ".join(f"{ours:.2f} to {bare:.2f}" for ours, bare in rates)
    return [at_least("throughput against bare", ratio, 0.8, note=f"cases a second, {cases} at a time: {each}")]


def _likeness(shape: Shape, bare: Shape) -> Row:
    """Says so when the bare program did not do what ours did."""
    counts = [
        {letter: "".join(track.letters for track in s.values()).count(letter) for letter in "alzdu"}
        for s in (shape, bare)
    ]
    return Row(
        "same shape",
        "yes" if counts[0] == counts[1] else f"no: {counts}",
        note=", ".join(f"{n} {_WORDS[letter]}" for letter, n in counts[0].items()) + f", {len(shape) - 1} children",
    )


_WORDS = {
    "a": "activities",
    "l": "local activities",
    "z": "timers that ran out",
    "d": "deadlines that were met",
    "u": "updates",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20, help="cases at a time")
    parser.add_argument("--rounds", type=int, default=2, help="0: only count what one case costs")
    options = parser.parse_args()
    show("The spine", asyncio.run(measure(options.cases, options.rounds)))


if __name__ == "__main__":
    main()
