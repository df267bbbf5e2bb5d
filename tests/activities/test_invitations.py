from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.invitations import (
    Meeting,
    NoSuchMeeting,
    Party,
    called_off,
    cancel,
    entry,
    moved,
    request,
    uid_of,
)

TEN = datetime(2026, 3, 4, 18, 0, tzinfo=timezone(timedelta(hours=8)))
HOUR = timedelta(hours=1)
KICKOFF = Meeting(
    uid=uid_of("meeting_0123456789abcdefghjk"),
    sequence=0,
    start=TEN,
    end=TEN + HOUR,
    stamp=TEN - HOUR,
    title="Kickoff",
    organizer=Party("Host", "host@aboard.example"),
    attendees=(Party("Ana", "ana@client.example"), Party("Ben", "ben@client.example")),
)


def event_in(ics: bytes) -> Any:
    [event] = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    return event


def test_an_invitation_asks_everybody_for_an_answer() -> None:
    invite = request(KICKOFF)

    event = event_in(invite.ics)
    assert invite.method == "REQUEST"
    assert b"METHOD:REQUEST\r\n" in invite.ics
    assert [str(attendee) for attendee in event["ATTENDEE"]] == [
        "mailto:ana@client.example",
        "mailto:ben@client.example",
    ]
    assert all(attendee.params["RSVP"] == "TRUE" for attendee in event["ATTENDEE"])
    assert str(event["ORGANIZER"]) == "mailto:host@aboard.example"


def test_times_are_in_utc() -> None:
    assert b"DTSTART:20260304T100000Z\r\n" in request(KICKOFF).ics


def test_a_move_keeps_the_uid_and_raises_the_sequence() -> None:
    later = moved(KICKOFF, TEN + 24 * HOUR, TEN + 25 * HOUR, TEN)

    first, second = event_in(request(KICKOFF).ics), event_in(request(later).ics)
    assert first["UID"] == second["UID"] == "meeting_0123456789abcdefghjk@aboard"
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)


def test_a_cancellation_says_so_twice_and_raises_the_sequence() -> None:
    invite = cancel(called_off(KICKOFF, TEN))

    event = event_in(invite.ics)
    assert b"METHOD:CANCEL\r\n" in invite.ics
    assert (event["STATUS"], event["SEQUENCE"], event["UID"]) == ("CANCELLED", 1, KICKOFF.uid)


def test_what_a_calendar_stores_has_no_method() -> None:
    assert b"METHOD" not in entry(KICKOFF)


def test_the_same_meeting_gives_the_same_bytes() -> None:
    assert request(KICKOFF).ics == request(replace(KICKOFF)).ics


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_a_name_or_a_title_in_any_script_adds_no_line_of_its_own(name: str) -> None:
    meeting = replace(KICKOFF, title=name, attendees=(Party(name + "\r\nATTENDEE:mailto:x@y.example", "a@b.example"),))

    event = event_in(request(meeting).ics)

    assert str(event["ATTENDEE"]) == "mailto:a@b.example"
    assert str(event["ORGANIZER"]) == "mailto:host@aboard.example"
    assert event["UID"] == KICKOFF.uid


@pytest.mark.parametrize(
    "change",
    [
        {"uid": " "},
        {"sequence": -1},
        {"end": TEN},
        {"start": datetime(2026, 3, 4, 9, 0)},  # noqa: DTZ001
        {"stamp": datetime(2026, 3, 4, 9, 0)},  # noqa: DTZ001
    ],
)
def test_a_meeting_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(NoSuchMeeting):
        replace(KICKOFF, **change)  # type: ignore[arg-type]


def test_a_move_is_stamped_when_it_was_decided() -> None:
    assert event_in(request(called_off(KICKOFF, TEN)).ics)["DTSTAMP"].dt == TEN.astimezone(UTC)
