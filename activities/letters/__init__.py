"""Letters: what a mail says, in the client's language, as text and HTML from one source.

A letter is a file of plain prose, `<language>/<name>.txt`: a `Subject:` line, then paragraphs. Facts are `{{ fact }}`;
`{{ button("label", link) }}`, `{{ points(facts) }}` and `{{ numbers(facts) }}` stand alone. Greeting, farewell and
footer come from words.yaml. So text and HTML cannot say different things, and a translator needs no HTML."""

import functools
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mjml
from jinja2 import BaseLoader, StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from activities.letters import html, plain
from activities.letters.links import Link
from activities.letters.words import LANGUAGES, frame
from onboarding.errors import Invalid, OnboardingError

_FOLDER = Path(__file__).parent
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # of writing direction
_KITS = {"html": html.KIT, "text": plain.KIT}


class NoSuchLetter(OnboardingError):
    """There is no letter of this name in this language."""

    code = "no_such_letter"


class FactMissing(OnboardingError):
    """A letter lacks a fact that it needs."""

    code = "fact_missing"


class BadFact(Invalid):
    """A letter was given a fact of the wrong kind: text or a list of texts and links."""

    code = "bad_fact"


@dataclass(frozen=True)
class Letter:
    """Personal data, once it is rendered: it goes to the mail server and nowhere else."""

    subject: str
    text: str
    html: str
    language: str = "en"


Fact = str | Sequence[str] | Sequence[Link]


def render(name: str, language: str, facts: Mapping[str, Fact]) -> Letter:
    """The letter with these facts. FactMissing names what is missing; facts that it does not use are ignored."""
    if missing := sorted(facts_of(name, language) - set(facts)):
        raise FactMissing(f"The letter {name} lacks {', '.join(missing)}.")
    known = {key: _clean(fact) for key, fact in facts.items()}
    subject = " ".join(_write("text", name, language, "subject", known).split())
    text = _write("text", name, language, "body", known).strip() + "\n"
    body = _write("html", name, language, "body", known)
    page = _environment("html").from_string(_file("frame.mjml"))
    escaped = Markup(body)  # noqa: S704 - its facts were escaped when it was written
    document = page.render(subject=subject, body=escaped, language=language)
    return Letter(subject, text, mjml.mjml2html(document, fonts={}, disable_comments=True), language)


@functools.cache
def facts_of(name: str, language: str = "en") -> frozenset[str]:
    """The facts that a letter needs."""
    used: set[str] = set()
    for part in _parts(name, language):
        used |= meta.find_undeclared_variables(_environment("text").parse(part))
    return frozenset(used - set(plain.KIT))


@functools.cache
def names() -> tuple[str, ...]:
    """All letters."""
    return tuple(sorted(path.stem for path in (_FOLDER / "en").glob("*.txt")))


def _write(kit: str, name: str, language: str, part: str, facts: Mapping[str, object]) -> str:
    subject, body = _parts(name, language)
    template = _environment(kit).from_string(subject if part == "subject" else _paragraphs(body))
    return template.render(facts)


@functools.cache
def _parts(name: str, language: str) -> tuple[str, str]:
    if name not in names() or language not in LANGUAGES:
        raise NoSuchLetter
    subject, _, body = _file(f"{language}/{name}.txt").partition("\n\n")
    farewell = "farewell_staff" if name.startswith("staff_") else "farewell"
    footnote = "{% call footnote() %}" + frame("footer", language) + "{% endcall %}"
    whole = [frame("greeting", language), body, frame(farewell, language), footnote]
    return subject.removeprefix("Subject:").strip(), "\n\n".join(whole)


def _paragraphs(body: str) -> str:
    chunks = (chunk.strip() for chunk in body.split("\n\n"))
    return "\n\n".join(_paragraph(chunk) for chunk in chunks if chunk)


def _paragraph(chunk: str) -> str:
    alone = chunk.startswith("{{") and chunk.endswith("}}") and chunk.count("{{") == 1 and "(" in chunk
    return chunk if alone or chunk.startswith("{%") else "{% call paragraph() %}" + chunk + "{% endcall %}"


@functools.cache
def _file(path: str) -> str:
    return (_FOLDER / path).read_text(encoding="utf-8")


@functools.cache
def _environment(kit: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=BaseLoader(), autoescape=kit == "html", undefined=StrictUndefined, finalize=_printed
    )
    environment.globals.update(_KITS[kit])
    return environment


def _printed(value: object) -> object:
    if not isinstance(value, str):
        raise BadFact
    return value


def _clean(fact: Fact) -> object:
    if isinstance(fact, str):
        return _one_line(fact)
    if not isinstance(fact, Sequence):
        raise BadFact
    return [Link(_one_line(item.title), item.url) if isinstance(item, Link) else _one_line(item) for item in fact]


def _one_line(text: str) -> str:
    if not isinstance(text, str):
        raise BadFact
    return " ".join("".join(" " if sign.isspace() else sign for sign in text if _said(sign)).split())


def _said(sign: str) -> bool:
    # a fact must not look like a paragraph of ours, turn the words around it, or break the XML that it is put in
    if sign in _OVERRIDES or sign in "\ufffe\uffff":
        return False
    return sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cs"}
