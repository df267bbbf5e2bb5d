"""What the outside shows, asked without our own code in between: the directory, the calendar, the sealed paper."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import cast

import httpx2
from caldav.calendarobjectresource import CalendarObjectResource
from caldav.davclient import DAVClient

from activities.vendors.seal import SealVerdict, verify
from onboarding.settings import Settings


async def accounts(settings: Settings, case: str) -> int:
    """How many accounts the directory holds for a case."""
    headers = {"Authorization": f"Bearer {settings.directory.token.get_secret_value()}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20) as http:
        answer = await http.get(f"{settings.directory.url}/Users", params={"filter": f'externalId eq "{case}"'})
        return int(answer.raise_for_status().json()["totalResults"])


async def events(settings: Settings) -> Counter[str]:
    """Every entry of the calendar, by its UID."""
    return await asyncio.to_thread(_events, settings)


def _events(settings: Settings) -> Counter[str]:
    calendar, secret = settings.calendar, settings.calendar.password.get_secret_value()
    with DAVClient(
        calendar.url, username=calendar.username, password=secret, auth_type="basic", enable_rfc6764=False
    ) as client:
        found = (one.get_events() for one in client.get_calendars(client.get_principal()))
        held = (event for events in found for event in cast(list[CalendarObjectResource], events))
        return Counter(str(event.icalendar_component["UID"]) for event in held)


async def sealed(pdf: bytes, pki: Path) -> SealVerdict:
    return await asyncio.to_thread(verify, pdf, pki / "root.pem")
