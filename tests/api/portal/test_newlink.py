"""A worn link gives a new one in one tap, to the address that the old one went to."""

import dataclasses
import re
from datetime import timedelta
from email.message import EmailMessage

import httpx2
import pytest

from activities.notices import House, Notices
from api.door import Door
from onboarding.case import CaseStatus
from onboarding.errors import Unavailable
from records.links import Purpose
from tests.api.portal.guest import Host
from tests.fakes import FakeMailer

OLD = timedelta(0)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def posting(door: Door, mailer: FakeMailer) -> Host:
    """A house that can send mail."""
    house = House("Meridian", "Meridian", "Aboard <onboarding@aboard.example>", "http://door.test")
    notices = Notices(door.database, door.journal, door.effects, door.links, mailer, house)
    return Host(dataclasses.replace(door, notices=notices))


@pytest.fixture
async def tap(posting: Host) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(posting.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://door.test")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_one_tap_mails_a_link_that_works(posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer) -> None:
    token = await posting.link(await posting.opens(), valid_for=OLD)
    page = await tap.get(f"/portal/enter/{token}")

    answer = await tap.post("/portal/link", data={"token": token})

    [mail] = mailer.to("zephyrine@quillfeather.example")
    found = re.search(r"http://door\.test(/portal/enter/\S+)", text_of(mail))
    assert "Send me a new link" in page.text
    assert answer.status_code == 200
    assert found is not None
    assert (await tap.post(found[1])).headers["location"] == "/portal"


async def test_the_new_link_leads_where_the_old_one_led(
    posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer
) -> None:
    case_id = await posting.opens()
    meeting = await posting.offers(case_id)
    token = await posting.link(case_id, Purpose.BOOK, meeting, valid_for=OLD)

    await tap.post("/portal/link", data={"token": token})

    found = re.search(r"http://door\.test(/portal/enter/\S+)", text_of(mailer.sent[0]))
    assert found is not None
    assert (await tap.post(found[1])).headers["location"] == f"/portal/meetings/{meeting}"


async def test_many_taps_send_one_mail(posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer) -> None:
    token = await posting.link(await posting.opens(), valid_for=OLD)

    for _ in range(3):
        await tap.post("/portal/link", data={"token": token})

    assert len({mail["Message-ID"] for mail in mailer.sent}) == len(mailer.sent) <= 2  # two when the hour turns


async def test_when_mail_is_down_the_page_says_so(posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer) -> None:
    token = await posting.link(await posting.opens(), valid_for=OLD)
    mailer.failures.append(Unavailable())

    answer = await tap.post("/portal/link", data={"token": token})

    assert answer.status_code == 503
    assert "Please try again in a moment." in answer.text


@pytest.mark.parametrize("status", [CaseStatus.REJECTED, CaseStatus.WITHDRAWN, CaseStatus.LAPSED])
async def test_where_a_case_came_to_nothing_there_is_no_new_link(
    posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer, status: CaseStatus
) -> None:
    case_id = await posting.opens()
    token = await posting.link(case_id, valid_for=OLD)
    await posting.ends(case_id, status)

    page = await tap.get(f"/portal/enter/{token}")
    await tap.post("/portal/link", data={"token": token})

    assert "Send me a new link" not in page.text
    assert "ana@aboard.example" in page.text
    assert mailer.sent == []


async def test_who_completed_it_gets_a_new_link(posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer) -> None:
    case_id = await posting.opens()
    token = await posting.link(case_id, valid_for=OLD)
    await posting.ends(case_id, CaseStatus.COMPLETED)

    await tap.post("/portal/link", data={"token": token})

    assert len(mailer.sent) == 1


async def test_a_link_that_nobody_made_sends_nothing(
    posting: Host, tap: httpx2.AsyncClient, mailer: FakeMailer
) -> None:
    answer = await tap.post("/portal/link", data={"token": "x" * 43})

    assert answer.status_code == 404
    assert mailer.sent == []
