from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.calendar import Calendar
from onboarding.slots import slots

LONDON = Calendar("GB", "Europe/London")
KUALA_LUMPUR = Calendar("MY", "Asia/Kuala_Lumpur")
PLACES = [LONDON, KUALA_LUMPUR, Calendar("SA", "Asia/Riyadh"), Calendar("AU", "Australia/Lord_Howe")]

calendars = st.sampled_from(PLACES)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(deadline=None)
@given(calendars, calendars, moments, st.integers(1, 10), st.integers(1, 4))
def test_slots_lie_in_working_hours_of_both_and_never_on_a_busy_time(
    client: Calendar, host: Calendar, start: datetime, days: int, quarters: int
) -> None:
    duration = timedelta(minutes=15 * quarters)
    busy = [(start + timedelta(hours=30), start + timedelta(hours=33))]

    for slot in slots(start, days, duration, busy, client, host):
        assert client.is_open(slot.start)
        assert host.is_open(slot.start)
        assert slot.end <= busy[0][0] or slot.start >= busy[0][1]
        assert start + timedelta(hours=24) <= slot.start
        assert slot.end <= start + timedelta(days=days)
        assert slot.local == slot.start


def test_slots_are_shown_by_the_clients_clock() -> None:
    start = datetime(2026, 3, 4, tzinfo=ZoneInfo("Asia/Kuala_Lumpur"))

    found = slots(start, 2, timedelta(hours=1), [], KUALA_LUMPUR, Calendar("AE", "Asia/Dubai"))

    assert f"{found[0].local:%d %H:%M}" == "05 13:00"


def test_people_whose_hours_never_meet_have_no_slots() -> None:
    start = datetime(2026, 3, 4, tzinfo=UTC)

    assert slots(start, 5, timedelta(hours=1), [], KUALA_LUMPUR, LONDON) == []  # 17:00 there is 09:00 here
