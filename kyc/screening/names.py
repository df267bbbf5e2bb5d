"""Reading names: every way to read one, each taken apart into what tells it from others."""

import re
from functools import lru_cache

from kyc.lists import Kind
from kyc.screening import companies, people, scripts
from kyc.screening.parsed import APART, Parsed, Part, Role, lexicon


@lru_cache(maxsize=65536)
def parse(name: str, kind: Kind) -> tuple[Parsed, ...]:
    """Every reading of a name, of each of the names that it holds ("A / B"); empty when there is no letter in it."""
    found = []
    for text in _alternatives(name, kind):
        script = scripts.script_of(text)
        for place, reading in enumerate(scripts.readings(text, kind != Kind.PERSON)):
            if parts := _parts(reading, kind):
                found.append(Parsed.of("hangul-plain" if place and script == "hangul" else script, parts))
    return tuple(dict.fromkeys(found))


def tells_nothing(parsed: Parsed, kind: Kind) -> bool:
    """Whether a name is only what stands before or behind one: titles, initials, legal forms."""
    words = {part.text for part in parsed.parts}
    if words <= lexicon()["titles"] or all(part.role in _BESIDE for part in parsed.parts):
        return True
    return kind != Kind.PERSON and companies.are_forms(words)


_BESIDE = (Role.INITIAL, Role.PARTICLE, Role.FORM)
_SLASH = re.compile(r"(?<=\w{3})\s*/\s*(?=\w{3})")
_ALIAS = re.compile(
    r"(?<=\w)\W+(?:(?i:a\.k\.a\.|f\.k\.a\.|n\.k\.a\.)|aka|fka|alias|also known as|formerly known as)\W+(?=\w)"
)
_ASIDE = re.compile(r"\([^()]*\)")
_CAMEL = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{2})")  # McDonald is one word


def _alternatives(name: str, kind: Kind) -> list[str]:
    """A slash divides two names of one thing (it is no divider in s/o, c/o or a legal form), and so does "a.k.a.". What
    stands in brackets behind a person's name, and names without a blank between them, are read both ways."""
    pieces = [piece.strip() for text in _ALIAS.split(name) for piece in _SLASH.split(text)]
    pieces = pieces if len(pieces) <= _MOST_NAMES else [name]
    if kind == Kind.PERSON:
        pieces += [aside for piece in pieces if len((aside := _ASIDE.sub(" ", piece)).split()) > 1]
        pieces += [" ".join(_CAMEL.split(piece)) for piece in pieces if " " not in piece and _CAMEL.search(piece)]
    return list(dict.fromkeys(pieces))


_MOST_NAMES = 4  # in one; more slashes than that divide no names


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
