"""CheckIn: brief, survey, invitation, meeting, outcome by the pass bar of its day; red has a way out."""

from datetime import datetime

from temporalio import workflow

from workflows.asking import GaveUp
from workflows.doing import record
from workflows.hearing import refusal, told
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.check_ins import CheckIns
    from onboarding.case import CheckInOutcome, Holder
    from onboarding.deeds import (
        Assessed,
        CheckInDates,
        CheckingIn,
        Outcome,
        Planning,
        StepOrder,
        StepResult,
        SurveyClosed,
    )
    from onboarding.messages import Message
    from workflows import timetable


@workflow.defn(versioning_behavior=PINNED)
class CheckIn(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        assert order.step.check
        self.bar = order.step.check
        self.survey: str | None = None
        self.answered = False
        self.held = False
        self.recorded = False

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    answer_survey = told("answer_survey", "The client answered the survey")
    record_outcome = told("record_outcome", "The customer-success manager recorded the check-in")

    def check(self, message: Message) -> None:
        if message.what == "answer_survey":
            if self.survey is None or message.evidence.get("survey") != self.survey:
                raise refusal("survey_expired")
            if self.answered:
                raise refusal("already_answered")
        if message.what == "record_outcome" and not self.held:
            raise refusal("check_in_not_held_yet")
        if message.what == "record_outcome" and self.recorded:
            raise refusal("already_answered")

    def heard(self, message: Message) -> None:
        self.answered = self.answered or message.what == "answer_survey"
        self.recorded = self.recorded or message.what == "record_outcome"

    async def work(self) -> StepResult:
        dates = await record(CheckIns.plan, self._planning(), "the dates of the check-in")
        if dates.merged:
            return StepResult(outcome="done", reason="merged_into_the_next")
        await self.sleep_until(dates.brief_at, "brief", begins=True)
        order = self._at(dates)
        await record(CheckIns.brief, order, "put the brief together")
        await self.sleep_until(dates.survey_at, "survey")
        await self._survey(order, dates)
        outcome = await self._assess(dates)
        if outcome.outcome is CheckInOutcome.RED:
            await self._recover(dates, outcome)
        await self.send("summary", key="summary", link="portal", check_in=dates.check_in)
        return StepResult(outcome="done", facts={self.step.key: outcome.outcome.value})

    def _planning(self) -> Planning:
        anchor = self.order.anchors.get(self.bar.anchor or "", self.now())
        return Planning(**self.place(), check=self.bar, anchor=anchor)

    def _at(self, dates: CheckInDates) -> CheckingIn:
        return CheckingIn(**self.place(), check_in=dates.check_in, check=self.bar)

    async def _survey(self, order: CheckingIn, dates: CheckInDates) -> None:
        """Invites and asks for the pulse, in one mail; at the meeting the survey closes."""
        opened = await record(CheckIns.open_survey, order, "open the survey")
        self.survey = opened.survey
        await self.ask("answer_survey", Holder.CLIENT, timetable.SURVEY, about={"survey": opened.survey})
        if self.bar.day is None:
            await self.send("survey", key="survey", link="survey", survey=opened.survey)
        else:
            await self._invite(dates, opened.survey)
        await self._await_answer(dates.held.effective)
        survey, self.survey = opened.survey, None
        closed = SurveyClosed(**self.place(), survey=survey, state="answered" if self.answered else "expired")
        await record(CheckIns.close_survey, closed, f"the survey is {closed.state}")
        if self.task:
            self.settle_as(closed.state)

    async def _await_answer(self, moment: datetime) -> None:
        """Waits until then; an answer settles the task but does not bring the meeting forward."""
        while self.task and moment > self.now():
            try:
                message = await self.hear_until(moment, "answer_survey")
            except GaveUp:
                self.settle_as("no_answer")
                break
            if message is None:
                return
            self.settle(message)
        if moment > self.now():
            await self.sleep_until(moment, "meeting", holder=Holder.STAFF)

    async def _invite(self, dates: CheckInDates, survey: str) -> None:
        booking = await self.deed(CheckIns.book, self._at(dates), "book the check-in")
        about = {"meeting": booking.meeting, "sequence": "0", "survey": survey}
        await self.send("invitation_check_in", key=f"invite:{booking.meeting}:0", link="survey", **about)

    async def _assess(self, dates: CheckInDates) -> Outcome:
        self.held = True
        await self.ask("record_outcome", Holder.STAFF, timetable.NOTES, about={"check_in": dates.check_in})
        message = await self.hear("record_outcome")
        outcome = await record(CheckIns.assess, self._assessed(dates, message), "apply the pass bar")
        self.settle_as(outcome.outcome.value, message.actor)
        return outcome

    def _assessed(self, dates: CheckInDates, message: Message) -> Assessed:
        return Assessed(
            **self._at(dates).model_dump(),
            actor=message.actor,
            message=message.id,
            recorded=message.evidence,
        )

    async def _recover(self, dates: CheckInDates, outcome: Outcome) -> None:
        """Every red has an exit criterion; when nobody meets it in time, the owner's superior hears of it."""
        about = {"check_in": dates.check_in, "reasons": ",".join(outcome.reasons)}
        await self.ask("recovery", Holder.STAFF, timetable.STAFF, about=about, exit_criterion="recovery_plan_agreed")
        try:
            self.settle(await self.hear("resolve_task"))
        except GaveUp:
            await self.send("staff_escalation", key="executive", to="role:admin", task=self.task or "")
            self.settle_as("escalated_to_management")
