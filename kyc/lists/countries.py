"""Countries by any word that lists and people use for them."""

import re
from functools import cache
from importlib.resources import files

import yaml


def code(word: str) -> str:
    """ISO 3166-1 alpha-2 of a country's name, code or people; empty when the word is not known."""
    text = re.sub(r"\s+", " ", word.strip().replace("’", "'")).casefold()
    if text in _words():
        return _words()[text]
    return _words().get(re.split(r"\s*/\s*|\s*\(", text)[0], "")


def codes(words: list[str]) -> tuple[str, ...]:
    """The codes of many words, sorted, each once; unknown words are left out."""
    return tuple(sorted({found for word in words if (found := code(word))}))


def names() -> frozenset[str]:
    """Every word that names a country, in lower case."""
    return frozenset(_words())


@cache
def _words() -> dict[str, str]:
    text = (files("kyc.lists") / "countries.yaml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    return {word: iso for iso, words in table.items() for word in (iso.casefold(), *words)}
