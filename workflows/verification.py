"""Verification: documents, screening, rating, signals, a review by enough different people, a decision.

A screening that could not be finished is not a clear one: it holds the case and says so until it can be finished.
"""

from temporalio import workflow

from workflows.asking import PINNED, Stage, record
from workflows.collection import handed
from workflows.hearing import refusal, told

with workflow.unsafe.imports_passed_through():
    from activities.casework import Casework
    from activities.documents import Intake
    from activities.screening import Screening
    from onboarding.case import Holder
    from onboarding.deeds import (
        Judgement,
        Rated,
        Reviewing,
        ReviewOpened,
        Ruling,
        Screened,
        StepOrder,
        StepResult,
        Verifying,
        Voice,
    )
    from onboarding.messages import Message
    from onboarding.review import Voices
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class Verification(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        self.review: ReviewOpened | None = None
        self.voices = Voices(needed=1)
        self.unjudged: set[str] = set()
        self.sanctions: set[str] = set()
        self.confirmed: set[str] = set()
        self.asked_for: set[str] = set()

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    judge_signal = told("judge_signal", "A reviewer cleared or confirmed a signal")
    decide = told("decide", "A reviewer decided")
    submit_form = told("submit_form", "The client sent a form that a reviewer asked for")
    submit_document = told("submit_document", "The client handed in a document that a reviewer asked for")

    # ── who may say what, and when ─────────────────────────────────────────────────────────────────────────────
    def check(self, message: Message) -> None:
        if message.what == "judge_signal":
            self._check_reviewer(message)
            if message.evidence.get("signal") not in self.unjudged:
                raise refusal("signal_not_open")
        elif message.what == "decide":
            self._check_reviewer(message)
            self._check_decision(message)
        elif message.what in ("submit_form", "submit_document") and not self.asked_for:
            raise refusal("step_not_open")

    def _check_reviewer(self, message: Message) -> None:
        if self.review is None or message.evidence.get("review") != self.review.review:
            raise refusal("review_not_open")
        if message.actor in self.review.barred:
            raise refusal("reviewer_is_not_independent")

    def _check_decision(self, message: Message) -> None:
        if code := self.voices.objection(message.actor, _roles(message)):
            raise refusal(code)
        if str(message.evidence.get("decision")).startswith("approve"):
            if self.unjudged:
                raise refusal("signals_open")
            if self.confirmed & self.sanctions:
                raise refusal("sanctions_hit_confirmed")

    def heard(self, message: Message) -> None:
        if message.what == "judge_signal":
            signal = str(message.evidence["signal"])
            self.unjudged.discard(signal)
            if message.evidence["verdict"] == "confirmed":
                self.confirmed.add(signal)
        elif message.what == "decide":
            self.voices.add(message.actor, str(message.evidence["decision"]), _roles(message))

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
            await record(Screening.rule, ruling, f"decision: {ruling.decision.replace('_', ' ')}")
            if ruling.decision != "request_information":
                return self._result(ruling)
            await self._ask_client()
            turn += 1

    async def _screen(self, order: Verifying) -> Screened:
        screened = await self.deed(Screening.screen, order, "compare documents, screen every party")
        while screened.held:
            if self.task is None:
                await self.ask("screening_held", Holder.STAFF, timetable.HELD, about={"code": screened.held})
            again = self.now() + timetable.RETRY_SCREENING
            if message := await self.hear_until(again, "resolve_task"):
                await self.settle(message)
            order = order.model_copy(update={"story": self.now()})
            screened = await self.deed(Screening.screen, order, "screen again")
        if self.task:
            await self.settle_as("screening_finished")
        return screened

    async def _rule(self, turn: int, screened: Screened, rated: Rated) -> Ruling:
        if not rated.approvals and not screened.signals:
            return Ruling(
                **self.place(), review=None, decision="approve", reason="no_findings", reviewers=[], band=rated.band
            )
        order = Reviewing(
            **self.place(), round=turn, signals=screened.signals, band=rated.band, approvals=max(1, rated.approvals)
        )
        self.voices = Voices(needed=order.approvals)
        self.unjudged, self.sanctions = set(screened.signals), set(screened.sanctions)
        opened = await record(Screening.open_review, order, "open the review")
        self.review = opened
        await self.ask("review", Holder.REVIEWER, timetable.REVIEW, about={"review": opened.review})
        return await self._hear_reviewers(opened, rated)

    async def _hear_reviewers(self, opened: ReviewOpened, rated: Rated) -> Ruling:
        while True:
            message = await self.hear("judge_signal", "decide")
            if message.what == "judge_signal":
                await self._judge(message)
                continue
            await self._voice(opened.review, message)
            standing = self.voices.standing()
            if standing and not any(m.what == "judge_signal" for m in self.inbox):
                self.review = None
                return Ruling(
                    **self.place(),
                    review=opened.review,
                    decision=standing,
                    reason=str(message.evidence["reason"]),
                    reviewers=self.voices.who(standing),
                    band=rated.band,
                )

    async def _judge(self, message: Message) -> None:
        evidence = message.evidence
        order = Judgement(
            **self.place(),
            signal=str(evidence["signal"]),
            verdict="confirmed" if evidence["verdict"] == "confirmed" else "cleared",
            reason=str(evidence["reason"]),
            actor=message.actor,
        )
        await record(Screening.judge, order, f"signal {order.verdict}")

    async def _voice(self, review: str, message: Message) -> None:
        items = message.evidence.get("items")
        voice = Voice.model_validate(
            {
                **self.place(),
                "review": review,
                "decision": message.evidence["decision"],
                "reason": message.evidence["reason"],
                "actor": message.actor,
                "items": items if isinstance(items, list) else [],
            }
        )
        self.asked_for = set(voice.items)
        await record(Screening.voice, voice, f"a reviewer says: {voice.decision.replace('_', ' ')}")

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
        await self.settle_as("handed_in")

    def _result(self, ruling: Ruling) -> StepResult:
        facts = {"band": ruling.band.value}
        if ruling.decision == "reject":
            undo = not self.confirmed & self.sanctions  # a confirmed sanctions hit undoes nothing by itself
            return StepResult(outcome="rejected", reason=ruling.reason, facts=facts, undo=undo)
        return StepResult(outcome="done", reason=ruling.reason, facts=facts)


def _roles(message: Message) -> list[str]:
    roles = message.evidence.get("roles")
    return roles if isinstance(roles, list) else []
