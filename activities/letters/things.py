"""What tasks, documents, meetings and surveys are called, in the reader's language; English where there is no other."""

import functools
from pathlib import Path
from typing import Any

import yaml


def task(code: str, language: str) -> tuple[str, str]:
    """The title of a task and why it is asked."""
    words = _spoken("tasks", code, language)
    return (words["title"], words["why"]) if words else (_plain(code), _plain(code))


def item(code: str, language: str) -> str:
    """A form or document; `identity:2` is the identity document of the second owner."""
    kind, _, number = code.partition(":")
    name = _spoken("items", kind, language) or _plain(kind)
    return f"{name} ({number})" if number else name


def meeting(purpose: str, language: str) -> str:
    return _spoken("meetings", purpose, language) or _plain(purpose)


def survey(kind: str, language: str) -> str:
    return _spoken("surveys", kind, language) or _plain(kind)


def outcome(code: str, language: str) -> str:
    return _spoken("outcomes", code, language) or _plain(code)


def phrase(name: str, language: str) -> Any:
    return _spoken("phrases", name, language)


def criterion(code: str | None) -> str:
    """By what staff see that a task is settled."""
    return str(_book()["criteria"].get(code or "decided", _plain(code or "decided")))


def _spoken(kind: str, code: str, language: str) -> Any:
    words = _book()[kind].get(code)
    return (words.get(language) or words["en"]) if words else None


def _plain(code: str) -> str:
    return code.replace("_", " ").replace("-", " ")


@functools.cache
def _book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("things.yaml").read_text(encoding="utf-8"))
    return book
