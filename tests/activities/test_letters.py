import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities import letters
from activities.letters import words
from activities.letters.links import Link
from onboarding.errors import OnboardingError

LISTS = {"steps", "first_steps", "guides", "actions"}
PAGE = "https://aboard.example/portal/l/abc?x=1&y=2"


def facts_for(name: str) -> dict[str, letters.Fact]:
    facts: dict[str, letters.Fact] = {fact: f"the {fact}" for fact in letters.facts_of(name)}
    for fact in LISTS & set(facts):
        facts[fact] = ["One thing", "Another & more"]
    if "guides" in facts:
        facts["guides"] = [Link("First guide", "https://aboard.example/guides/1")]
    if "link" in facts:
        facts["link"] = PAGE
    return facts


class Page(HTMLParser):
    """What a reader's program finds in the HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title, self.words, self._inside = "", "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.add(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside not in {"style", "script"}:
            self.words += data


def links_in(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+", text))


every_letter = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in letters.names() for language in words.LANGUAGES]
)


@every_letter
def test_every_letter_says_the_same_links_in_text_and_html(name: str, language: str) -> None:
    letter = letters.render(name, language, facts_for(name))

    assert links_in(letter.text) == Page(letter.html).links
    assert ("link" in letters.facts_of(name)) == (PAGE in letter.text)


@every_letter
def test_every_letter_can_be_read_by_everybody(name: str, language: str) -> None:
    letter = letters.render(name, language, facts_for(name))

    page = Page(letter.html)
    assert dict(page.tags)["html"]["lang"] == language
    assert page.title.strip() == letter.subject
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    assert all(attributes.get("role") == "presentation" for tag, attributes in page.tags if tag == "table")


@every_letter
def test_every_letter_is_small_whole_and_loads_nothing(name: str, language: str) -> None:
    letter = letters.render(name, language, facts_for(name))

    assert len(letter.html.encode()) < 100_000
    assert "{" not in letter.subject + letter.text
    assert max(map(len, letter.text.splitlines())) <= 76
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", letter.html)


@every_letter
def test_every_letter_needs_the_same_facts_in_every_language(name: str, language: str) -> None:
    assert letters.facts_of(name, language) == letters.facts_of(name)


def test_every_language_has_every_letter() -> None:
    folders = {language: letters._FOLDER / language for language in words.LANGUAGES}

    assert {tuple(sorted(path.stem for path in folder.iterdir())) for folder in folders.values()} == {letters.names()}


@every_letter
def test_a_missing_fact_is_an_error_that_names_it(name: str, language: str) -> None:
    facts = facts_for(name)
    del facts["company"]

    with pytest.raises(letters.FactMissing, match="company"):
        letters.render(name, language, facts)


def test_a_fact_is_never_markup() -> None:
    facts = facts_for("task") | {"task": "<b>A&B</b> {{ why }} <mj-image src='x'/>"}

    letter = letters.render("task", "en", facts)

    assert "<b>A&B</b> {{ why }} <mj-image src='x'/>" in " ".join(letter.text.split())
    assert not [tag for tag, _ in Page(letter.html).tags if tag in {"b", "img", "mj-image"}]


def test_a_fact_cannot_look_like_a_paragraph_of_ours() -> None:
    facts = facts_for("reminder") | {"task": "Passport\r\n\r\nBcc: x@y.example\u202e\x00"}

    letter = letters.render("reminder", "en", facts)

    assert letter.subject == "Still open: Passport Bcc: x@y.example"
    assert "Passport Bcc:" in " ".join(letter.text.split())


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_a_name_in_any_script_arrives_in_text_and_html(name: str) -> None:
    letter = letters.render("completed", "en", facts_for("completed") | {"name": name})

    said = " ".join(letters._one_line(name).split())
    squeezed = "".join(said.split())
    assert squeezed in "".join(letter.text.split())
    assert squeezed in "".join(Page(letter.html).words.split())


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "", "https://", "https://a b", 'https://a"b', "ftp://a.example"]
)
def test_a_link_that_is_no_web_address_is_refused(link: str) -> None:
    with pytest.raises(OnboardingError) as refused:
        letters.render("reminder", "en", facts_for("reminder") | {"link": link})

    assert refused.value.reason == "bad_link"


@pytest.mark.parametrize("fact", [{"task": ["a", "list"]}, {"task": 7}])
def test_a_fact_of_the_wrong_kind_is_refused(fact: dict[str, letters.Fact]) -> None:
    with pytest.raises(OnboardingError) as refused:
        letters.render("reminder", "en", facts_for("reminder") | fact)

    assert refused.value.reason == "bad_fact"


def test_one_text_is_not_taken_for_a_list() -> None:
    with pytest.raises(OnboardingError) as refused:
        letters.render("summary", "en", facts_for("summary") | {"actions": "call us"})

    assert refused.value.reason == "bad_fact"


@pytest.mark.parametrize(("name", "language"), [("nothing", "en"), ("task", "de"), ("../en/task", "en")])
def test_a_letter_that_is_not_there_is_an_error(name: str, language: str) -> None:
    with pytest.raises(letters.NoSuchLetter):
        letters.render(name, language, {})


def test_the_end_of_a_case_is_told_in_neutral_words() -> None:
    said = " ".join(letters.render("ended_neutral", "en", facts_for("ended_neutral")).text.lower().split())

    assert not re.search(r"reject|refus|risk|sanction|list|compliance|verif|check|screen|withdr", said)
