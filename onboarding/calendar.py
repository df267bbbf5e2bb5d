"""Working days, local hours and what they do to a date: it is rolled, and it says why.

Pure, but its data changes under it (holidays, zones): workflows get its results from activities.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays

from onboarding.case import Moment
from onboarding.errors import Invalid

OPENS, CLOSES = time(9), time(17)
QUIET_UNTIL, QUIET_FROM = time(9), time(16)  # a mail late in the day waits unread over night
WEEK_ENDS = time(14)  # after this, on the last working day of a week, a mail is lost in the weekend
MEETS_AT = time(10)
MINIMUM_GAP = timedelta(days=15)  # two check-ins nearer than this are one
CLOSED = {"public", "bank", "de_facto"}  # the public list alone has no Swedish Christmas Eve
FIRST, LAST = date(1970, 1, 1), date(2199, 1, 1)
TYPICAL = 2026  # a year that every country's data covers
HORIZON = 5000  # business days; more than any process here lasts

Shut = Callable[[date, time], str | None]  # why this time of this working day is too late, if it is


class UnknownCountry(Invalid):
    """This country is not known: use two capital letters of ISO 3166-1."""

    code = "unknown_country"


class UnknownRegion(Invalid):
    """This country has no such region: use a subdivision of ISO 3166-2."""

    code = "unknown_region"


class UnknownTimeZone(Invalid):
    """This time zone is not known: use a name such as Asia/Kuala_Lumpur."""

    code = "unknown_timezone"


class NoSuchHours(Invalid):
    """Working hours must open before they close."""

    code = "no_such_hours"


class OutOfRange(Invalid):
    """This date is too far away to be worked with."""

    code = "date_out_of_range"


class NotAware(Invalid):
    """A time needs its offset from UTC."""

    code = "time_without_offset"


@dataclass(frozen=True)
class Wall:
    """A local wall time in its zone and the instant it stands for: store the first three, compute the last late.

    `note` is `clock_skipped` when the clocks jump over this time (the instant lies as far behind the jump) and
    `clock_repeated` when they show it twice (the instant is the first)."""

    zone: str
    day: date
    time: time
    instant: datetime
    note: str | None = None


@dataclass(frozen=True)
class CheckInDate:
    """When a check-in is held. `includes` names the earlier ones that lie too near and are merged into it."""

    day: int
    moment: Moment
    includes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The working time of one person: their country (and region), their zone, their hours."""

    country: str
    timezone: str
    region: str | None = None
    opens: time = OPENS
    closes: time = CLOSES
    zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise NoSuchHours
        _days_off(self.country, self.region, TYPICAL)
        object.__setattr__(self, "zone", known_zone(self.timezone))

    # days

    def closed(self, day: date) -> str | None:
        """Why nobody works on this day (`weekend`, `holiday:my`), or None on a working day."""
        days = _days_off(self.country, self.region, _in_range(day).year)
        if days.is_working_day(day):
            return None
        return "weekend" if days.is_weekend(day) else f"holiday:{self.country.lower()}"

    def is_working_day(self, day: date) -> bool:
        return self.closed(day) is None

    def ends_week(self, day: date) -> bool:
        """Is this the last working day before a weekend? Friday, Thursday, or the day before a holiday that is."""
        if not self.is_working_day(day):
            return False
        later = day + timedelta(days=1)
        while (why := self.closed(later)) and why != "weekend":
            later += timedelta(days=1)
        return why == "weekend"

    def business_day(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it, when n is negative); with 0 the day itself or the next."""
        if abs(n) > HORIZON:
            raise OutOfRange
        step, left = (1 if n >= 0 else -1), abs(n)
        if n == 0:
            day, left = day - timedelta(days=1), 1
        while left:
            day = _in_range(day + timedelta(days=step))
            left -= self.is_working_day(day)
        return day

    def add_business_days(self, start: datetime, n: int) -> datetime:
        """The n-th working day from `start` (0: the next, if that is none), at the same local wall time, in UTC."""
        local = self.local(start)
        return self.at_local(self.business_day(local.date(), n), local.time()).instant

    # times

    def local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise NotAware
        try:
            local = moment.astimezone(self.zone)
        except OverflowError:
            raise OutOfRange from None
        _in_range(local.date())
        return local

    def at_local(self, day: date, wall: time) -> Wall:
        """The instant at which the clocks here show this time; says so when they skip or repeat it."""
        naive = datetime.combine(_in_range(day), wall.replace(tzinfo=None, fold=0))
        first, second = (naive.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        note = None if first == second else "clock_repeated" if first < second else "clock_skipped"
        return Wall(self.timezone, day, wall, first, note)

    def is_open(self, moment: datetime) -> bool:
        local = self.local(moment)
        return self.is_working_day(local.date()) and self.opens <= local.time() < self.closes

    def roll(self, moment: datetime) -> Moment:
        """The first working time at or after `moment`; the reason is the first thing that stood in the way."""
        return self._first(moment, self.opens, lambda _, wall: "outside_hours" if wall >= self.closes else None)

    def roll_back(self, moment: datetime) -> Moment:
        """`moment` where somebody works then, else the morning of the last working day that began before it: for what
        must not be later than a date."""
        if self.is_open(moment):
            return _moment(moment, moment, None)
        local = self.local(moment)
        after = local.date() + timedelta(days=1) if local.time() >= self.opens else local.date()
        morning = self.at_local(self.business_day(after, -1), self.opens)
        return _moment(moment, morning.instant, self.closed(local.date()) or "outside_hours")

    def mail_time(self, moment: datetime) -> Moment:
        """The first time at or after `moment` at which a mail may be sent: the quiet rules.

        Not before 09:00, not after 16:00, and not after 14:00 (`end_of_week`) when the next day begins a weekend."""
        return self._first(moment, QUIET_UNTIL, self._mail_shut)

    def _mail_shut(self, day: date, wall: time) -> str | None:
        if wall >= QUIET_FROM:
            return "outside_hours"
        return "end_of_week" if wall >= WEEK_ENDS and self.ends_week(day) else None

    def _first(self, moment: datetime, opens: time, shut: Shut) -> Moment:
        local, reason = self.local(moment), None
        day, wall = local.date(), local.time()
        while why := self.closed(day) or shut(day, wall):
            reason = reason or why
            day, wall = day + timedelta(days=1), time.min
        if wall < opens:
            reason, wall = reason or "outside_hours", opens
        return _moment(moment, self.at_local(day, wall).instant if reason else moment, reason)

    # check-ins

    def check_in(self, anchor: datetime, days: int, *, not_after: date | None = None) -> Moment:
        """Calendar days from the anchor's local date, at 10:00, rolled forward to a working day.

        With `not_after` (a milestone, such as a quarter's end) it is rolled back instead of across it."""
        if abs(days) > HORIZON:
            raise OutOfRange
        nominal = _in_range(self.local(anchor).date() + timedelta(days=days))
        reason, day = self.closed(nominal), self.business_day(nominal, 0)
        if not_after and nominal <= not_after < day:
            day = self.business_day(nominal, -1)
        wall = self.at_local(day, MEETS_AT)
        return _moment(self.at_local(nominal, MEETS_AT).instant, wall.instant, reason)

    def check_ins(
        self, anchor: datetime, days: Sequence[int] = (30, 60, 90), moved: dict[int, datetime] | None = None
    ) -> list[CheckInDate]:
        """All check-ins from the nominal anchor, so that one held late does not push the next.

        `moved` holds the times of those that were moved; one that lies less than 15 days before the next merges."""
        plan: list[CheckInDate] = []
        for day in sorted(days):
            moment = self.check_in(anchor, day)
            if moved and day in moved:
                moment = Moment(nominal=moment.nominal, effective=moved[day], reason="moved")
            includes: tuple[int, ...] = ()
            if plan and too_near(plan[-1].moment.effective, moment.effective):
                near = plan.pop()
                includes = (*near.includes, near.day)
            plan.append(CheckInDate(day, moment, includes))
        return plan


def too_near(held: datetime, following: datetime) -> bool:
    return following - held < MINIMUM_GAP


def known_zone(name: str) -> ZoneInfo:
    """The zone of this name, or UnknownTimeZone."""
    if name not in _zone_names():
        raise UnknownTimeZone
    return ZoneInfo(name)


def check_country(code: str) -> None:
    """Raises UnknownCountry for a code that has no calendar."""
    _days_off(code, None, TYPICAL)


def _moment(nominal: datetime, effective: datetime, reason: str | None) -> Moment:
    return Moment(nominal=nominal.astimezone(UTC), effective=effective.astimezone(UTC), reason=reason)


def _in_range(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise OutOfRange
    return day


@functools.cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


@functools.lru_cache(maxsize=2000)
def _days_off(country: str, region: str | None, year: int) -> holidays.HolidayBase:
    # one object a year, never expanded: they are shared by threads
    if country not in _country_codes():
        raise UnknownCountry
    known = holidays.country_holidays(country).supported_categories
    try:
        return holidays.country_holidays(
            country, subdiv=region, years=year, expand=False, categories=CLOSED.intersection(known) or known
        )
    except NotImplementedError:  # so the library says that it does not know a region
        raise UnknownRegion from None


@functools.cache
def _country_codes() -> frozenset[str]:
    return frozenset(names[1] for names in holidays.registry.COUNTRIES.values())
