import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from caldav.davclient import DAVClient

from activities.invitations import Meeting, Party, entry, moved
from activities.seams import Booking, CalendarVendor, CredentialsRefused
from activities.vendors import caldav
from onboarding.errors import Unavailable
from tests.activities.vendors import free_port

TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KICKOFF = Meeting(
    uid="meeting_0123456789abcdefghjk@aboard",
    sequence=0,
    start=TEN,
    end=TEN + HOUR,
    stamp=TEN - HOUR,
    title='Kickoff; 打合せ, with "quotes"',
    organizer=Party("Host", "host@aboard.example"),
    attendees=(Party("Ana", "ana@client.example"),),
)
WEEK = TEN - timedelta(days=3), TEN + timedelta(days=3)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real CalDAV server."""
    folder, port = tmp_path_factory.mktemp("radicale"), free_port()
    (folder / "users").write_text("aboard:secret\n")
    (folder / "config").write_text(_config(folder, port))
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
        server = subprocess.Popen(command, stderr=log)
    _wait_for(port)
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.wait(10)


def _config(folder: Path, port: int) -> str:
    return f"""[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
"""


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            urlopen(f"http://127.0.0.1:{port}/.web/").close()
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("radicale did not come up")


@pytest.fixture
async def calendar(radicale: str) -> AsyncIterator[CalendarVendor]:
    vendor = caldav.CalendarVendor(radicale, "aboard", "secret")
    yield vendor
    await vendor.remove(KICKOFF.uid)


def stored(radicale: str) -> list[str]:
    with DAVClient(radicale, username="aboard", password="secret") as client:
        [home] = client.get_calendars(client.get_principal())
        return [str(event.data) for event in home.get_events()]  # type: ignore[union-attr]


async def test_a_meeting_is_booked_once_however_often_it_is_put(calendar: CalendarVendor, radicale: str) -> None:
    for _ in range(3):
        await calendar.put(KICKOFF)

    [held] = stored(radicale)
    assert await calendar.find(KICKOFF.uid) == Booking(KICKOFF.uid, 0, TEN, TEN + HOUR)
    assert "METHOD" not in held


async def test_a_moved_meeting_keeps_its_uid_and_the_sequence_it_was_given(
    calendar: CalendarVendor, radicale: str
) -> None:
    await calendar.put(KICKOFF)
    later = moved(KICKOFF, TEN + 24 * HOUR, TEN + 25 * HOUR, TEN)

    booked = await calendar.put(later)

    assert len(stored(radicale)) == 1
    assert booked == await calendar.find(KICKOFF.uid)
    assert (booked.sequence, booked.start) == (1, TEN + 24 * HOUR)


async def test_a_late_retry_does_not_undo_a_move(calendar: CalendarVendor) -> None:
    await calendar.put(moved(KICKOFF, TEN + 24 * HOUR, TEN + 25 * HOUR, TEN))

    booked = await calendar.put(KICKOFF)

    assert booked.start == TEN + 24 * HOUR


async def test_an_entry_that_lies_under_another_address_is_found_by_its_uid(
    calendar: CalendarVendor, radicale: str
) -> None:
    await calendar.find(KICKOFF.uid)
    with DAVClient(radicale, username="aboard", password="secret") as client:
        client.put(
            f"{radicale}aboard/meetings/elsewhere.ics", entry(KICKOFF).decode(), {"Content-Type": "text/calendar"}
        )

    await calendar.put(replace(KICKOFF, sequence=1))

    assert len(stored(radicale)) == 1


async def test_a_removed_meeting_is_gone_and_may_be_removed_again(calendar: CalendarVendor) -> None:
    await calendar.put(KICKOFF)

    await calendar.remove(KICKOFF.uid)
    await calendar.remove(KICKOFF.uid)

    assert await calendar.find(KICKOFF.uid) is None


async def test_the_host_is_busy_while_a_meeting_lasts(calendar: CalendarVendor) -> None:
    assert await calendar.busy(*WEEK) == []

    await calendar.put(KICKOFF)

    assert await calendar.busy(*WEEK) == [(TEN, TEN + HOUR)]
    assert await calendar.busy(TEN + 2 * HOUR, TEN + 3 * HOUR) == []


async def test_wrong_credentials_and_a_server_that_is_away_are_told_apart(radicale: str) -> None:
    with pytest.raises(CredentialsRefused):
        await caldav.CalendarVendor(radicale, "aboard", "wrong").find(KICKOFF.uid)
    with pytest.raises(Unavailable):
        await caldav.CalendarVendor(f"http://127.0.0.1:{free_port()}/", "aboard", "secret").find(KICKOFF.uid)
