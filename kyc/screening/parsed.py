"""A name taken apart, in the shape that the scorer compares and the index keeps."""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from kyc.screening.scripts import Script
from kyc.screening.tables import table

APART = re.compile(r"[^\w]+|_+")  # what stands between words
ABDUL = "abdul"  # the first half of many names, which begin to differ behind it


class Role(StrEnum):
    NAME = "name"
    COMMON = "common"  # a very common personal name, or a word that says what a company does
    PLACE = "place"
    NUMBER = "number"
    INITIAL = "initial"
    PARTICLE = "particle"
    FORM = "form"

    __hash__ = str.__hash__  # Enum's own is written in Python, and a role is looked up for each part of each name


class Part(NamedTuple):
    text: str
    role: Role
    father: bool = False  # named as somebody's father: after bin, ibn, ould
    stem: str = ""  # what follows "abdul" and its like, where names begin to differ


class Parsed(NamedTuple):
    """One reading of a name. `script` is the one it was written in; abjads leave the vowels to the reader.

    `parts` are those that tell one name from another: particles and legal forms are in it only when all are such.
    `words` is the parts as one line; `joined` is the whole name but for legal forms, without blanks.
    """

    script: Script
    words: str
    joined: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, script: Script, parts: tuple[Part, ...]) -> "Parsed":
        telling = tuple(p for p in parts if p.role not in (Role.PARTICLE, Role.FORM)) or parts
        joined = "".join(p.text for p in parts if p.role != Role.FORM)
        return cls(script, " ".join(p.text for p in telling), joined, telling)


SHORTEST_INITIALS = 3  # letters; two are the initials of too many


def initials(parsed: Parsed) -> str:
    return "".join(part.text[0] for part in parsed.parts)


@cache
def lexicon() -> dict[str, frozenset[str]]:
    """Lists of words by what they are in a name."""
    raw = table("words")
    names = ("titles", "particles", "connectives", "patronymics", "common_names", "common_words")
    return {name: frozenset(map(str, raw[name])) for name in names}
