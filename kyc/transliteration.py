"""Names as a machine-readable zone writes them: ICAO 9303-3 section 6, and ASCII for scripts beyond its tables."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

import yaml
from anyascii import anyascii

_SKIPPED = re.compile(r"['’ʼ‘`´ʹʺ\u0640\u064b-\u0652\u200c-\u200f\u00ad]")  # apostrophes, tatweel, vowel marks


@cache
def _renderings() -> dict[str, list[str]]:
    table = yaml.safe_load(files("kyc").joinpath("tables/icao9303.yaml").read_text(encoding="utf-8"))
    return {char: outs for script in ("latin", "cyrillic", "arabic") for char, outs in table[script].items()}


def _written(char: str, choice: int) -> str:
    """One upper-case character as A–Z, 0–9 or a space; `choice` takes the nth rendering where states differ."""
    if char.isascii():
        return char if char.isalnum() else " "
    outs = _renderings().get(char)
    if outs is not None:
        return outs[min(choice, len(outs) - 1)]
    base, *marks = list(unicodedata.normalize("NFD", char))
    if marks and all(unicodedata.combining(mark) for mark in marks):
        return _written(base, choice)
    if unicodedata.category(char)[0] in "ZPSC":
        return " "
    syllable = re.sub(r"[^A-Z0-9]", "", anyascii(char).upper())
    return f" {syllable} " if unicodedata.east_asian_width(char) == "W" else syllable


def zone_text(name: str, choice: int = 0) -> str:
    """A name in any script as words of A–Z and 0–9 with one space between, by the nth rendering of the tables."""
    upper = unicodedata.normalize("NFKC", _SKIPPED.sub("", name)).replace("ß", "ẞ").upper()
    return " ".join("".join(_written(char, choice) for char in upper).split())


@lru_cache(maxsize=4096)
def variants(name: str) -> tuple[str, ...]:
    """Every way the tables allow to write the name, the recommended one first, plain ASCII last; often just one."""
    ascii_words = re.sub(r"[^A-Z0-9]+", " ", anyascii(_SKIPPED.sub("", name)).upper())
    written = [zone_text(name, choice) for choice in range(3)] + [" ".join(ascii_words.split())]
    return tuple(dict.fromkeys(text for text in written if text))


_FOLDS = (("KH", "K"), ("GH", "G"), ("TH", "T"), ("DH", "D"), ("SH", "S"), ("ZH", "J"), ("CH", "S"), ("PH", "F"),
          ("OU", "U"), ("Q", "K"), ("C", "K"), ("X", ""), ("Z", "S"), ("V", "F"), ("G", "J"))  # fmt: skip


def skeleton(text: str) -> str:
    """The consonants that survive transliteration between scripts: near means near, never the same."""
    for long, short in _FOLDS:
        text = text.replace(long, short)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[AEIOUYWH ]", "", text))
