"""Meeting: offer times, book one, remind, move, hold. Its UID stays one and the same through every move."""

from temporalio import workflow

from workflows.doing import record
from workflows.hearing import refusal, told
from workflows.stage import PINNED, Stage

with workflow.unsafe.imports_passed_through():
    from activities.meetings import Meetings
    from onboarding.case import Holder
    from onboarding.deeds import Booked, Booking, Held, Offering, StepOrder, StepResult
    from onboarding.messages import Message
    from workflows import timetable

GRACE = 2  # a first no-show is offered new times; after a second one a person calls


@workflow.defn(versioning_behavior=PINNED)
class Meeting(Stage):
    @workflow.init
    def __init__(self, order: StepOrder) -> None:
        super().__init__(order)
        self.meeting: str | None = None
        self.over = False
        self.recorded = False

    @workflow.run
    async def run(self, order: StepOrder) -> StepResult:
        return await self.from_beginning_to_end()

    choose_slot = told("choose_slot", "The client chose or moved the time")
    record_meeting = told("record_meeting", "Staff say whether the meeting was held")

    def check(self, message: Message) -> None:
        if message.what in ("choose_slot", "record_meeting") and message.evidence.get("meeting") != self.meeting:
            raise refusal("meeting_not_open")
        if message.what == "choose_slot" and self.over:
            raise refusal("meeting_is_over")
        if message.what == "record_meeting" and not self.over:
            raise refusal("meeting_not_held_yet")
        if message.what == "record_meeting" and self.recorded:
            raise refusal("already_answered")

    def heard(self, message: Message) -> None:
        self.recorded = self.recorded or message.what == "record_meeting"

    async def work(self) -> StepResult:
        assert self.step.meet
        for turn in range(1, GRACE + 1):
            await self._offer(turn)
            booked = await self._book(await self.hear_client("choose_slot"))
            await self._come_to_the_end_of(booked)
            message = await self._ask_how_it_went()
            if message.evidence["outcome"] == "held":
                return StepResult(outcome="done", facts={"meeting": "held"})
        await self.ask("no_show_twice", Holder.STAFF, timetable.STAFF, exit_criterion="client_was_called")
        self.settle(await self.hear("resolve_task"))
        return StepResult(outcome="done", reason="held_without_meeting", facts={"meeting": "no_show"})

    async def _offer(self, turn: int) -> None:
        assert self.step.meet
        self.over = self.recorded = False
        await self.ask("choose_slot", Holder.CLIENT, timetable.READING, begins=turn == 1)
        order = Offering(**self.place(), meet=self.step.meet, round=turn)
        self.meeting = (await self.deed(Meetings.offer, order, "find times that suit both")).meeting
        await self.send("slots", key=f"slots:{turn}", link="book", meeting=self.meeting)

    async def _book(self, message: Message) -> Booked:
        slot = str(message.evidence["slot"])
        order = Booking.model_validate({**self.place(), "meeting": self.meeting, "slot": slot, "message": message.id})
        booked = await self.deed(Meetings.book, order, "book the meeting")
        letter = "invitation_update" if booked.sequence else "invitation"
        about = {"meeting": self.meeting or "", "sequence": str(booked.sequence)}
        await self.send(letter, key=f"invite:{self.meeting}:{booked.sequence}", **about)
        self.settle(message)
        return booked

    async def _come_to_the_end_of(self, booked: Booked) -> None:
        """Sleeps to the end of the meeting; the client may move it until then."""
        reminded = False
        while True:
            moment, why = (booked.ends, "meeting") if reminded else (booked.remind_at, "meeting_reminder")
            moved = await self.sleep_until(moment, why, "choose_slot", holder=Holder.STAFF)
            if moved:
                booked, reminded = await self._book(moved), False
            elif reminded:
                break
            else:
                about = {"meeting": self.meeting or ""}
                await self.send("invitation_reminder", key=f"soon:{self.meeting}:{booked.sequence}", **about)
                reminded = True
        self.over = True

    async def _ask_how_it_went(self) -> Message:
        await self.ask("record_meeting", Holder.STAFF, timetable.NOTES, about={"meeting": self.meeting or ""})
        message = await self.hear("record_meeting")
        notes = message.evidence.get("notes")
        order = Held(
            **self.place(),
            meeting=self.meeting or "",
            outcome="held" if message.evidence["outcome"] == "held" else "no_show",
            actor=message.actor,
            notes=str(notes) if notes else None,
        )
        await record(Meetings.record, order, f"the meeting: {order.outcome.replace('_', ' ')}")
        self.settle(message)
        return message
