"""Links and sessions: opening a link uses nothing up, exchanging it does, and a lost answer costs none."""

import asyncio
from datetime import timedelta

import pytest

from api.portal.access import Pulse, visit_of
from onboarding.case import CaseStatus
from records.links import Purpose
from tests.api.house import FakeEngine
from tests.api.portal.guest import Guest, Host


async def test_a_link_is_exchanged_for_a_session(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())

    answer = await guest.enters()

    assert answer.status_code == 201
    assert answer.json()["name"] == "Zephyrine Quillfeather"
    assert (await guest.get()).json()["case"] == guest.case


async def test_the_cookie_alone_opens_the_page_and_cannot_be_read_by_scripts(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())

    answer = await guest.post("/sessions", {"token": await host.link(guest.case)})

    assert "httponly" in answer.headers["set-cookie"].lower()
    assert (await guest.get()).status_code == 200


async def test_a_link_opens_one_session_only(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())
    token = await host.link(guest.case)
    await guest.post("/sessions", {"token": token})

    again = await guest.post("/sessions", {"token": token})

    assert (again.status_code, again.json()["code"]) == (410, "link_used")


async def test_the_same_exchange_again_gets_the_same_session(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())
    token = await host.link(guest.case)

    first = await guest.post("/sessions", {"token": token}, key="k")
    again = await guest.post("/sessions", {"token": token}, key="k")

    assert first.json() == again.json()


async def test_of_many_exchanges_at_once_one_gets_a_session(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())
    token = await host.link(guest.case)

    answers = await asyncio.gather(*(guest.post("/sessions", {"token": token}) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201, 410, 410, 410, 410, 410]


async def test_an_old_link_says_so(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())
    token = await host.link(guest.case, valid_for=timedelta(0))

    answer = await guest.post("/sessions", {"token": token})

    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")


async def test_a_link_of_a_survey_opens_no_session(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())
    token = await host.link(guest.case, Purpose.SURVEY, "survey_1")

    assert (await guest.post("/sessions", {"token": token})).json()["code"] == "link_unknown"


async def test_who_leaves_is_out(guest: Guest) -> None:
    await guest.http.delete("/api/v1/portal/sessions")

    assert (await guest.get()).json()["code"] == "session_over"


async def test_without_a_session_there_is_nothing_to_see(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens())

    assert (await guest.get()).json()["code"] == "unauthenticated"


async def test_a_post_needs_an_idempotency_key(guest: Guest) -> None:
    answer = await guest.http.post("/api/v1/portal/forms/profile/submission", json={})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
async def test_another_site_cannot_make_a_browser_act(host: Host, engine: FakeEngine, headers: dict[str, str]) -> None:
    guest = Guest(host, engine, await host.opens())
    await guest.post("/sessions", {"token": await host.link(guest.case)})
    guest.http.headers.update(headers)

    answer = await guest.post("/forms/profile/submission", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


async def test_a_client_at_the_door_is_a_sign_of_life_once_a_minute(guest: Guest) -> None:
    await guest.get()
    await guest.get()

    assert [(message.step, message.what) for _, message in guest.engine.heard] == [("collect", "sign_of_life")]


async def test_after_a_minute_it_is_told_again(guest: Guest) -> None:
    now = 0.0
    pulse = Pulse(lambda: now)
    visit = await visit_of(guest.door, guest.http.headers["Authorization"].removeprefix("Bearer "))

    await pulse.beat(visit)
    now = 61.0
    await pulse.beat(visit)

    assert len(guest.engine.heard) == 2


async def test_home_says_one_next_step_how_far_and_whom_to_ask(guest: Guest) -> None:
    home = (await guest.get()).json()

    assert home["next"]["title"] == "Your details and documents"
    assert home["next"]["due_words"].endswith("(Europe/Stockholm)")
    assert home["progress"] == "Step 1 of 14"
    assert home["contact"] == {"name": "Ana Owner", "email": "ana@aboard.example"}
    assert [(item["item"], item["state"]) for item in home["items"]] == [
        ("profile", "missing"),
        ("identity", "missing"),
    ]


async def test_when_it_is_our_turn_home_says_what_we_do(guest: Guest) -> None:
    await guest.host.finishes(guest.case, "collect")
    await guest.host.asks(guest.case, "verify", "review", holder=guest.host.REVIEWER)

    home = (await guest.get()).json()

    assert home["next"] is None
    assert home["now"] == "We are checking what you sent. You need not do anything."
    assert home["step"] == 2


@pytest.mark.parametrize("status", [CaseStatus.REJECTED, CaseStatus.WITHDRAWN, CaseStatus.LAPSED])
async def test_why_a_case_has_ended_is_not_said(guest: Guest, status: CaseStatus) -> None:
    await guest.host.ends(guest.case, status)

    answer = await guest.get()

    assert answer.json()["status"] == "ended"
    assert not any(word in answer.text for word in ("reject", "withdraw", "lapse"))
