"""Reading names: every way to read one, each taken apart into what tells it from others."""

import re
from functools import lru_cache

from kyc.lists import Kind
from kyc.screening import companies, people, scripts
from kyc.screening.parsed import APART, Parsed, Part


@lru_cache(maxsize=65536)
def parse(name: str, kind: Kind) -> tuple[Parsed, ...]:
    """Every reading of a name, of each of the names that it holds ("A / B"); empty when there is no letter in it."""
    found = []
    for text in _alternatives(name):
        script = scripts.script_of(text)
        for place, reading in enumerate(scripts.readings(text, kind != Kind.PERSON)):
            if parts := _parts(reading, kind):
                found.append(Parsed.of("hangul-plain" if place and script == "hangul" else script, parts))
    return tuple(dict.fromkeys(found))


def _alternatives(name: str) -> list[str]:
    """A slash divides two names of one thing; it is no divider in s/o, c/o or a legal form."""
    pieces = [p.strip() for p in re.split(r"(?<=\w{3})\s*/\s*(?=\w{3})", name)]
    return pieces if len(pieces) <= 4 else [name]


def _parts(reading: str, kind: Kind) -> tuple[Part, ...]:
    words = _words(reading, kind)
    if kind == Kind.PERSON or (kind == Kind.PARTY and not companies.is_company(words)):
        return people.parts(words)
    return companies.parts(words, legal=kind not in (Kind.VESSEL, Kind.AIRCRAFT))


def _words(reading: str, kind: Kind) -> list[str]:
    text = scripts.fold(reading)
    if kind == Kind.PERSON and text.count(",") == 1:  # OFAC and most lists: FAMILY, Given
        family, given = text.split(",")
        text = f"{given} {family}"
    text = re.sub(r"(?<=\w)['’`ʼʻ\"](?=\w)|(?<!\w)['’`ʼʻ]|['’`ʼʻ](?!\w)", "", text)
    text = re.sub(r"\b(\w)\.(?=\w\.)", r"\1", text).replace("&", " and ")
    return [word for word in APART.split(text) if word]
