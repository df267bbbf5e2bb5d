"""A client at the portal who is led to the identity vendor's page."""

from uuid import uuid4

from api.door import Door
from records import identity_checks
from tests.api.portal.guest import Guest

LINK = "https://eu.onfido.app/l/0f1e2d3c-4b5a-4968-8776-655443322110"


async def a_check(door: Door, case_id: str, *, opened: bool = True) -> None:
    async with door.database.session() as session:
        check = await identity_checks.begin(
            session, case_id=case_id, step="verify", party="person", attempt=1, vendor="onfido"
        )
        if opened:
            await identity_checks.opened(session, door.vault, check, str(uuid4()), LINK)


async def test_a_check_that_waits_is_shown_with_the_vendor_s_page(guest: Guest, door: Door) -> None:
    await a_check(door, guest.case)

    shown = (await guest.get("/identity-checks")).json()

    assert [(one["party"], one["link"]) for one in shown] == [("person", LINK)]
    led = await guest.http.get("/portal/identity-check")
    assert (led.status_code, led.headers["location"]) == (303, LINK)


async def test_a_check_that_the_vendor_has_not_opened_leads_home(guest: Guest, door: Door) -> None:
    await a_check(door, guest.case, opened=False)

    assert (await guest.get("/identity-checks")).json() == []
    led = await guest.http.get("/portal/identity-check")
    assert (led.status_code, led.headers["location"]) == (303, "/portal")


async def test_the_task_names_the_page(guest: Guest) -> None:
    await guest.host.asks(guest.case, "verify", "identity_check")

    tasks = (await guest.get()).json()["tasks"]

    assert "/portal/identity-check" in [task["page"] for task in tasks]


async def test_a_stranger_is_led_nowhere(guest: Guest, door: Door) -> None:
    await a_check(door, guest.case)
    guest.http.cookies.clear()
    guest.http.headers.pop("authorization", None)

    led = await guest.http.get("/portal/identity-check")

    assert LINK not in led.headers.get("location", "")
