"""The guides' own words, in every language; what a playbook names and we have no text for opens with its title only."""

import functools
from pathlib import Path
from typing import Any

import yaml


def text_of_guide(guide: str, language: str) -> list[str]:
    """Its paragraphs."""
    return list(_book().get(guide, {}).get(language, []))


@functools.cache
def _book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("guides.yaml").read_text(encoding="utf-8"))
    return book
