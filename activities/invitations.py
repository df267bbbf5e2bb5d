"""Invitations as iTIP (RFC 5546): one UID for the life of a meeting, a higher SEQUENCE for every change of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import icalendar

from onboarding.errors import Invalid

Method = Literal["REQUEST", "CANCEL"]
_PRODUCT = "-//Aboard//Client onboarding//EN"


class NoSuchMeeting(Invalid):
    """A meeting needs a UID, a sequence of zero or more, and an end after its start, both with their offset."""

    code = "no_such_meeting"


@dataclass(frozen=True)
class Party:
    """Somebody who takes part. Personal data: never a Temporal payload, never in a log."""

    name: str
    email: str


@dataclass(frozen=True)
class Meeting:
    """One meeting as invitations and calendars know it. `stamp` is when this sequence of it was decided: it comes from
    the caller, so that a repeated mail is the same to the byte."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    stamp: datetime
    title: str
    organizer: Party
    attendees: tuple[Party, ...]
    description: str = ""
    location: str = ""

    def __post_init__(self) -> None:
        aware = all(moment.tzinfo for moment in (self.start, self.end, self.stamp))
        if not (self.uid.strip() and self.sequence >= 0 and aware and self.start < self.end):
            raise NoSuchMeeting


@dataclass(frozen=True)
class Invite:
    """The calendar part of a mail."""

    method: Method
    ics: bytes


def uid_of(meeting_id: str) -> str:
    """The UID that a meeting keeps for ever."""
    return f"{meeting_id}@aboard"


def moved(meeting: Meeting, start: datetime, end: datetime, stamp: datetime) -> Meeting:
    """The same meeting at another time, one sequence later."""
    return replace(meeting, start=start, end=end, stamp=stamp, sequence=meeting.sequence + 1)


def called_off(meeting: Meeting, stamp: datetime) -> Meeting:
    """The meeting as its cancellation names it, one sequence later."""
    return replace(meeting, stamp=stamp, sequence=meeting.sequence + 1)


def request(meeting: Meeting) -> Invite:
    """Invites, or, with a higher sequence, tells that the meeting moved."""
    return Invite("REQUEST", _calendar(meeting, "REQUEST", "CONFIRMED"))


def cancel(meeting: Meeting) -> Invite:
    """Takes the invitation back; give it `called_off(meeting)`."""
    return Invite("CANCEL", _calendar(meeting, "CANCEL", "CANCELLED"))


def entry(meeting: Meeting) -> bytes:
    """The meeting as a calendar stores it: without METHOD, which a CalDAV server refuses."""
    return _calendar(meeting, None, "CONFIRMED")


def _calendar(meeting: Meeting, method: Method | None, status: str) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    calendar.add_component(_event(meeting, status))
    return bytes(calendar.to_ical())


def _event(meeting: Meeting, status: str) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.stamp.astimezone(UTC))
    event.add("dtstart", meeting.start.astimezone(UTC))  # UTC: no list of every change of clocks until 2038
    event.add("dtend", meeting.end.astimezone(UTC))
    event.add("status", status)
    for name, text in (
        ("summary", meeting.title),
        ("description", meeting.description),
        ("location", meeting.location),
    ):
        if text:
            event.add(name, text)
    event.add("organizer", _address(meeting.organizer))
    for attendee in meeting.attendees:
        event.add("attendee", _invited(attendee))
    return event


def _invited(party: Party) -> icalendar.vCalAddress:
    address = _address(party)
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = "NEEDS-ACTION"
    address.params["RSVP"] = "TRUE"
    return address


def _address(party: Party) -> icalendar.vCalAddress:
    address = icalendar.vCalAddress(f"mailto:{_one_line(party.email)}")
    address.params["CN"] = _one_line(party.name)
    return address


def _one_line(text: str) -> str:
    # a parameter knows no escape for these, so a name could otherwise add a line of its own
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable() and sign != '"')
