"""Monitoring: one for each client, outlives the case, looks at the client again and again until the relationship ends.

It wakes when a list has changed, something unusual was reported, a document is about to expire, a condition is due, or
the review date of the client's band has come. What it finds is reviewed as in Verification. After each look it begins
a new run, so that its history stays small for years.
"""

from collections import deque
from datetime import datetime

from temporalio import workflow
from temporalio.common import VersioningBehavior

from workflows.asking import WAITING_ON
from workflows.doing import perform, record
from workflows.hearing import refusal, told
from workflows.reviewing import WORDS, Reviewed
from workflows.stage import Stage

with workflow.unsafe.imports_passed_through():
    from activities.contact import Contact
    from activities.reviewing import Reviews
    from activities.watching import Lookout
    from onboarding.case import Holder, Moment
    from onboarding.deeds import StepOrder
    from onboarding.diligence import Reviewing, Ruling
    from onboarding.messages import Message, Receipt
    from onboarding.plan import Kind, Step
    from onboarding.watching import MONITORING, Concluding, Ending, Holding, Looked, Looking, Watching
    from workflows import timetable

STEERING = ("hold", "lift", "end")
NEWS = "screen_again"
REMEMBERED = 300  # messages whose answer the next run still knows
TWO_PAIRS_OF_EYES = 2  # what was confirmed once is closed by two


@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Monitoring(Reviewed, Stage):
    @workflow.init
    def __init__(self, order: Watching) -> None:
        super().__init__(_as_step(order))
        self.watching = order
        self.reviews = order.reviews
        self._askings = order.reviews * 1000  # every asking has a number of its own, in whatever run
        self.inbox = deque(order.waiting)
        self.answers = {id: Receipt(status="taken", message=id) for id in order.handled}
        self.ended = False

    hold = told("hold", "Commercial contact with the client stops")
    lift = told("lift", "Commercial contact with the client goes on")
    end = told("end", "The relationship is over")

    @workflow.signal(name=NEWS, description="A list changed, or something unusual was reported")
    async def screen_again(self, message: Message) -> None:
        if self._is_news(message):
            self.inbox.append(message)

    # ── who may say what, and when ─────────────────────────────────────────────────────────────────────────────
    def check(self, message: Message) -> None:
        if self.ended:
            raise refusal("step_not_open")
        if message.what in WORDS:
            self.check_review(message)

    def heard(self, message: Message) -> None:
        if message.what in WORDS:
            self.hear_review(message)
        elif message.what == "end":
            self.ended = True

    # ── the story ──────────────────────────────────────────────────────────────────────────────────────────────
    @workflow.run
    async def run(self, order: Watching) -> None:
        workflow.upsert_search_attributes([WAITING_ON.value_set(["nobody"])])
        due = await record(Lookout.next_review, self._watching(), "when the next review is due")
        workflow.set_current_details(f"### Monitoring\n\n- next review: {due:%a %d %b %Y %H:%M} UTC")
        await self._rest_until(due)
        if not self.ended:
            await self._look_again()
        if not self.ended:
            await self._begin_anew()
        await self._work_through()
        self.closing = True
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _rest_until(self, due: datetime) -> None:
        """Nothing to do until then, unless there is news or the relationship ends."""
        while not self.has(NEWS) and not self.ended and self.now() < due:
            try:
                await workflow.wait_condition(
                    lambda: self.has(NEWS, *STEERING) or self.ended,
                    timeout=self.order.clock.wait(due - self.now()),
                    timeout_summary="the next review",
                )
            except TimeoutError:
                return
            await self._work_through()

    async def _look_again(self) -> None:
        looked = await self._look()
        self.ended = self.ended or looked.over
        if looked.needs_review and not self.ended:
            await self._review(looked)

    async def _look(self) -> Looked:
        """Screens every party; all news that has come until now is answered by it."""
        stirs = [message.id for message in self._taken(NEWS)]
        order = Looking(**self.place(), client=self.watching.client, watch=self.watching.watch, stirs=stirs)
        return await perform(Lookout.screen_again, order, "screen every party again", timetable.VENDOR)

    def _taken(self, what: str) -> list[Message]:
        found = []
        while message := self.pick((what,)):
            found.append(message)
        return found

    async def _review(self, looked: Looked) -> None:
        """Reviewers judge what was found. News in the meantime is looked at at once: a signal may be gone."""
        self.reviews += 1
        approvals = max(looked.approvals, TWO_PAIRS_OF_EYES if looked.delisted else 1)
        order = Reviewing(
            **self.place(), round=self.reviews, signals=looked.screened.signals, band=looked.band, approvals=approvals,
            floor=looked.floor,
        )  # fmt: skip
        panel = await self.convene(order, looked.screened)
        await self.ask("review", Holder.REVIEWER, timetable.REVIEW, about={"review": panel.id})
        delisted, ruling, over = set(looked.delisted), None, False
        while not (ruling or over or self.ended):
            message = await self.hear(*WORDS, *STEERING, NEWS)
            if message.what in WORDS:
                ruling = await self.take_up(message, self.here())
            elif message.what == NEWS:
                self.inbox.appendleft(message)
                over = await self._look_meanwhile(delisted)
            else:
                await self._steer(message)
        await self._conclude(panel.id, ruling, delisted)

    async def _look_meanwhile(self, delisted: set[str]) -> bool:
        """Whether nothing is left to be decided."""
        looked, panel = await self._look(), self.panel
        if panel is None or looked.over:
            self.ended = self.ended or looked.over
            return True
        panel.unjudged = (panel.unjudged - set(looked.closed)) | set(looked.screened.signals)
        panel.sanctions |= set(looked.screened.sanctions)
        panel.sanctions -= set(looked.closed)
        panel.offices |= set(looked.screened.offices)
        delisted |= set(looked.delisted)
        if not looked.screened.held:  # else nobody was rated
            panel.floor = looked.floor
        panel.voices.needed = max(panel.voices.needed, looked.approvals, TWO_PAIRS_OF_EYES if delisted else 1)
        return not (panel.unjudged or panel.confirmed or delisted or panel.voices.said)

    async def _conclude(self, review: str, ruling: Ruling | None, delisted: set[str]) -> None:
        self.panel = None
        if ruling:
            await record(Reviews.rule, ruling, f"decision: {ruling.decision.replace('_', ' ')}")
        self.settle_as("decided" if ruling else "nothing_left")
        order = Concluding(
            **self.place(),
            client=self.watching.client,
            review=review,
            decision=ruling.decision if ruling else None,
            reviewers=ruling.reviewers if ruling else [],
            delisted=sorted(delisted),
        )
        await record(Lookout.conclude, order, "what follows from the decision")
        await self._close_tasks()
        await self._send_kept()

    # ── steering ───────────────────────────────────────────────────────────────────────────────────────────────
    async def _work_through(self) -> None:
        while message := self.pick(STEERING):
            await self._steer(message)

    async def _steer(self, message: Message) -> None:
        reason = str(message.evidence.get("reason") or message.what)
        place = {**self.place(), "client": self.watching.client, "reason": reason, "actor": message.actor}
        if message.what == "end":
            await record(Lookout.end, Ending(**place), "the relationship ends")
        elif message.what == "hold":
            await record(Contact.hold, Holding(**place, key=message.id), "commercial contact stops")
        else:
            await record(Contact.lift, Holding(**place, key=message.id), "commercial contact goes on")
            await self._send_kept()

    async def _send_kept(self) -> None:
        """What was kept while the client was held goes out now, unless it still is held."""
        await perform(Contact.send_kept, self._watching(), "send what was kept", timetable.VENDOR)

    # ── from run to run ────────────────────────────────────────────────────────────────────────────────────────
    async def _begin_anew(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self.has(*STEERING):  # heard while the handlers came to an end
            await self._work_through()
        if self.ended:
            return
        next_run = self.watching.model_copy(
            update={
                "reviews": self.reviews,
                "handled": list(self.answers)[-REMEMBERED:],
                "waiting": [message for message in self.inbox if message.what == NEWS],
            }
        )
        workflow.continue_as_new(next_run)

    def _watching(self) -> Watching:
        return self.watching.model_copy(update={"story": self.now(), "step": MONITORING, "handled": [], "waiting": []})


def _as_step(order: Watching) -> StepOrder:
    """Monitoring asks and reminds like any step, though it is none: it belongs to the client."""
    step = Step(key=MONITORING, kind=Kind.MONITORING, name={"en": "Monitoring"}, watch=order.watch)
    due = Moment(nominal=order.story, effective=order.story)
    return StepOrder(case=order.case, client=order.client, step=step, owner="", due=due, clock=order.clock, facts={})
