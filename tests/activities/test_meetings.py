"""Meetings: offered, booked once, moved under one UID, and recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.meetings import NoCommonTime, SlotNotOffered
from onboarding.deeds import Booking, Held, Offering
from onboarding.plan import Meet
from records import effects, meetings
from records.meetings import MeetingRow, MeetingState
from tests.activities.desk import STORY, Desk, a_person

MEET = Meet(purpose="kickoff", minutes=45)


def offering(case: str, turn: int = 1, meet: Meet = MEET) -> Offering:
    return Offering(case=case, step="kickoff", story=STORY, meet=meet, round=turn)


async def offered(desk: Desk, case: str) -> MeetingRow:
    meeting = (await desk.meetings.offer(offering(case))).meeting
    return await shown(desk, meeting)


async def shown(desk: Desk, meeting: str) -> MeetingRow:
    async with desk.database.session() as session:
        return await meetings.meeting(session, meeting)


def booking(case: str, meeting: MeetingRow, place: int, message: str) -> Booking:
    return Booking(
        case=case, step="kickoff", story=STORY, meeting=meeting.id, slot=meeting.slots[place], message=message
    )


async def test_times_lie_in_the_client_s_hours_after_the_notice(desk: Desk) -> None:
    case = await desk.case()

    meeting = await offered(desk, case)

    assert meeting.slots[0] == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert all(9 <= slot.hour < 17 and slot.weekday() < 5 for slot in meeting.slots)
    assert meeting.slots[-1] < STORY + timedelta(days=16)


async def test_a_round_is_offered_once(desk: Desk) -> None:
    case = await desk.case()
    first = await desk.meetings.offer(offering(case))
    desk.calendar.taken.append((STORY, STORY + timedelta(days=30)))

    assert await desk.meetings.offer(offering(case)) == first
    assert (await desk.said(case)).count("meeting_offered") == 1


async def test_what_the_host_has_in_the_diary_is_not_offered(desk: Desk) -> None:
    case = await desk.case()
    tomorrow = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    desk.calendar.taken.append((tomorrow, tomorrow + timedelta(hours=2)))

    assert (await offered(desk, case)).slots[0] == tomorrow + timedelta(hours=2)


async def test_without_a_common_time_a_person_must_settle_it(desk: Desk) -> None:
    case = await desk.case()
    desk.calendar.taken.append((STORY, STORY + timedelta(days=60)))

    with pytest.raises(NoCommonTime):
        await desk.meetings.offer(offering(case))


async def test_a_slot_that_was_not_offered_is_refused(desk: Desk) -> None:
    case = await desk.case()
    meeting = await offered(desk, case)
    order = booking(case, meeting, 0, "m1").model_copy(update={"slot": STORY + timedelta(minutes=7)})

    with pytest.raises(SlotNotOffered):
        await desk.meetings.book(order)
    assert desk.calendar.happened == []


async def test_booked_twice_is_one_event(desk: Desk) -> None:
    case = await desk.case()
    meeting = await offered(desk, case)

    first = await desk.meetings.book(booking(case, meeting, 4, "m1"))
    again = await desk.meetings.book(booking(case, meeting, 4, "m1"))

    assert first == again
    assert first.ends - first.starts == timedelta(minutes=45)
    assert desk.calendar.happened == [f"booked {meeting.uid} 0"]


async def test_a_move_keeps_the_uid_and_grows_the_sequence(desk: Desk) -> None:
    case = await desk.case()
    meeting = await offered(desk, case)
    await desk.meetings.book(booking(case, meeting, 0, "m1"))

    moved = await desk.meetings.book(booking(case, meeting, 9, "m2"))

    assert moved.sequence == 1
    assert desk.calendar.happened == [f"booked {meeting.uid} 0", f"booked {meeting.uid} 1"]
    assert [move.message for move in (await shown(desk, meeting.id)).moves] == ["m1", "m2"]


async def test_an_event_that_an_interrupted_try_booked_is_found(desk: Desk) -> None:
    case = await desk.case()
    meeting = await offered(desk, case)
    put = desk.calendar.put

    async def put_and_die(entry: object) -> None:
        await put(entry)  # type: ignore[arg-type]
        raise ConnectionError

    desk.calendar.put = put_and_die  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionError):
        await desk.meetings.book(booking(case, meeting, 0, "m1"))
    desk.calendar.put = put  # type: ignore[method-assign]
    await desk.meetings.book(booking(case, meeting, 0, "m1"))

    assert desk.calendar.happened == [f"booked {meeting.uid} 0"]
    async with desk.database.session() as session:
        assert [row.state for row in await effects.of_case(session, case)] == ["done"]


async def test_the_reminder_comes_the_working_day_before_or_just_before_a_near_one(desk: Desk) -> None:
    case = await desk.case(a_person())
    meeting = await offered(desk, case)
    monday = next(n for n, slot in enumerate(meeting.slots) if slot.date().isoformat() == "2026-03-09")

    far = await desk.meetings.book(booking(case, meeting, monday, "m1"))
    near = await desk.meetings.book(
        booking(case, meeting, 0, "m2").model_copy(update={"story": STORY.replace(hour=12)})
    )

    assert far.remind_at == datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
    assert near.remind_at == near.starts - timedelta(hours=1)


async def test_what_became_of_a_meeting_is_kept_once(desk: Desk) -> None:
    case = await desk.case()
    meeting = await offered(desk, case)
    order = Held(case=case, step="kickoff", story=STORY, meeting=meeting.id, outcome="no_show", actor="staff_owner")

    await desk.meetings.record(order)
    await desk.meetings.record(order)

    assert (await shown(desk, meeting.id)).state is MeetingState.NO_SHOW
    assert (await desk.said(case)).count("meeting_no_show") == 1
