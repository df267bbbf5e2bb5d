"""Meetings: times that suit both, one booking that is moved and never doubled, and what became of it."""

from datetime import datetime, time, timedelta

from temporalio import activity

from activities.casework import calendar_of
from activities.diary import Diary
from onboarding.calendar import Calendar
from onboarding.deeds import ABOARD, Booked, Booking, Held, Offered, Offering
from onboarding.errors import Conflict
from records import cases, meetings
from records.database import Database
from records.journal import Journal
from records.meetings import MeetingState, Move, NewMeeting

REMINDS_AT = time(10)  # on the working day before
SHORT_NOTICE = timedelta(hours=1)  # for a meeting that is booked later than that


class NoCommonTime(Conflict):
    """The hours of the client and of the host never meet in these days; a person has to find a time."""

    code = "no_common_time"


class SlotNotOffered(Conflict):
    """This time was not offered for this meeting."""

    code = "slot_not_offered"


class Meetings:
    def __init__(self, database: Database, journal: Journal, diary: Diary) -> None:
        self._database = database
        self._journal = journal
        self._diary = diary

    @activity.defn(name="offer_meeting")
    async def offer(self, order: Offering) -> Offered:
        """Opens the meeting of this round with the times that are free on both sides."""
        async with self._database.session() as session:
            known = await meetings.meetings(session, order.case, order.step)
            case = await cases.case(session, order.case)
            client = await cases.client_of(session, self._journal.vault, order.case)
        if same := next((meeting for meeting in known if meeting.round == order.round), None):
            return Offered(meeting=same.id)
        meet = order.meet
        free = await self._diary.free(client, order.story, meet.minutes, meet.notice_days, meet.horizon_days)
        if not free:
            raise NoCommonTime
        new = NewMeeting(
            case_id=order.case, step=order.step, round=order.round, purpose=meet.purpose, minutes=meet.minutes,
            owner=case.owner, timezone=client.timezone, slots=[slot.start for slot in free],
        )  # fmt: skip
        async with self._database.session() as session:
            meeting = await meetings.offer(session, new)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="meeting_offered", reason=meet.purpose, story=order.story,
                key=f"offered:{meeting}", detail={"meeting": meeting, "slots": len(free)},
            )  # fmt: skip
        return Offered(meeting=meeting)

    @activity.defn(name="book_meeting")
    async def book(self, order: Booking) -> Booked:
        """Books the chosen time, or moves the booking to it; the same choice again is the same booking."""
        async with self._database.session() as session:
            meeting = await meetings.meeting(session, order.meeting)
            if order.slot not in meeting.slots:
                raise SlotNotOffered
            ends = order.slot + timedelta(minutes=meeting.minutes)
            move = Move(to=order.slot, story=order.story, actor=f"client:{order.case}", message=order.message)
            await meetings.book(session, order.meeting, starts=order.slot, ends=ends, move=move)
            meeting = await meetings.meeting(session, order.meeting)
            client = await cases.client_of(session, self._journal.vault, order.case)
        await self._diary.enter(order, meeting)
        reminder = reminder_of(calendar_of(client), order.slot, order.story)
        return Booked(starts=order.slot, ends=ends, remind_at=reminder, sequence=meeting.sequence)

    @activity.defn(name="record_meeting")
    async def record(self, order: Held) -> None:
        """Notes whether the meeting was held; `notes` is a note's id."""
        async with self._database.session() as session:
            await meetings.set_outcome(session, order.meeting, MeetingState(order.outcome), order.notes)
            await self._journal.write(
                session, order.case, actor=order.actor, what=f"meeting_{order.outcome}", story=order.story,
                key=f"recorded:{order.meeting}", detail={"meeting": order.meeting, "notes": order.notes},
            )  # fmt: skip


def reminder_of(calendar: Calendar, starts: datetime, story: datetime) -> datetime:
    """Ten o'clock of the working day before, in the client's zone; shortly before, when that has passed already."""
    day_before = calendar.business_day(calendar.local(starts).date(), -1)
    reminder = calendar.at_local(day_before, REMINDS_AT).instant
    return reminder if reminder > story else max(story, starts - SHORT_NOTICE)
