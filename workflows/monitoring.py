"""Monitoring: one for each client, outlives the case, screens again when a review is due or a list has changed."""

from collections import deque
from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior

from workflows.asking import WAITING_ON
from workflows.doing import perform, record

with workflow.unsafe.imports_passed_through():
    from activities.watching import Lookout
    from onboarding.deeds import Watching
    from onboarding.messages import Message
    from workflows import timetable


@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Monitoring:
    @workflow.init
    def __init__(self, order: Watching) -> None:
        self.order = order
        self.causes: deque[Message] = deque()
        self.ended = False

    @workflow.signal(name="screen_again", description="A list changed, or a document is about to expire")
    async def screen_again(self, message: Message) -> None:
        self.causes.append(message)

    @workflow.signal(name="end", description="The relationship is over")
    async def end(self, message: Message) -> None:
        self.ended = True

    @workflow.run
    async def run(self, order: Watching) -> None:
        workflow.upsert_search_attributes([WAITING_ON.value_set(["nobody"])])
        due = await record(Lookout.next_review, self._now(), "when the next review is due")
        workflow.set_current_details(f"### Monitoring\n\n- next review: {due:%a %d %b %Y %H:%M} UTC")
        if await self._stirred(due - self._now().story):
            await perform(Lookout.screen_again, self._now(), "screen every party again", timetable.VENDOR)
        if not self.ended:
            workflow.continue_as_new(self.order)

    def _now(self) -> Watching:
        return self.order.model_copy(update={"story": self.order.clock.story(workflow.now())})

    async def _stirred(self, length: timedelta) -> bool:
        """Waits for the review; False when the relationship ended."""
        try:
            await workflow.wait_condition(
                lambda: bool(self.causes) or self.ended,
                timeout=self.order.clock.wait(length),
                timeout_summary="the next periodic review",
            )
        except TimeoutError:
            return True
        self.causes.clear()
        return not self.ended
