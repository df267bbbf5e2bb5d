from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding import calendar
from onboarding.calendar import Calendar
from onboarding.errors import Invalid

PLACES = [
    ("GB", "Europe/London"),
    ("US", "America/St_Johns"),
    ("MY", "Asia/Kuala_Lumpur"),
    ("AU", "Australia/Lord_Howe"),  # its clocks move by half an hour
    ("MA", "Africa/Casablanca"),  # its clocks move for Ramadan
    ("SA", "Asia/Riyadh"),
    ("IL", "Asia/Jerusalem"),
    ("IR", "Asia/Tehran"),
    ("NP", "Asia/Kathmandu"),
    ("KI", "Pacific/Kiritimati"),
    ("CL", "America/Santiago"),  # its clocks jump over midnight
    ("CN", "Asia/Shanghai"),  # its holidays are made up for on Sundays
    ("SE", "Europe/Stockholm"),
]
LONDON = Calendar("GB", "Europe/London", region="ENG")  # the region has Easter Monday, the country has not
KUALA_LUMPUR = Calendar("MY", "Asia/Kuala_Lumpur")
RIYADH = Calendar("SA", "Asia/Riyadh")

calendars = st.sampled_from(PLACES).map(lambda place: Calendar(*place))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
dates = st.dates(date(2024, 1, 1), date(2032, 12, 31))
times = st.times()


def at(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_a_weekday_morning_stays_where_it_is() -> None:
    moment = LONDON.roll(at("2026-03-04T10:00"))

    assert moment.effective == moment.nominal
    assert moment.reason is None


@pytest.mark.parametrize(
    ("given_time", "effective", "reason"),
    [
        ("2026-03-07T12:00", "2026-03-09T09:00", "weekend"),
        ("2026-04-03T12:00", "2026-04-07T09:00", "holiday:gb"),  # Good Friday to the Tuesday after Easter
        ("2026-03-04T07:59", "2026-03-04T09:00", "outside_hours"),
        ("2026-03-04T17:00", "2026-03-05T09:00", "outside_hours"),
        ("2026-03-06T18:00", "2026-03-09T09:00", "outside_hours"),  # the first obstacle is named
    ],
)
def test_a_time_nobody_works_at_rolls_forward_and_says_why(given_time: str, effective: str, reason: str) -> None:
    moment = LONDON.roll(at(given_time))

    assert moment.effective == at(effective)
    assert moment.reason == reason


@pytest.mark.parametrize(
    ("given_time", "effective", "reason"),
    [
        ("2026-03-04T10:00", "2026-03-04T10:00", None),
        ("2026-03-07T12:00", "2026-03-06T09:00", "weekend"),
        ("2026-04-06T12:00", "2026-04-02T09:00", "holiday:gb"),  # Easter Monday to the Thursday before Good Friday
        ("2026-03-04T17:00", "2026-03-04T09:00", "outside_hours"),
        ("2026-03-09T08:59", "2026-03-06T09:00", "outside_hours"),
    ],
)
def test_what_must_not_be_late_rolls_back_and_says_why(given_time: str, effective: str, reason: str | None) -> None:
    moment = LONDON.roll_back(at(given_time))

    assert moment.effective == at(effective)
    assert moment.reason == reason


@pytest.mark.parametrize(
    ("place", "given_time", "effective", "reason"),
    [
        (LONDON, "2026-03-04T15:59", "2026-03-04T15:59", None),
        (LONDON, "2026-03-04T16:00", "2026-03-05T09:00", "outside_hours"),
        (LONDON, "2026-03-06T14:00", "2026-03-09T09:00", "end_of_week"),
        (LONDON, "2026-04-02T14:30", "2026-04-07T09:00", "end_of_week"),  # Thursday before Good Friday
        (RIYADH, "2026-03-05T14:30", "2026-03-08T09:00", "end_of_week"),  # Thursday; Sunday is a working day
        (RIYADH, "2026-03-08T10:30", "2026-03-08T10:30", None),
    ],
)
def test_a_mail_waits_for_a_quiet_time_to_end(
    place: Calendar, given_time: str, effective: str, reason: str | None
) -> None:
    moment = place.mail_time(at(given_time, place.timezone))

    assert moment.effective == at(effective, place.timezone)
    assert moment.reason == reason


@settings(deadline=None)
@given(calendars, moments)
def test_a_rolled_time_is_in_working_hours_never_earlier_and_stays_put(place: Calendar, moment: datetime) -> None:
    rolled = place.roll(moment)

    assert place.is_open(rolled.effective)
    assert rolled.effective >= moment
    assert (rolled.reason is None) == (rolled.effective == moment)
    assert place.roll(rolled.effective).reason is None


@settings(deadline=None)
@given(calendars, moments)
def test_a_time_rolled_back_is_in_working_hours_never_later_and_stays_put(place: Calendar, moment: datetime) -> None:
    rolled = place.roll_back(moment)

    assert place.is_open(rolled.effective)
    assert rolled.effective <= moment
    assert (rolled.reason is None) == (rolled.effective == moment)
    assert place.roll_back(rolled.effective).reason is None


@settings(deadline=None)
@given(calendars, moments)
def test_a_mail_is_never_sent_in_quiet_hours(place: Calendar, moment: datetime) -> None:
    local = place.local(place.mail_time(moment).effective)

    assert place.is_working_day(local.date())
    assert time(9) <= local.time() < (time(14) if place.ends_week(local.date()) else time(16))


@settings(deadline=None)
@given(calendars, dates, st.integers(-60, 60))
def test_business_days_are_counted_one_by_one(place: Calendar, start: date, n: int) -> None:
    end = place.business_day(start, n)

    low, high = sorted([start, end])
    between = [low + timedelta(days=i) for i in range((high - low).days + 1)]
    worked = [day for day in between if place.is_working_day(day) and (day != start or n == 0)]
    assert place.is_working_day(end)
    assert len(worked) == max(abs(n), 1)


@settings(deadline=None)
@given(calendars, dates, times)
def test_a_wall_time_is_what_the_clocks_show_unless_they_skip_it(place: Calendar, day: date, wall: time) -> None:
    found = place.at_local(day, wall)

    shown = found.instant.astimezone(place.zone).replace(tzinfo=None)
    assert (shown == datetime.combine(day, wall)) == (found.note != "clock_skipped")


@pytest.mark.parametrize(
    ("zone", "day", "wall", "instant", "note"),
    [
        ("Europe/London", date(2026, 3, 29), time(1, 30), "2026-03-29T01:30:00+00:00", "clock_skipped"),
        ("Europe/London", date(2026, 10, 25), time(1, 30), "2026-10-25T00:30:00+00:00", "clock_repeated"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45:00+00:00", "clock_skipped"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04T14:45:00+00:00", "clock_repeated"),
        ("Africa/Casablanca", date(2026, 2, 15), time(2, 30), "2026-02-15T01:30:00+00:00", "clock_repeated"),
        ("Asia/Kuala_Lumpur", date(2026, 3, 29), time(1, 30), "2026-03-28T17:30:00+00:00", None),
    ],
)
def test_a_clock_that_jumps_is_resolved_and_explained(
    zone: str, day: date, wall: time, instant: str, note: str | None
) -> None:
    found = Calendar("GB", zone).at_local(day, wall)

    assert found.instant == datetime.fromisoformat(instant)
    assert found.note == note


def test_business_days_keep_the_local_hour_across_a_change_of_clocks() -> None:
    friday = at("2026-03-27T15:00")

    assert LONDON.add_business_days(friday, 1) == at("2026-03-30T15:00")
    assert at("2026-03-30T15:00").utcoffset() != friday.utcoffset()


def test_swedish_christmas_eve_and_a_malaysian_federal_day_are_off() -> None:
    assert Calendar("SE", "Europe/Stockholm").closed(date(2026, 12, 24)) == "holiday:se"
    assert KUALA_LUMPUR.closed(date(2026, 8, 31)) == "holiday:my"


def test_a_region_has_its_own_weekend() -> None:
    friday = date(2026, 3, 6)

    assert Calendar("MY", "Asia/Kuala_Lumpur", region="03").closed(friday) == "weekend"
    assert KUALA_LUMPUR.closed(friday) is None


def test_a_check_in_keeps_its_nominal_date_and_rolls_to_ten_in_the_morning() -> None:
    moment = LONDON.check_in(at("2026-02-05T16:00"), 30)  # a Saturday

    assert moment.nominal == at("2026-03-07T10:00")
    assert moment.effective == at("2026-03-09T10:00")
    assert moment.reason == "weekend"


def test_a_check_in_rolls_back_rather_than_across_a_milestone() -> None:
    moment = LONDON.check_in(at("2026-05-01T10:00"), 30, not_after=date(2026, 5, 31))  # a Sunday

    assert moment.effective == at("2026-05-29T10:00")


def test_check_ins_are_counted_from_the_anchor_not_from_each_other() -> None:
    anchor = at("2026-02-02T10:00")

    plain = LONDON.check_ins(anchor)
    late = LONDON.check_ins(anchor, moved={30: at("2026-03-12T10:00")})

    assert late[1:] == plain[1:]
    assert late[0].moment.reason == "moved"


def test_a_check_in_less_than_fifteen_days_before_the_next_is_merged_into_it() -> None:
    merged = LONDON.check_ins(at("2026-02-02T10:00"), moved={30: at("2026-03-25T10:00")})

    assert [(found.day, found.includes) for found in merged] == [(60, (30,)), (90, ())]


@settings(deadline=None)
@given(calendars, moments, st.integers(1, 200))
def test_a_check_in_is_at_ten_on_a_working_day_not_before_its_nominal_one(
    place: Calendar, anchor: datetime, days: int
) -> None:
    moment = place.check_in(anchor, days)

    local = place.local(moment.effective)
    assert (local.time(), place.is_working_day(local.date())) == (time(10), True)
    assert moment.effective >= moment.nominal
    assert place.local(moment.nominal).date() - place.local(anchor).date() == timedelta(days=days)


@pytest.mark.parametrize("zone", ["Kuala_Lumpur", "", "../UTC", "/etc/passwd", "localtime", "Mars/Olympus", "UTC+25"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        Calendar("GB", zone)

    assert refused.value.reason == "unknown_timezone"


@pytest.mark.parametrize("country", ["", "ZZ", "gb", "GBR", "XECB", "England"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(Invalid) as refused:
        Calendar(country, "UTC")

    assert refused.value.reason == "unknown_country"


def test_an_unknown_region_or_impossible_hours_are_refused() -> None:
    with pytest.raises(calendar.UnknownRegion):
        Calendar("MY", "UTC", region="NSW")
    with pytest.raises(calendar.NoSuchHours):
        Calendar("MY", "UTC", opens=time(17), closes=time(9))


def test_a_time_without_an_offset_or_out_of_reach_is_refused() -> None:
    with pytest.raises(calendar.NotAware):
        LONDON.roll(datetime(2026, 3, 4))  # noqa: DTZ001
    with pytest.raises(calendar.OutOfRange):
        LONDON.roll(datetime.max.replace(tzinfo=UTC))
    with pytest.raises(calendar.OutOfRange):
        LONDON.business_day(date(2026, 3, 4), 10**9)


def test_every_known_country_has_a_working_day_in_every_week() -> None:
    for code in sorted(calendar._country_codes()):
        place = Calendar(code, "UTC")
        assert place.business_day(date(2026, 6, 1), 1) <= date(2026, 6, 12), code
