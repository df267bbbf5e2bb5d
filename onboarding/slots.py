"""Times that two people can meet at. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from onboarding.calendar import HORIZON, Calendar

STEP = timedelta(minutes=30)
NOTICE = timedelta(hours=24)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Slot:
    """A time that is free on both sides, in UTC, and as the client's clock shows it."""

    start: datetime
    end: datetime
    local: datetime


def slots(
    start: datetime,
    days: int,
    duration: timedelta,
    busy: Iterable[Span],
    client: Calendar,
    host: Calendar,
    min_notice: timedelta = NOTICE,
) -> list[Slot]:
    """Free times within `days` calendar days of `start`, on half hours of the client's clock, in working hours of both.

    Empty when their hours never meet: a person has to settle it then."""
    taken = sorted(busy)
    earliest = start + min_notice
    first = client.local(start).date()
    return [
        Slot(begin, begin + duration, begin.astimezone(client.zone))
        for day in (first + timedelta(days=n) for n in range(min(days, HORIZON) + 1))
        for begin in _grid(client, day, duration)
        if begin >= earliest and begin + duration <= start + timedelta(days=days)
        if _within(host, begin, duration) and not _collides(begin, begin + duration, taken)
    ]


def _grid(calendar: Calendar, day: date, duration: timedelta) -> Iterator[datetime]:
    if not calendar.is_working_day(day):
        return
    begin = calendar.at_local(day, calendar.opens).instant
    closes = calendar.at_local(day, calendar.closes).instant
    while begin + duration <= closes:
        yield begin
        begin += STEP


def _within(calendar: Calendar, begin: datetime, duration: timedelta) -> bool:
    local = calendar.local(begin)
    return calendar.is_open(begin) and begin + duration <= calendar.at_local(local.date(), calendar.closes).instant


def _collides(begin: datetime, end: datetime, taken: list[Span]) -> bool:
    return any(since < end and begin < until for since, until in taken)
