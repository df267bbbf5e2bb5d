"""The pages, as a browser without scripts gets them."""

import asyncio
import logging
import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest

from api.portal import words as said
from api.portal.quiet import MaskTokens
from records.links import Purpose
from tests.api.house import FakeEngine
from tests.api.portal.guest import PDF, Host, a_company, a_person

FORM = {"name": "Zephyrine Quillfeather", "birth_date": "1971-08-23", "do": "send"}


class Browser:
    """Keeps cookies, follows no redirect unless told, and sends what browsers send."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(host.app, raise_app_exceptions=False),
            base_url="http://door.test",
            headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"},
        )

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path)

    async def post(self, path: str, **fields: str) -> httpx2.Response:
        return await self.http.post(path, data={"key": "k", **fields})

    async def enters(self, case_id: str) -> httpx2.Response:
        return await self.post(f"/portal/enter/{await self.host.link(case_id)}")


@pytest.fixture
async def browser(host: Host, engine: FakeEngine) -> Browser:
    return Browser(host)


def problem_of(answer: httpx2.Response) -> str:
    found = re.search(r"problem=(\w+)", answer.headers["location"])
    return found[1] if found else ""


async def test_a_scanner_that_opens_a_link_ten_times_uses_nothing_up(host: Host, browser: Browser) -> None:
    token = await host.link(await host.opens())

    for _ in range(10):
        await browser.get(f"/portal/enter/{token}")
        await browser.http.head(f"/portal/enter/{token}")

    assert (await browser.post(f"/portal/enter/{token}")).status_code == 303


async def test_a_link_that_is_posted_bare_opens_one_session(host: Host) -> None:
    token = await host.link(await host.opens())

    first = await Browser(host).http.post(f"/portal/enter/{token}")
    second = await Browser(host).http.post(f"/portal/enter/{token}")

    assert first.headers["location"] == "/portal"
    assert second.status_code == 410
    assert "set-cookie" not in second.headers


async def test_of_many_browsers_at_once_one_is_let_in(host: Host) -> None:
    token = await host.link(await host.opens())

    answers = await asyncio.gather(*(Browser(host).http.post(f"/portal/enter/{token}") for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]


async def test_who_is_in_already_may_use_the_link_again_in_the_same_browser(host: Host, browser: Browser) -> None:
    token = await host.link(await host.opens())
    await browser.post(f"/portal/enter/{token}")

    again = await browser.http.post(f"/portal/enter/{token}")

    assert again.headers["location"] == "/portal"


async def test_the_button_opens_the_clients_page(host: Host, browser: Browser) -> None:
    entered = await browser.enters(await host.opens())

    page = await browser.get(entered.headers["location"])

    assert page.status_code == 200
    assert '<span dir="auto">Zephyrine Quillfeather</span>' in page.text
    assert page.text.index("Your details and documents") < page.text.index("How far you are")


async def test_a_second_tap_on_the_button_is_the_same_as_one(host: Host, browser: Browser) -> None:
    token = await host.link(await host.opens())
    await browser.post(f"/portal/enter/{token}")

    assert (await browser.post(f"/portal/enter/{token}")).headers["location"] == "/portal"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Your next step"), ("es", "Su siguiente paso"), ("ms", "Langkah anda seterusnya")],
)
async def test_pages_speak_the_clients_language(host: Host, browser: Browser, language: str, words: str) -> None:
    await browser.enters(await host.opens(a_person(language)))

    page = (await browser.get("/portal")).text

    assert f'<html lang="{language}">' in page
    assert words in page


async def test_an_expired_link_says_whom_to_ask(host: Host, browser: Browser) -> None:
    token = await host.link(await host.opens(), valid_for=timedelta(0))

    page = await browser.get(f"/portal/enter/{token}")

    assert page.status_code == 410
    assert "It has expired." in page.text
    assert "ana@aboard.example" in page.text


async def test_a_used_link_takes_who_is_signed_in_to_their_page(host: Host, browser: Browser) -> None:
    token = await host.link(await host.opens())
    await browser.post(f"/portal/enter/{token}")

    assert (await browser.get(f"/portal/enter/{token}")).headers["location"] == "/portal"


async def test_a_link_that_leads_nowhere_is_a_page_too(browser: Browser) -> None:
    page = await browser.get("/portal/enter/" + "x" * 43)

    assert page.status_code == 404
    assert "It leads nowhere." in page.text


async def test_without_a_session_a_page_says_how_to_come_in(browser: Browser) -> None:
    page = await browser.get("/portal")

    assert page.status_code == 401
    assert "Please come in by a link" in page.text


async def test_every_page_has_strict_headers(host: Host, browser: Browser) -> None:
    await browser.enters(await host.opens())

    headers = (await browser.get("/portal")).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_form_is_filled_in_and_sent(host: Host, browser: Browser, engine: FakeEngine) -> None:
    await browser.enters(await host.opens())

    answer = await browser.post("/portal/forms/profile", **FORM)

    assert answer.headers["location"] == "/portal/documents?said=form_received"
    assert [message.what for _, message in engine.heard if message.what != "sign_of_life"] == ["submit_form"]


async def test_what_was_typed_is_not_lost_when_it_cannot_be_taken(host: Host, browser: Browser) -> None:
    await browser.enters(await host.opens())

    answer = await browser.post("/portal/forms/profile", **{**FORM, "birth_date": "2999-01-01", "phone": "+46700999"})
    page = await browser.get(answer.headers["location"])

    assert "The date of birth lies in the future." in page.text
    assert 'value="+46700999"' in page.text


async def test_a_company_names_its_owners(host: Host, browser: Browser, engine: FakeEngine) -> None:
    await browser.enters(await host.opens(a_company()))
    owner = {"owner_name": "Balthasar Nimbusson", "owner_birth_date": "1966-02-27", "owner_nationality": "se"}

    added = await browser.post("/portal/forms/profile", **FORM | owner | {"owner_share": "51", "do": "add"})
    page = await browser.get(added.headers["location"])
    sent = await browser.post("/portal/forms/profile", **FORM | owner | {"owner_share": "51"})

    assert added.headers["location"] == "/portal/forms/profile?owners=2"
    assert page.text.count('name="owner_name"') == 2
    assert 'value="51%"' in page.text
    assert "said=form_received" in sent.headers["location"]


async def test_a_file_is_handed_in_by_a_form(host: Host, browser: Browser, engine: FakeEngine) -> None:
    await browser.enters(await host.opens())
    form = {"key": (None, "k"), "item": (None, "identity"), "file": ("passport.pdf", PDF, "application/pdf")}

    answer = await browser.http.post("/portal/documents", files=form)

    assert answer.headers["location"] == "/portal/documents?said=document_received"
    assert "we are looking at it" in (await browser.get("/portal/documents")).text


async def test_a_bad_file_is_explained_in_plain_words(host: Host, browser: Browser) -> None:
    await browser.enters(await host.opens())
    form = {"key": (None, "k"), "item": (None, "identity"), "file": ("a.pdf", b"", "application/pdf")}

    answer = await browser.http.post("/portal/documents", files=form)

    assert (
        "The file is empty. Please choose the file again and send it."
        in (await browser.get(answer.headers["location"])).text
    )


async def test_signing_needs_the_box_the_words_and_a_name(host: Host, browser: Browser, engine: FakeEngine) -> None:
    case_id = await host.opens()
    agreement = await host.draws_up(case_id)
    await browser.enters(case_id)
    page = (await browser.get(f"/portal/agreements/{agreement}")).text
    consent = dict(re.findall(r'name="(consent_\w+)" value="([^"]+)"', page))
    path = f"/portal/agreements/{agreement}"

    assert problem_of(await browser.post(path, do="sign", name="Z", **consent)) == "consent_missing"
    assert problem_of(await browser.post(path, do="sign", accept="yes", name="", **consent)) == "name_missing"
    signed = await browser.post(path, do="sign", accept="yes", name="Zephyrine Q.", **consent)
    assert signed.headers["location"] == f"{path}?said=signed"
    assert "You have signed." in (await browser.get(path)).text


async def test_a_link_to_sign_leads_to_the_agreement(host: Host, browser: Browser) -> None:
    case_id = await host.opens()
    agreement = await host.draws_up(case_id)
    token = await host.link(case_id, Purpose.SIGN, agreement)

    assert (await browser.post(f"/portal/enter/{token}")).headers["location"] == f"/portal/agreements/{agreement}"


async def test_a_time_is_chosen_on_a_page(host: Host, browser: Browser, engine: FakeEngine) -> None:
    case_id = await host.opens()
    meeting = await host.offers(case_id)
    await browser.enters(case_id)
    page = (await browser.get(f"/portal/meetings/{meeting}")).text
    slot = unescape(re.findall(r'name="slot" value="([^"]+)"', page)[0])

    answer = await browser.post(f"/portal/meetings/{meeting}", slot=slot)

    assert "said=slot_chosen" in answer.headers["location"]
    assert problem_of(await browser.post(f"/portal/meetings/{meeting}")) == "slot_missing"


async def test_the_last_guide_asks_for_the_choice(host: Host, browser: Browser, engine: FakeEngine) -> None:
    case_id = await host.opens(playbook="financial-services")
    await host.publishes(case_id, "e-documents", "e-documents")
    await browser.enters(case_id)

    page = (await browser.get("/portal/guides/e-documents/e-documents")).text
    await browser.post("/portal/guides/e-documents/e-documents", choice="yes")

    assert "on screen instead of on paper?" in page
    assert engine.heard[-1][1].evidence == {"resource": "e-documents", "choice": "yes"}


async def test_a_survey_is_answered_on_a_page_without_signing_in(
    host: Host, browser: Browser, engine: FakeEngine
) -> None:
    case_id = await host.opens()
    survey = await host.surveys(case_id)
    token = await host.link(case_id, Purpose.SURVEY, survey, key="survey")

    page = (await browser.get(f"/portal/survey/{token}")).text
    answer = await browser.post(f"/portal/survey/{token}", ces="6", first_value="yes", blockers="none")

    assert "checked" not in page
    assert answer.headers["location"] == f"/portal/survey/{token}?said=answered"
    assert "checked" in (await browser.get(f"/portal/survey/{token}")).text


async def test_a_link_of_a_survey_that_is_gone_is_a_page(browser: Browser) -> None:
    assert "This survey is closed" in (await browser.get("/portal/survey/" + "x" * 43)).text


async def test_a_page_of_another_case_is_not_there(host: Host, browser: Browser) -> None:
    other = await host.draws_up(await host.opens())
    await browser.enters(await host.opens())

    assert (await browser.get(f"/portal/agreements/{other}")).status_code == 404


async def test_who_leaves_is_out_on_this_device(host: Host, browser: Browser) -> None:
    await browser.enters(await host.opens())

    await browser.post("/portal/leave")

    assert (await browser.get("/portal")).status_code == 401


def test_tokens_are_masked_in_the_access_log() -> None:
    record = logging.LogRecord(
        "uvicorn.access", 20, "", 0, '%s - "%s %s HTTP/%s" %d',
        ("127.0.0.1:1", "GET", "/portal/enter/s3cret?x=1", "1.1", 200), None,
    )  # fmt: skip

    MaskTokens().filter(record)

    assert record.getMessage() == '127.0.0.1:1 - "GET /portal/enter/…?x=1 HTTP/1.1" 200'


def test_every_phrase_has_every_language() -> None:
    for group, phrases in said._book().items():
        for name, phrase in phrases.items():
            assert set(phrase) == {"en", "es", "ms"}, f"{group}.{name}"
