"""The words of the portal's own pages, in every language."""

import functools
from pathlib import Path
from typing import Any

import yaml

from activities.letters.words import LANGUAGES


def say(name: str, language: str, /, **facts: object) -> str:
    """The phrase `name` (`home.title`) in this language with these facts; every phrase has all languages."""
    group, _, key = name.partition(".")
    return str(_book()[group][key][language]).format(**facts)


def knows(name: str) -> bool:
    group, _, key = name.partition(".")
    return key in _book().get(group, {})


def spoken(accepted: str) -> str:
    """The first of our languages that a browser asks for; English else."""
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in LANGUAGES:
            return tag
    return "en"


@functools.cache
def _book() -> dict[str, dict[str, Any]]:
    book: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return book
