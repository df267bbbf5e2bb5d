"""A real browser: from the link to the signature without scripts, and axe finds nothing to object to.

`PORTAL_PICTURES` names a folder in which pictures of the pages are kept.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from onboarding.case import Client
from records import handed_in
from records.links import Purpose
from tests.api.house import FakeEngine
from tests.api.portal.guest import PDF, Host, a_company, a_person

CHROMIUM = shutil.which("chromium")
PHONE, DESK = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=900)
THUMBS = (
    "button, a.button, header a, label:has(input[type=radio]), label:has(input[type=checkbox]), "
    "input[type=text], input[type=tel], input[type=date], input[type=file], select, textarea, summary"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ, reason="chromium is not installed: apt-get install chromium"
)


@dataclass
class Site:
    """The portal at an address, and a browser."""

    url: str
    host: Host
    browser: Browser

    async def context(self, size: ViewportSize, scripts: bool = False) -> BrowserContext:
        return await self.browser.new_context(viewport=size, java_script_enabled=scripts, base_url=self.url)

    async def enters(self, page: Page, case_id: str, key: str = "one") -> None:
        await page.goto(f"/portal/enter/{await self.host.link(case_id, key=key)}")
        await page.click("main button")


@pytest.fixture
async def site(host: Host) -> AsyncIterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(host.app, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve([listener]))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM or "chromium", args=FLAGS)
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", host, browser)
        await browser.close()
    server.should_exit = True
    await serving
    listener.close()


async def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("PORTAL_PICTURES"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


async def everywhere(host: Host, client: Client) -> dict[str, str]:
    """A case at which every page has something to show; the pages by name."""
    case_id = await host.opens(client, "financial-services")
    agreement = await host.draws_up(case_id)
    meeting = await host.offers(case_id)
    await host.publishes(case_id, "explain", "terms-and-fees", "account-features")
    survey = await host.surveys(case_id)
    owned = {"ownership": "/portal/forms/profile/ownership?entities=1&control=1"} if client.kind == "company" else {}
    return owned | {
        "case": case_id, "home": "/portal", "documents": "/portal/documents", "profile": "/portal/forms/profile",
        "agreement": f"/portal/agreements/{agreement}", "meeting": f"/portal/meetings/{meeting}",
        "guides": "/portal/guides/explain", "guide": "/portal/guides/explain/terms-and-fees",
        "survey": f"/portal/surveys/{survey}",
    }  # fmt: skip


async def test_a_client_comes_by_a_link_fills_in_uploads_and_signs(
    site: Site, engine: FakeEngine, tmp_path: Path
) -> None:
    case_id = await site.host.opens()
    page = await (await site.context(PHONE)).new_page()
    (tmp_path / "passport.pdf").write_bytes(PDF)

    await page.goto(f"/portal/enter/{await site.host.link(case_id)}")
    await keep(page, "enter")
    await page.click("text=Open my page")
    await keep(page, "home-first")
    await page.click("text=Begin")
    await page.click("text=Fill in")
    await page.fill("[name=birth_date]", "1971-08-23")
    await page.click("text=Save for later")
    await page.click("button:text-is('Send')")
    await page.set_input_files("[name=file]", tmp_path / "passport.pdf")
    await page.click("button:text-is('Send')")
    assert "Thank you. We have your document" in await page.inner_text("main")
    await keep(page, "documents-sent")
    agreement = await site.host.draws_up(case_id)
    await site.host.finishes(case_id, "collect")
    await page.click("text=To your page")
    await page.click("text=Begin")
    await page.check("[name=accept]")
    await page.fill("[name=name]", "Zephyrine Quillfeather")
    await page.click("button:text-is('Sign')")

    assert "You have signed." in await page.inner_text("main")
    assert [message.what for _, message in engine.heard if message.what != "sign_of_life"] == [
        "submit_form",
        "submit_document",
        "sign",
    ]
    assert engine.heard[-1][1].evidence["agreement"] == agreement


@pytest.mark.parametrize(("size", "client"), [(PHONE, a_company()), (DESK, a_person("ms"))], ids=["phone", "desk"])
async def test_axe_has_nothing_to_object_to(site: Site, size: ViewportSize, client: Client) -> None:
    pages = await everywhere(site.host, client)
    case_id = pages.pop("case")
    page = await (await site.context(size, scripts=True)).new_page()
    await site.enters(page, case_id)

    for name, path in pages.items():
        await page.goto(path)
        await keep(page, f"{name}-{client.kind}")
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"


async def test_whatever_is_tapped_is_large_enough_for_a_thumb(site: Site) -> None:
    pages = await everywhere(site.host, a_company())
    page = await (await site.context(PHONE, scripts=True)).new_page()
    await site.enters(page, pages.pop("case"))

    for name, path in pages.items():
        await page.goto(path)
        small = await page.evaluate(
            """selector => [...document.querySelectorAll(selector)]
                .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 44)
                .map(e => e.outerHTML.slice(0, 80))""",
            THUMBS,
        )
        assert small == [], name


async def test_an_ownership_is_said_line_by_line_on_a_phone(site: Site) -> None:
    case_id = await site.host.opens(a_company())
    page = await (await site.context(ViewportSize(width=390, height=844))).new_page()
    await site.enters(page, case_id)

    await page.goto("/portal/forms/profile")
    await page.click("text=Say who holds it through others")
    await page.click("text=Add one in between")
    await page.fill("[name=entity_name]", "Nimbus Holding AB")
    await page.click("text=Add a line")
    await page.select_option("#holding-2-owner", "entity_1")
    await page.fill("#holding-2-share", "60")
    await page.click("text=Done")
    await keep(page, "ownership-wrong")
    wrong = await page.inner_text("#holding-2")
    await page.fill("#holding-2-share", "49")
    await page.click("text=Add a line")
    await page.select_option("#holding-3-owner", "owner_1")
    await page.fill("#holding-3-share", "1/2")
    await page.select_option("#holding-3-owned", "entity_1")
    await page.click("text=Add a line of control")
    await page.select_option("#control-1-controller", "owner_1")
    await page.select_option("#control-1-means", "voting_agreement")
    await page.check("[name=manager]")
    await keep(page, "ownership")
    await page.click("text=Done")

    assert "more than the whole" in wrong
    assert "Saved. Please send your details" in await page.inner_text("main")


async def test_names_in_any_script_keep_their_direction(site: Site) -> None:
    case_id = await site.host.opens(a_person("ms", "عبد الرحمن بن محمد"))
    page = await (await site.context(PHONE, scripts=True)).new_page()
    await site.enters(page, case_id)

    await keep(page, "home-arabic")
    assert await page.evaluate("getComputedStyle(document.querySelector('h1 span')).direction") == "rtl"


async def test_a_survey_and_worn_links_as_they_look(site: Site) -> None:
    case_id = await site.host.opens(a_person("es"))
    survey = await site.host.surveys(case_id)
    page = await (await site.context(PHONE, scripts=True)).new_page()

    for name, path in {
        "survey-link": f"/portal/survey/{await site.host.link(case_id, Purpose.SURVEY, survey, key='s')}",
        "gone": "/portal/enter/" + "x" * 43,
        "session-over": "/portal",
    }.items():
        await page.goto(path)
        await keep(page, name)
        assert (await Axe().run(page)).violations_count == 0, name


async def test_a_refused_document_is_explained(site: Site) -> None:
    case_id = await site.host.opens()
    page = await (await site.context(PHONE)).new_page()
    await site.enters(page, case_id)
    await page.goto("/portal/documents")
    await page.set_input_files("[name=file]", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF})
    await page.click("button:text-is('Send')")
    async with site.host.door.database.session() as session:
        [row] = await handed_in.documents(session, case_id)
        await handed_in.set_document_state(session, row.id, handed_in.DocumentState.REFUSED, "expired")

    await page.goto("/portal/documents")

    await keep(page, "documents-refused")
    assert "The document has expired. Please send one that is still valid." in await page.inner_text("main")
