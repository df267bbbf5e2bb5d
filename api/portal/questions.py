"""The questions of each survey in the client's language, and what counts as an answer. Nothing is chosen in advance."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, StrictInt

from onboarding.errors import Invalid
from records.rows import Row

TEXT = 2000  # characters of one answer in words

Answer = str | StrictInt | list[str]


class BadAnswer(Invalid):
    """An answer is not among those that can be given."""

    code = "bad_answer"


class UnknownQuestion(Invalid):
    """This survey has no such question."""

    code = "unknown_question"


class NothingAnswered(Invalid):
    """Please answer at least one question."""

    code = "nothing_answered"


class Option(Row):
    value: str
    label: str


class Question(Row):
    """`low` and `high` say what the ends of a scale mean; `options` are the values of a choice."""

    name: str
    kind: Literal["scale", "one", "many", "text"]
    text: str
    options: list[Option] = Field(default_factory=list)
    low: str = ""
    high: str = ""


def questions(survey: str, language: str) -> list[Question]:
    """What this kind of survey asks; a kind without questions of its own is asked as the review of the onboarding."""
    book = _book()
    names = book["surveys"].get(survey) or book["surveys"]["onboarding-review"]
    return [_question(name, language) for name in names]


def checked(survey: str, answers: Mapping[str, Answer | None]) -> dict[str, Answer]:
    """The answers that were given, each as it may be. An empty one is none."""
    asked = {question.name: question for question in questions(survey, "en")}
    given = {name: value for name, value in answers.items() if value not in (None, "", [])}
    if not set(given) <= set(asked):
        raise UnknownQuestion
    if not given:
        raise NothingAnswered
    return {name: _checked(asked[name], value) for name, value in given.items() if value is not None}


def _checked(question: Question, value: Answer) -> Answer:
    allowed = [option.value for option in question.options]
    if question.kind == "text":
        if isinstance(value, str) and len(value) <= TEXT:
            return value.strip()
    elif question.kind == "many":
        if isinstance(value, list) and set(value) <= set(allowed):
            return [one for one in allowed if one in value]
    elif not isinstance(value, list | bool) and str(value) in allowed:
        return int(value) if question.kind == "scale" else str(value)
    raise BadAnswer


def _question(name: str, language: str) -> Question:
    said = _book()["questions"][name]
    question = Question(name=name, kind=said["kind"], text=said[language])
    if question.kind == "scale":
        ends = _book()["ends"][said["ends"]]
        options = [Option(value=str(n), label=str(n)) for n in range(said["from"], said["to"] + 1)]
        return question.model_copy(
            update={"options": options, "low": ends["low"][language], "high": ends["high"][language]}
        )
    listed = _book()["options"].get(said.get("options"), {})
    return question.model_copy(
        update={"options": [Option(value=value, label=label[language]) for value, label in listed.items()]}
    )


@functools.cache
def _book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
    return book
