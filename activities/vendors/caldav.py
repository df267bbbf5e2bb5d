"""The host's calendar by CalDAV (RFC 4791). Its server sends no invitations: those are mails of our own."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TypeVar, cast
from urllib.parse import quote

import icalendar
from caldav.calendarobjectresource import CalendarObjectResource
from caldav.collection import Calendar
from caldav.davclient import DAVClient
from caldav.lib import error

from activities.invitations import Meeting, entry
from activities.seams import Booking, CredentialsRefused
from onboarding.errors import Invalid, OnboardingError, Unavailable

SECONDS = 20  # a calendar that says nothing for so long is asked again later

Result = TypeVar("Result")


class CalendarRefused(Invalid):
    """The calendar does not take this entry."""

    code = "calendar_refused"


class CalendarVendor:
    """One calendar of one user, by its name; it is made when it is missing. `url` is where the server is found: its
    root or the user's principal."""

    def __init__(self, url: str, user: str, password: str, calendar: str = "meetings") -> None:
        self._url, self._user, self._password, self._calendar = url, user, password, calendar
        self._found: str | None = None

    async def find(self, uid: str) -> Booking | None:
        return await self._ask(lambda calendar: _booking(_event(calendar, uid)))

    async def put(self, meeting: Meeting) -> Booking:
        return await self._ask(lambda calendar: _put(calendar, meeting))

    async def remove(self, uid: str) -> None:
        await self._ask(lambda calendar: _remove(calendar, uid))

    async def busy(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """All-day entries count as days in UTC; cancelled and transparent ones do not count."""
        return await self._ask(lambda calendar: _busy(calendar, start, end))

    async def _ask(self, deed: Callable[[Calendar], Result]) -> Result:
        # a client for each deed, in a thread: the library's async side is new, and its sessions are not shared
        return await asyncio.to_thread(self._do, deed)

    def _do(self, deed: Callable[[Calendar], Result]) -> Result:
        try:
            with self._client() as client:
                self._found = self._found or _locate(client, self._calendar)
                return deed(Calendar(client, url=self._found))
        except (error.DAVError, OSError) as failure:
            self._found = None
            raise _our_error(failure) from None  # theirs quotes the entry

    def _client(self) -> DAVClient:
        return DAVClient(
            self._url,
            username=self._user,
            password=self._password,
            auth_type="basic",
            timeout=SECONDS,
            enable_rfc6764=False,  # no look-ups beside the address that is set
        )


def _locate(client: DAVClient, name: str) -> str:
    principal = client.get_principal()
    for calendar in client.get_calendars(principal):
        if str(calendar.url).rstrip("/").endswith(f"/{quote(name)}") or calendar.get_display_name() == name:
            return str(calendar.url)
    return str(cast(Calendar, principal.make_calendar(name=name, cal_id=name)).url)


def _event(calendar: Calendar, uid: str) -> CalendarObjectResource | None:
    try:
        return cast(CalendarObjectResource, calendar.get_event_by_uid(uid))  # its type has the async answer too
    except error.NotFoundError:
        return None


def _booking(event: CalendarObjectResource | None) -> Booking | None:
    if event is None:
        return None
    held = event.icalendar_component
    start, end = _span(held)
    return Booking(str(held["UID"]), int(held.get("SEQUENCE", 0)), start, end)


def _put(calendar: Calendar, meeting: Meeting) -> Booking:
    held = _event(calendar, meeting.uid)
    booked = _booking(held)
    if booked and booked.sequence >= meeting.sequence:
        return booked
    # the address follows from the UID, so that two who book at once write the same entry
    url = str(held.url) if held else f"{str(calendar.url).rstrip('/')}/{quote(meeting.uid, safe='')}.ics"
    answer = _client(calendar).put(url, entry(meeting).decode(), {"Content-Type": "text/calendar; charset=utf-8"})
    if answer.status >= 400:
        raise error.PutError(status=answer.status)
    return Booking(meeting.uid, meeting.sequence, meeting.start.astimezone(UTC), meeting.end.astimezone(UTC))


def _remove(calendar: Calendar, uid: str) -> None:
    event = _event(calendar, uid)
    if event is None:
        return
    answer = _client(calendar).delete(str(event.url))
    if answer.status >= 400 and answer.status not in {404, 410}:
        raise error.DeleteError(status=answer.status)


def _busy(calendar: Calendar, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    found = cast(list[CalendarObjectResource], calendar.search(start=start, end=end, event=True, expand=True))
    held = (event.icalendar_component for event in found)
    return sorted(_span(entry) for entry in held if _takes_time(entry))


def _takes_time(held: icalendar.Event) -> bool:
    return str(held.get("STATUS")) != "CANCELLED" and str(held.get("TRANSP")) != "TRANSPARENT"


def _client(calendar: Calendar) -> DAVClient:
    return cast(DAVClient, calendar.client)


def _span(held: icalendar.Event) -> tuple[datetime, datetime]:
    return _instant(held.start), _instant(held.end)


def _instant(moment: date | datetime) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _our_error(failure: Exception) -> OnboardingError:
    if isinstance(failure, error.AuthorizationError):
        return CredentialsRefused("The calendar does not accept our credentials.")
    status = getattr(failure, "status", None) or 503
    if isinstance(failure, error.DAVError) and 400 <= status < 500 and status not in {404, 408, 409, 423, 429}:
        return CalendarRefused(f"The calendar does not take this entry ({status}).")
    return Unavailable("The calendar does not answer.")
