"""A name taken apart: what each part is, how much it tells, and how it sounds."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from kyc.lists import Kind, countries
from kyc.screening import scripts
from kyc.screening.sounds import skeleton
from kyc.screening.tables import table


class Role(StrEnum):
    NAME = "name"
    COMMON = "common"  # a very common personal name, or a word that says what a company does
    PLACE = "place"
    NUMBER = "number"
    INITIAL = "initial"
    PARTICLE = "particle"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    role: Role
    skeleton: str
    father: bool = False  # named as somebody's father: after bin, ibn, ould
    stem: str = ""  # what follows "abdul" and its like, where names begin to differ


@dataclass(frozen=True, slots=True)
class Parsed:
    """One reading of a name. `script` is the one it was written in; abjads leave the vowels to the reader."""

    text: str
    parts: tuple[Part, ...]
    script: scripts.Script

    @property
    def joined(self) -> str:
        return "".join(p.text for p in self.parts if p.role != Role.FORM)

    @property
    def telling(self) -> tuple[Part, ...]:
        """The parts by which one looks the name up: all but particles and forms, or these when nothing else is."""
        found = tuple(p for p in self.parts if p.role not in (Role.PARTICLE, Role.FORM))
        return found or self.parts


@lru_cache(maxsize=65536)
def parse(name: str, kind: Kind) -> tuple[Parsed, ...]:
    """Every reading of a name, of each of the names that it holds ("A / B"); empty when there is no letter in it."""
    found = []
    for text in _alternatives(name, kind):
        script = scripts.script_of(text)
        for reading in scripts.readings(text):
            if parts := _parts(reading, kind):
                found.append(Parsed(text, parts, script))
    return tuple(dict.fromkeys(found))


def _alternatives(name: str, kind: Kind) -> list[str]:
    """A slash divides two names of one thing; it is no divider in s/o, c/o or a legal form."""
    pieces = [p.strip() for p in re.split(r"(?<=\w{3})\s*/\s*(?=\w{3})", name)]
    return pieces if len(pieces) <= 4 else [name]


def _parts(reading: str, kind: Kind) -> tuple[Part, ...]:
    words = _words(reading, kind)
    if kind == Kind.PERSON:
        return _person(words)
    forms = [] if kind in (Kind.VESSEL, Kind.AIRCRAFT) else _forms()
    return _company(words, forms)


_APART = re.compile(r"[^\w]+|_+")


def _words(reading: str, kind: Kind) -> list[str]:
    text = scripts.fold(reading)
    if kind == Kind.PERSON and text.count(",") == 1:  # OFAC and most lists: FAMILY, Given
        family, given = text.split(",")
        text = f"{given} {family}"
    text = re.sub(r"(?<=\w)['’`ʼʻ\"](?=\w)|(?<!\w)['’`ʼʻ]|['’`ʼʻ](?!\w)", "", text)
    text = re.sub(r"\b(\w)\.(?=\w\.)", r"\1", text).replace("&", " and ")
    return [word for word in _APART.split(text) if word]


def _person(words: list[str]) -> tuple[Part, ...]:
    lists = _lists()
    kept = [w for w in words if w not in lists["titles"]] or words
    kept = _compounds(kept)
    parts, father = [], False
    for place, word in enumerate(kept):
        if word in lists["patronymics"] and 0 < place < len(kept) - 1:
            father = True
        if word in lists["particles"] and len(kept) > 1 and (len(word) > 1 or word in "ye"):
            parts.append(Part(word, Role.PARTICLE, skeleton(word)))
            continue
        parts.append(Part(word, _role(word, lists["common_names"]), skeleton(word), father, _stem(word)))
        father = False
    return tuple(parts)


def _role(word: str, common: frozenset[str]) -> Role:
    if word.isdigit():
        return Role.NUMBER
    if len(word) == 1:
        return Role.INITIAL
    return Role.COMMON if word in common else Role.NAME


_ABD = re.compile(r"abd(?:[aeiou]l|[aeiou]ll|[aeiou]r|o?ul|oul)?")
_ARTICLES = frozenset({"al", "el", "ul", "ur", "ar", "as", "es", "ad", "ed", "ud", "id", "az", "ez", "an", "en", "il"})


def _compounds(words: list[str]) -> list[str]:
    """Names of two words that are written as one as often: Abd al-Rahman, Abu Bakr, Saif al-Din."""
    out: list[str] = []
    at = 0
    while at < len(words):
        word, rest = words[at], words[at + 1 :]
        skip = 1 if rest and rest[0] in _ARTICLES else 0
        if _ABD.fullmatch(word) and len(rest) > skip and len(rest[skip]) > 2:
            out.append(_abdul(rest[skip]))
            at += 2 + skip
        elif rest[skip : skip + 1] in (["din"], ["deen"], ["dine"], ["eddin"], ["uddin"], ["eddine"]) and len(word) > 2:
            out.append(f"{word}uddin")
            at += 2 + skip
        else:
            out.append(_uddin(_abdul_prefix(word)))
            at += 1
    return out


def _abdul(word: str) -> str:
    return "abdullah" if word in ("allah", "lah", "ullah", "llah") else f"abdul{word}"


_ABD_PREFIX = re.compile(r"(?:abd|abdou?|gabd)(?:[aeiou]{1,2}[lrsnzd])(?=[a-z]{3})")
_DIN_SUFFIX = re.compile(r"(?<=[a-z]{3})(?:[aeou]{1,2}d?[dj]?i?|al|el)d(?:in|een|ine)$")


def _abdul_prefix(word: str) -> str:
    if word in ("abdullah", "abdallah", "abdulla", "abdalla", "abdellah"):
        return "abdullah"
    return _ABD_PREFIX.sub("abdul", word)


def _uddin(word: str) -> str:
    return _DIN_SUFFIX.sub("uddin", word)


def _stem(word: str) -> str:
    return word[5:] if word.startswith("abdul") and len(word) > 8 and word != "abdullah" else ""


def _company(words: list[str], forms: list[tuple[tuple[str, ...], str]]) -> tuple[Part, ...]:
    lists, spelled = _lists(), table("words")["spelled"]
    words, found = _take_forms(words, forms)
    parts = []
    for word in words:
        word = str(spelled.get(word, word))
        word = _roman(word) or word
        parts.append(Part(word, _company_role(word, lists), skeleton(word)))
    parts = _mark_places(parts)
    kept = [p for p in parts if p.role != Role.PARTICLE] or parts
    return (*kept, *(Part(form, Role.FORM, "") for form in found))


def _company_role(word: str, lists: dict[str, frozenset[str]]) -> Role:
    if any(c.isdigit() for c in word):
        return Role.NUMBER
    if word in lists["connectives"]:
        return Role.PARTICLE
    return Role.COMMON if word in lists["common_words"] else Role.NAME


def _mark_places(parts: list[Part]) -> list[Part]:
    """Countries and cities, of one word or two. A name that is only a place stays a name."""
    places = _places()
    marked = list(parts)
    for width in (2, 1):
        for at in range(len(parts) - width + 1):
            if " ".join(p.text for p in parts[at : at + width]) in places:
                for n in range(at, at + width):
                    marked[n] = Part(parts[n].text, Role.PLACE, parts[n].skeleton)
    return marked if any(p.role == Role.NAME for p in marked) else [
        Part(p.text, Role.NAME if p.role == Role.PLACE else p.role, p.skeleton) for p in marked
    ]  # fmt: skip


def _take_forms(words: list[str], forms: list[tuple[tuple[str, ...], str]]) -> tuple[list[str], list[str]]:
    """The words without legal forms, and the forms. A name made of forms alone keeps its words."""
    left, found = list(words), []
    for shape, form in forms:
        width = len(shape)
        at = 0
        while at + width <= len(left):
            if tuple(left[at : at + width]) == shape and len(left) > width:
                del left[at : at + width]
                found.append(form)
            else:
                at += 1
    return left, list(dict.fromkeys(found))


_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12, "xiii": 13, "xiv": 14,
          "xv": 15, "xvi": 16, "xvii": 17, "xviii": 18, "xix": 19, "xx": 20, "xxi": 21}  # fmt: skip


def _roman(word: str) -> str:
    return str(_ROMAN.get(word, ""))


@cache
def _forms() -> list[tuple[tuple[str, ...], str]]:
    """Ways to write legal forms, the longest first."""
    raw: dict[str, list[str]] = table("forms")
    shapes = {tuple(_APART.sub(" ", way).split()): form for form, ways in raw.items() for way in ways}
    return sorted(shapes.items(), key=lambda item: (-len(item[0]), item[0]))


@cache
def _lists() -> dict[str, frozenset[str]]:
    raw = table("words")
    names = ("titles", "particles", "connectives", "patronymics", "common_names", "common_words")
    return {name: frozenset(map(str, raw[name])) for name in names}


@cache
def _places() -> frozenset[str]:
    known = {scripts.fold(name) for name in countries.names() if len(name) > 3}
    return frozenset(known | set(table("words")["cities"]))
