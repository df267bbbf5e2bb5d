"""The page on which a client says who holds how much of whom: lines that feed the same form and the same checks."""

import json
import re
from collections.abc import Sequence
from datetime import date
from html import unescape
from typing import Any

import httpx2
import pytest

from activities.owners import to_verify
from activities.profile import completed
from api.portal.ownership import MEANS, percent, renumbered
from api.portal.profile import Profile
from kyc import ownership
from onboarding.case import Client, Company, Owner, Person
from records import cases, forms
from tests.api.house import FakeEngine
from tests.api.portal.guest import Host, a_company, a_person
from tests.api.portal.test_pages import problem_of

PAGE = "/portal/forms/profile/ownership"
TODAY = date(2026, 3, 2)
Line = tuple[str, str, str]
Lines = list[Line]


class Browser:
    """As a browser without scripts: it sends every field of the page, each as often as it stands there."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(host.app, raise_app_exceptions=False),
            base_url="http://door.test",
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        self.case = ""

    async def enters(self, client: Client) -> None:
        self.case = await self.host.opens(client)
        await self.http.post(f"/portal/enter/{await self.host.link(self.case)}", data={"key": "k"})

    async def page(self, path: str = PAGE) -> str:
        answer = await self.http.get(path)
        assert answer.status_code == 200
        return unescape(answer.text)

    async def says(
        self,
        do: str,
        holdings: Lines,
        entities: Sequence[Line] = (),
        control: Sequence[Line] = (),
        managers: Sequence[str] = (),
    ) -> httpx2.Response:
        fields: dict[str, Any] = {
            "do": do,
            "control_controller": [line[0] for line in control],
            "control_means": [line[1] for line in control],
            "control_controlled": [line[2] for line in control],
            "manager": list(managers),
            "holding_owner": [line[0] for line in holdings],
            "holding_share": [line[1] for line in holdings],
            "holding_owned": [line[2] for line in holdings],
            "entity_name": [line[0] for line in entities],
            "entity_kind": [line[1] for line in entities],
            "entity_country": [line[2] for line in entities],
            "entity_registration_number": [""] * len(entities),
        }
        return await self.http.post(PAGE, data=fields)

    async def follows(self, answer: httpx2.Response) -> str:
        assert answer.status_code == 303
        return await self.page(answer.headers["location"])

    async def draft(self) -> dict[str, Any]:
        async with self.host.door.database.session() as session:
            row = await forms.form(session, self.host.door.vault, self.case, "profile")
        company: dict[str, Any] = json.loads(json.dumps(row.draft or {})).get("company", {})
        return company

    async def declared(self) -> Client:
        """The client with what the draft adds, as the form's own checks take it."""
        async with self.host.door.database.session() as session:
            client = await cases.client_of(session, self.host.door.vault, self.case)
            row = await forms.form(session, self.host.door.vault, self.case, "profile")
        said = Profile.model_validate(row.draft).said()
        return completed(client, said, TODAY)


def two_owners(language: str = "en") -> Client:
    people = [Person(name="Balthasar Nimbusson"), Person(name="Ottilie Nimbusson")]
    company = Company(
        name="Nimbus AB", country="SE", owners=[Owner(person=people[0], share="40%"), Owner(person=people[1])]
    )
    return a_company().model_copy(update={"company": company, "language": language})


BETWEEN = [("Nimbus Holding AB", "company", "SE")]
THROUGH = [("owner_1", "40", "company"), ("owner_2", "100%", "entity_1"), ("entity_1", "3/5", "company")]


@pytest.fixture
async def browser(host: Host) -> Browser:
    browser = Browser(host)
    await browser.enters(two_owners())
    return browser


def faults(page: str) -> dict[str, str]:
    """By line, what is said to be wrong with it."""
    found = re.findall(r'class="wrong" id="([\w-]+)-wrong">(.*?)</p>', page, re.S)
    return {line: " ".join(words.split()) for line, words in found}


async def test_what_is_held_directly_stands_there_already(browser: Browser) -> None:
    page = await browser.page()

    assert 'value="40%"' in page
    assert '<option value="owner_1" selected>Balthasar Nimbusson</option>' in page
    assert "Nimbus AB" in page


async def test_a_structure_by_the_page_is_the_structure_of_the_form(browser: Browser) -> None:
    answer = await browser.says("done", THROUGH, BETWEEN)

    assert answer.headers["location"] == "/portal/forms/profile?said=ownership_saved"
    client = await browser.declared()
    assert client.company
    found = ownership.beneficial_owners(ownership.of_company(client.company), TODAY)
    assert [(owner.person, str(owner.share)) for owner in found.owners] == [("owner_2", "3/5"), ("owner_1", "2/5")]


async def test_sent_with_the_profile_the_story_hears_of_one_form(browser: Browser, engine: FakeEngine) -> None:
    await browser.says("done", THROUGH, BETWEEN)
    fields = {
        "key": "k2", "do": "send", "name": "Zephyrine Quillfeather", "company_name": "Nimbus AB",
        "company_country": "SE", "owner_name": ["Balthasar Nimbusson", "Ottilie Nimbusson"],
        "owner_birth_date": ["", ""], "owner_nationality": ["", ""], "owner_share": ["40%", "0%"],
    }  # fmt: skip

    answer = await browser.http.post("/portal/forms/profile", data=fields)

    assert answer.headers["location"] == "/portal/documents?said=form_received"
    async with browser.host.door.database.session() as session:
        row = await forms.form(session, browser.host.door.vault, browser.case, "profile")
    assert row.submitted
    structure = row.submitted["company"]["structure"]  # type: ignore[index]  # it is JSON
    assert structure["entities"] == [{"name": "Nimbus Holding AB", "kind": "company", "country": "SE"}]
    assert {"owner": "entity_1", "owned": "company", "share": "3/5"} in structure["holdings"]
    assert [message.what for _, message in engine.heard if message.what == "submit_form"] == ["submit_form"]


@pytest.mark.parametrize(
    ("lines", "entities", "line", "words"),
    [
        ([("owner_1", "", "company")], [], "holding-1", "Please say how much."),
        ([("owner_1", "101%", "company")], [], "holding-1", "up to 100"),
        ([("owner_1", "half", "company")], [], "holding-1", "up to 100"),
        ([("owner_1", "40", "company"), ("", "10", "company")], [], "holding-2", "choose who holds it"),
        ([("company", "10", "company")], [], "holding-1", "share of itself"),
        ([("owner_9", "10", "company")], [], "holding-1", "choose who holds it"),
        ([("owner_1", "10", "company"), ("owner_1", "20", "company")], [], "holding-2", "add the two up"),
        ([("owner_1", "60", "company"), ("owner_2", "60", "company")], [], "holding-2", "more than the whole"),
        ([("entity_1", "60", "company")], [("", "company", "SE")], "entity-1", "give the name"),
        ([("entity_1", "60", "company")], [("Holding", "company", "XX")], "entity-1", "do not know this country"),
    ],
)
async def test_an_error_stands_at_its_line_and_nothing_typed_is_lost(
    browser: Browser, lines: Lines, entities: Lines, line: str, words: str
) -> None:
    answer = await browser.says("done", lines, entities)

    assert problem_of(answer) == "lines_to_mend"
    page = await browser.follows(answer)
    assert words in faults(page)[line]
    assert all(f'value="{said}' in page for _, said, _ in lines if said)


# ── what is not said, and what is said to be nothing ───────────────────────────────────────────────────────────────
def gaps(client: Client) -> list[tuple[str, tuple[str, ...]]]:
    assert client.company
    found = ownership.beneficial_owners(ownership.of_company(client.company), TODAY)
    return [(gap.code, gap.parties) for gap in found.gaps]


async def test_an_owner_of_whom_nothing_is_said_has_no_share_and_is_a_gap(browser: Browser) -> None:
    await browser.says("done", [("owner_1", "40", "company")])

    assert [owner.get("share") for owner in (await browser.draft())["owners"]] == ["40%", None]
    client = await browser.declared()
    assert ("share_unknown", ("owner_2", "company")) in gaps(client)
    assert client.company
    assert to_verify(client.company, TODAY) == [1, 2]  # the second holds nobody knows how much


async def test_nothing_can_be_said_and_is_shown_again(browser: Browser) -> None:
    await browser.says("done", [("owner_1", "40", "company"), ("owner_2", "0", "company")])

    client = await browser.declared()
    assert client.company
    assert client.company.owners[1].share == "0%"
    assert [code for code, _ in gaps(client)] == ["unassigned"]
    assert 'value="0%"' in await browser.page()


async def test_who_comes_in_through_others_needs_no_share_of_their_own(browser: Browser) -> None:
    await browser.says("done", THROUGH, BETWEEN)

    client = await browser.declared()
    assert client.company
    assert (client.company.owners[1].share, gaps(client)) == (None, [])


# ── control, and who runs the company ──────────────────────────────────────────────────────────────────────────────
SPREAD = [("owner_1", "10", "company"), ("owner_2", "10", "company")]


def reasons(client: Client) -> dict[str, str]:
    assert client.company
    found = ownership.as_json(ownership.beneficial_owners(ownership.of_company(client.company), TODAY))
    return {owner["id"]: owner["reason"] for owner in found["beneficial_owners"]}  # type: ignore[attr-defined]  # JSON


@pytest.mark.parametrize("means", MEANS)
async def test_control_by_a_stated_means_makes_an_owner(browser: Browser, means: str) -> None:
    answer = await browser.says("done", SPREAD, [], [("owner_2", means, "company")])

    assert answer.headers["location"] == "/portal/forms/profile?said=ownership_saved"
    assert reasons(await browser.declared()) == {"owner_2": "control"}
    page = await browser.page()
    assert f'<option value="{means}" selected>' in page


async def test_control_of_what_stands_between_counts(browser: Browser) -> None:
    lines = [("entity_2", "60", "company")]

    await browser.says("done", lines, [("", "company", ""), *BETWEEN], [("owner_1", "right_to_appoint", "entity_2")])

    assert (await browser.draft())["structure"]["control"] == [
        {"controller": "owner_1", "controlled": "entity_1", "means": "right_to_appoint"}
    ]
    assert reasons(await browser.declared()) == {"owner_1": "control"}


async def test_senior_managers_count_where_nobody_owns_or_controls_enough(browser: Browser) -> None:
    await browser.says("done", SPREAD, managers=["owner_2"])
    alone = await browser.declared()
    page = await browser.page()
    await browser.says("done", [("owner_1", "60", "company")], managers=["owner_2"])
    beside = await browser.declared()

    assert reasons(alone) == {"owner_2": "senior_manager"}
    assert 'name="manager" value="owner_2" checked' in page
    assert 'name="manager" value="owner_1" checked' not in page
    assert reasons(beside) == {"owner_1": "ownership"}


async def test_who_is_marked_no_longer_runs_the_company_no_longer(browser: Browser) -> None:
    await browser.says("done", SPREAD, managers=["owner_2", "owner_9", "entity_1"])
    before = (await browser.draft())["structure"]["managers"]
    await browser.says("done", SPREAD)

    assert before == ["owner_2"]
    assert (await browser.draft())["structure"]["managers"] == []


@pytest.mark.parametrize(
    ("control", "line", "words"),
    [
        ([("owner_1", "", "company")], "control-1", "by which means"),
        ([("", "other_means", "company")], "control-1", "choose who controls"),
        ([("owner_1", "other_means", "owner_2")], "control-1", "which company"),
        ([("company", "other_means", "company")], "control-1", "controls itself"),
        ([("owner_1", "other_means", "company")] * 2, "control-2", "a line already"),
        ([("owner_1", "a made up one", "company")], "control-1", "by which means"),
    ],
)
async def test_an_error_of_control_stands_at_its_line(browser: Browser, control: Lines, line: str, words: str) -> None:
    answer = await browser.says("done", SPREAD, [], control)

    assert problem_of(answer) == "lines_to_mend"
    assert words in faults(await browser.follows(answer))[line]


async def test_a_line_of_control_is_added_without_scripts(browser: Browser) -> None:
    none = await browser.page()
    one = await browser.follows(await browser.says("add_control", SPREAD))

    assert (none.count('name="control_controller"'), one.count('name="control_controller"')) == (0, 1)
    assert '<option value="voting_agreement">an agreement on votes</option>' in one


async def test_an_owner_who_is_taken_out_controls_and_runs_nothing(browser: Browser) -> None:
    await browser.says("done", SPREAD, [], [("owner_1", "other_means", "company")], ["owner_1", "owner_2"])
    fields = {
        "key": "k", "do": "save", "company_name": "Nimbus AB", "owner_name": ["", "Ottilie Nimbusson"],
        "owner_birth_date": ["", ""], "owner_nationality": ["", ""], "owner_share": ["", "10%"],
    }  # fmt: skip

    await browser.http.post("/portal/forms/profile", data=fields)

    structure = (await browser.draft())["structure"]
    assert (structure["control"], structure["managers"]) == ([], ["owner_1"])


async def test_lines_are_added_without_scripts(browser: Browser) -> None:
    more = await browser.follows(await browser.says("add_holding", [("owner_1", "40", "company")]))
    between = await browser.follows(await browser.says("add_entity", [("owner_1", "40", "company")], BETWEEN))

    assert more.count('name="holding_share"') == 2
    assert between.count('name="entity_name"') == 2
    assert '<option value="entity_1">Nimbus Holding AB</option>' in between


async def test_an_emptied_line_is_gone_and_the_others_move_up(browser: Browser) -> None:
    entities = [("", "company", ""), ("Nimbus Holding AB", "company", "SE")]
    lines = [("owner_2", "100", "entity_2"), ("", "", "company"), ("entity_2", "60", "company")]

    await browser.says("save", lines, entities)

    structure = (await browser.draft())["structure"]
    assert [entity["name"] for entity in structure["entities"]] == ["Nimbus Holding AB"]
    assert structure["holdings"] == [
        {"owner": "owner_2", "share": "100%", "owned": "entity_1"},
        {"owner": "entity_1", "share": "60%", "owned": "company"},
    ]


async def test_what_has_no_line_is_kept(browser: Browser) -> None:
    control = [{"controller": "owner_1", "controlled": "company", "means": "veto"}]
    draft: dict[str, object] = {"company": {"structure": {"control": control}}}
    async with browser.host.door.database.session() as session:
        await forms.save_draft(session, browser.host.door.vault, browser.case, "profile", draft)

    await browser.says("done", THROUGH, BETWEEN)

    assert (await browser.draft())["structure"]["control"] == control


async def test_lines_of_a_page_that_knew_other_owners_are_not_taken(browser: Browser) -> None:
    answer = await browser.http.post(PAGE, data={"do": "done", "owners": "of another page", "holding_owner": "owner_1",
                                                 "holding_share": "10", "holding_owned": "company"})  # fmt: skip

    assert "owners have changed" in await browser.follows(answer)
    assert await browser.draft() == {}


def test_who_is_left_of_a_group_still_acts_together() -> None:
    holdings = [{"owner": f"owner_{n}", "share": "20%"} for n in range(1, 5)]
    codes = {"owner_1": "", "owner_2": "owner_1", "owner_3": "owner_2", "owner_4": "owner_3"}

    moved = renumbered({"together": [[each["owner"] for each in holdings]], "managers": 5}, codes)

    assert moved == {"together": [["owner_1", "owner_2", "owner_3"]]}


@pytest.mark.parametrize(("said", "meant"), [("25,5%", "25.5%"), ("25 %", "25%"), ("25,5", "25.5%"), ("1/3", "1/3")])
def test_a_share_is_read_as_people_write_it(said: str, meant: str) -> None:
    assert percent(said) == meant


async def test_an_owner_who_is_taken_out_leaves_the_structure_too(browser: Browser) -> None:
    await browser.says("done", THROUGH, BETWEEN)
    fields = {
        "key": "k", "do": "save", "company_name": "Nimbus AB", "owner_name": ["", "Ottilie Nimbusson"],
        "owner_birth_date": ["", ""], "owner_nationality": ["", ""], "owner_share": ["", "0%"],
    }  # fmt: skip

    await browser.http.post("/portal/forms/profile", data=fields)

    draft = await browser.draft()
    assert [owner["person"]["name"] for owner in draft["owners"]] == ["Ottilie Nimbusson"]
    assert draft["structure"]["holdings"][0] == {"owner": "owner_1", "share": "100%", "owned": "entity_1"}


async def test_the_profile_leads_there_and_keeps_what_was_typed(browser: Browser) -> None:
    fields = {
        "key": "k", "do": "ownership", "company_lei": "529900T8BM49AURSDO55", "owner_name": ["Balthasar Nimbusson"],
        "owner_birth_date": [""], "owner_nationality": [""], "owner_share": ["51"],
    }  # fmt: skip

    answer = await browser.http.post("/portal/forms/profile", data=fields)

    assert answer.headers["location"] == PAGE
    assert (await browser.draft())["lei"] == "529900T8BM49AURSDO55"
    assert 'value="51%"' in await browser.page()


@pytest.mark.parametrize(
    ("language", "title", "fault"),
    [
        ("es", "Quién posee cuánto de quién", "Indique cuánto."),
        ("es", "Quién dirige la empresa", "Indique cuánto."),
        ("ms", "Siapa memiliki", "Sila nyatakan berapa banyak."),
        ("ms", "Kawalan dengan cara lain", "Sila nyatakan berapa banyak."),
    ],
)
async def test_the_page_speaks_the_client_s_language(host: Host, language: str, title: str, fault: str) -> None:
    browser = Browser(host)
    await browser.enters(two_owners(language))

    page = await browser.follows(await browser.says("done", [("owner_1", "", "company")]))

    assert title in page
    assert fault in faults(page)["holding-1"]


async def test_a_person_has_no_such_page(host: Host) -> None:
    browser = Browser(host)
    await browser.enters(a_person())

    assert (await browser.http.get(PAGE)).status_code == 404
    assert (await browser.says("save", [])).status_code == 404


async def test_nothing_that_was_typed_stands_in_an_address(browser: Browser) -> None:
    answers = [await browser.says(do, THROUGH, BETWEEN) for do in ("save", "add_holding", "add_entity", "done")]

    assert not [a for a in answers if "Nimbus" in a.headers["location"] or "40" in a.headers["location"]]


@pytest.mark.parametrize(
    "structure",
    [{"holdings": "x", "entities": 7}, {"holdings": [1, {"owner": ["a"]}], "control": 5, "entities": [None, "y"]}],
)
async def test_a_draft_that_makes_no_sense_is_a_page_to_begin_anew(
    browser: Browser, structure: dict[str, object]
) -> None:
    draft: dict[str, object] = {"company": {"structure": structure, "owners": [{"share": 5}, {}]}}
    async with browser.host.door.database.session() as session:
        await forms.save_draft(session, browser.host.door.vault, browser.case, "profile", draft)

    assert 'name="holding_share"' in await browser.page()
    assert (await browser.says("save", [("owner_1", "40", "company")])).status_code == 303
    assert (await browser.http.get("/portal/forms/profile")).status_code == 200
