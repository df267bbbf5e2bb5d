"""The diary: the host's calendar, as meetings and check-ins use it. One entry for each meeting, found by its UID."""

from datetime import datetime, timedelta

from activities.casework import calendar_of
from activities.facts import event_of
from activities.seams import CalendarVendor
from onboarding.calendar import Calendar
from onboarding.case import Client
from onboarding.deeds import ABOARD, Place
from onboarding.slots import Slot, slots
from records import cases, meetings, staff
from records.database import Database
from records.effects import Effects, Intent, Receipt
from records.keys import Vault
from records.meetings import MeetingRow, MeetingState

MOST_SLOTS = 60  # more choice is no help on a telephone


class Diary:
    def __init__(
        self,
        database: Database,
        vault: Vault,
        effects: Effects,
        calendar: CalendarVendor,
        host: Calendar | None = None,
    ) -> None:
        """`host` is the working time of those who invite; without one they work in the hours of each client."""
        self._database = database
        self._vault = vault
        self._effects = effects
        self._calendar = calendar
        self._host = host

    async def free(
        self, client: Client, story: datetime, minutes: int, notice_days: int, horizon_days: int
    ) -> list[Slot]:
        """Times free on both sides: `horizon_days` business days of the client, after `notice_days` of them."""
        mine = calendar_of(client)
        first = mine.add_business_days(story, notice_days)
        last = mine.business_day(mine.local(first).date(), horizon_days)
        days = (last - mine.local(story).date()).days
        busy = await self._calendar.busy(story, story + timedelta(days=days + 1))
        host = self._host or mine
        found = slots(story, days, timedelta(minutes=minutes), busy, mine, host, first - story)
        return found[:: len(found) // MOST_SLOTS + 1]  # thinned out over all the days, not cut off after a few

    async def enter(self, order: Place, meeting: MeetingRow) -> None:
        """Enters the meeting, or moves its entry; each change of it is one effect."""

        async def look() -> Receipt | None:
            booked = await self._calendar.find(meeting.uid)
            return _receipt(meeting) if booked and booked.sequence >= meeting.sequence else None

        async def act() -> Receipt:
            async with self._database.session() as session:
                client = await cases.client_of(session, self._vault, meeting.case_id)
                owner = await staff.member(session, meeting.owner)
            await self._calendar.put(event_of(meeting, client, owner, client.language))
            return _receipt(meeting)

        intent = Intent(
            key=f"event:{meeting.id}:{meeting.sequence}", kind="event", case_id=order.case, step=order.step,
            story=order.story, actor=ABOARD, detail={"meeting": meeting.id, "sequence": meeting.sequence},
            undo_args={"meeting": meeting.id},
        )  # fmt: skip
        await self._effects.perform(intent, look, act)

    async def take_out(self, meeting_id: str) -> MeetingRow | None:
        """Removes the entry and cancels the meeting. Answers the cancelled meeting, whose invitation must be taken
        back; None when it was over before. Twice is the same as once."""
        async with self._database.session() as session:
            meeting = await meetings.meeting(session, meeting_id)
        await self._calendar.remove(meeting.uid)
        if meeting.state not in (MeetingState.BOOKED, MeetingState.CANCELLED):
            return None
        async with self._database.session() as session:
            await meetings.cancel(session, meeting_id)
            return await meetings.meeting(session, meeting_id)


def _receipt(meeting: MeetingRow) -> Receipt:
    return Receipt(id=meeting.uid, detail={"sequence": meeting.sequence})
