"""Verification: documents, screening, rating, signals, a review by enough different people, a decision.

A screening that could not be finished is not a clear one: it holds the case and says so until it can be finished.
"""

from temporalio import workflow

from workflows.collection import handed
from workflows.doing import record
from workflows.hearing import refusal, told
from workflows.reviewing import WORDS, Panel, Reviewed, texts
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.casework import Casework
    from activities.documents import Intake
    from activities.identity import Identity
    from activities.reviewing import Reviews
    from activities.screening import Screening
    from onboarding.case import Holder
    from onboarding.deeds import StepOrder, StepResult
    from onboarding.diligence import (
        IdentityTaken,
        Rated,
        ReviewEnded,
        Reviewing,
        Ruling,
        Screened,
        VendorTold,
        Verifying,
    )
    from onboarding.messages import Message
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class Verification(Reviewed, Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        self.sanctioned = False
        self.asked_for: set[str] = set()

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    submit_form = told("submit_form", "The client sent a form that a reviewer asked for")
    submit_document = told("submit_document", "The client handed in a document that a reviewer asked for")

    @workflow.signal(name="vendor_event", description="An identity vendor has something to say")
    async def vendor_event(self, message: Message) -> None:
        if self._is_news(message):
            self.inbox.append(message)

    # ── who may say what, and when ─────────────────────────────────────────────────────────────────────────────
    def check(self, message: Message) -> None:
        if message.what in WORDS:
            self.check_review(message)
        elif message.what in ("submit_form", "submit_document") and not self.asked_for:
            raise refusal("step_not_open")

    def heard(self, message: Message) -> None:
        if message.what in WORDS:
            self.hear_review(message)

    # ── the story ──────────────────────────────────────────────────────────────────────────────────────────────
    async def work(self) -> StepResult:
        assert self.step.verify
        await record(Casework.begin, self.here(), "the step begins")
        turn = 1
        while True:
            order = Verifying(**self.place(), verify=self.step.verify, round=turn)
            screened = await self._screen(order)
            rated = await record(Screening.rate, order, "rate the risk")
            ruling = await self._rule(turn, screened, rated)
            if ruling.review and ruling.decision != "request_information":
                rated = await self._rate_reviewed(order, ruling.review)
            await record(Reviews.rule, ruling, f"decision: {ruling.decision.replace('_', ' ')}")
            if ruling.decision != "request_information":
                return self._result(ruling, rated)
            await self._ask_client()
            turn += 1

    async def _screen(self, order: Verifying) -> Screened:
        screened = await self.deed(Screening.screen, order, "compare documents, screen every party")
        while screened.held or screened.waiting:
            if screened.waiting:
                await self._identify()
            else:
                await self._hold(screened.held or "")
            order = order.model_copy(update={"story": self.now()})
            screened = await self.deed(Screening.screen, order, "screen again")
        if self.task:
            self.settle_as("screening_finished")
        return screened

    async def _hold(self, code: str) -> None:
        """Staff hear of it; it is tried again after a while, or at once when they say so or a vendor does."""
        if self.task is None:
            await self.ask("screening_held", Holder.STAFF, timetable.HELD, about={"code": code})
        again = self.now() + timetable.RETRY_SCREENING
        if message := await self.hear_until(again, "resolve_task", "vendor_event"):
            if message.what == "vendor_event":
                await self._take(message)
            else:
                self.settle(message)

    async def _identify(self) -> None:
        """The identity vendor is at work: the client goes to its page, and it tells us how far each check is."""
        if self.task:
            self.settle_as("screening_finished")
        await self.ask("identity_check", Holder.CLIENT, timetable.CLIENT)
        await self.send("task", key=f"identity:{self.task}", link="portal", task=self.task or "")
        while (await self._take(await self.hear_client("vendor_event"))).waiting:
            self.alive = True
        self.settle_as("identity_checked")

    async def _take(self, message: Message) -> IdentityTaken:
        """Takes in what the vendor told."""
        vendor = message.actor.removeprefix("vendor:")
        told = VendorTold(**self.place(), vendor=vendor, event=str(message.evidence["event"]))
        return await self.deed(Identity.take, told, "take in what the identity vendor says")

    async def _rule(self, turn: int, screened: Screened, rated: Rated) -> Ruling:
        if not rated.approvals and not screened.signals:
            return Ruling(
                **self.place(), review=None, decision="approve", reason="no_findings", reviewers=[], band=rated.band
            )
        order = Reviewing(
            **self.place(), round=turn, signals=screened.signals, band=rated.band, approvals=max(1, rated.approvals),
            floor=rated.floor,
        )  # fmt: skip
        panel = await self.convene(order, screened)
        await self.ask("review", Holder.REVIEWER, timetable.REVIEW, about={"review": panel.id})
        ruling = None
        while ruling is None:
            ruling = await self._hear_reviewer(panel)
        self.sanctioned = panel.sanctioned
        return ruling

    async def _rate_reviewed(self, order: Verifying, review: str) -> Rated:
        """By the facts as reviewers left them; the ruling keeps the band that it was made under."""
        again = ReviewEnded(**self.place(), verify=order.verify, round=order.round, review=review)
        return await record(Screening.rate_reviewed, again, "rate by what was cleared and confirmed")

    async def _hear_reviewer(self, panel: Panel) -> Ruling | None:
        """One message; a senior hears of it when only a senior can bring the review further."""
        for_senior = panel.voices.for_senior
        message = await self.hear(*WORDS, "vendor_event")
        if message.what == "vendor_event":
            panel.unjudged |= set((await self._take(message)).signals)
            return None
        ruling = await self.take_up(message, self.here())
        if message.what == "decide":
            self.asked_for = set(texts(message, "items"))
        if ruling is None and panel.voices.for_senior and not for_senior:
            await self.send("staff_task", key=f"senior:{panel.id}", to="role:senior", task=self.task or "")
        return ruling

    async def _ask_client(self) -> None:
        """A referral: only what the reviewer named is asked for again."""
        about = {"items": ",".join(sorted(self.asked_for))}
        await self.ask("more_information", Holder.CLIENT, timetable.CLIENT, about=about)
        await self.send("task", key=f"more:{self.task}", link="portal", task=self.task or "")
        while self.asked_for or self.has("submit_form", "submit_document"):
            message = await self.hear_client("submit_form", "submit_document")
            verdict = await self.deed(Intake.check, handed(self, message), f"check: {message.what}")
            if verdict.accepted:
                self.asked_for.discard(verdict.item)
            else:
                refused = {"item": verdict.item, "reason": verdict.reason or ""}
                await self.send("refused", key=f"refused:{message.id}", link="portal", **refused)
        self.settle_as("handed_in")

    def _result(self, ruling: Ruling, rated: Rated) -> StepResult:
        facts = {"band": rated.band.value}
        if ruling.decision == "reject":
            # a confirmed sanctions hit undoes nothing by itself
            return StepResult(outcome="rejected", reason=ruling.reason, facts=facts, undo=not self.sanctioned)
        return StepResult(outcome="done", reason=ruling.reason, facts=facts)
