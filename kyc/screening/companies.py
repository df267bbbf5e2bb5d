"""The parts of a company's name: legal forms go, abbreviations are written out, common words and places are known."""

from collections.abc import Iterable, Sequence
from functools import cache

from rapidfuzz.distance import OSA

from kyc.lists import countries
from kyc.screening import scripts
from kyc.screening.parsed import APART, Part, Role, lexicon
from kyc.screening.tables import table


def parts(written: list[str], *, legal: bool = True) -> tuple[Part, ...]:
    """The words of a name as its parts; ships and aircraft (`legal` False) have no legal form."""
    left, forms = _take_forms(written) if legal else (written, [])
    spelled: dict[str, str] = table("words")["spelled"]
    found = []
    for place, word in enumerate(left):
        word = spelled.get(word, word)
        word = _ROMAN.get(word) or (_LAST_ROMAN.get(word, word) if 0 < place == len(left) - 1 else word)
        found.append(Part(word, _role(word)))
    kept = [p for p in _mark_places(found) if p.role != Role.PARTICLE] or found
    return (*kept, *(Part(form, Role.FORM) for form in forms))


def is_company(written: list[str]) -> bool:
    """Whether a name has a word or a legal form that only companies have."""
    return bool(set(written) & lexicon()["common_words"]) or bool(_take_forms(written)[1])


def are_forms(words: Iterable[str]) -> bool:
    """Whether each of these words is a legal form by itself."""
    return all(any(way == (word,) for way, _ in _forms().get(word, ())) for word in words)


def _role(word: str) -> Role:
    if any(c.isdigit() for c in word):
        return Role.NUMBER
    if word in lexicon()["connectives"]:
        return Role.PARTICLE
    return Role.COMMON if word in lexicon()["common_words"] else Role.NAME


def _mark_places(parts: list[Part]) -> list[Part]:
    """Countries and cities, of one word or two. A name that is only a place stays a name."""
    places = _places()
    marked = list(parts)
    for width in (2, 1):
        for at in range(len(parts) - width + 1):
            if " ".join(p.text for p in parts[at : at + width]) in places:
                for n in range(at, at + width):
                    marked[n] = Part(parts[n].text, Role.PLACE)
    return marked if any(p.role == Role.NAME for p in marked) else [
        Part(p.text, Role.NAME if p.role == Role.PLACE else p.role) for p in marked
    ]  # fmt: skip


def _take_forms(written: list[str]) -> tuple[list[str], list[str]]:
    """The words without legal forms, and the forms, the longest first. A name made of forms alone keeps its words."""
    left, found = _mended([_misspelled(word) for word in written]), []
    ways = [way for word in dict.fromkeys(left) for way in _forms().get(word, ())]
    for way, form in sorted(ways, key=lambda w: (-len(w[0]), w[0])):
        at = 0
        while at + len(way) <= len(left):
            if tuple(left[at : at + len(way)]) == way and len(left) > len(way):
                del left[at : at + len(way)]
                found.append(form)
            else:
                at += 1
    return left, list(dict.fromkeys(found))


def _misspelled(word: str) -> str:
    """A long legal form with a letter wrong is that form all the same."""
    if len(word) < _LONG_FORM or word in _long_forms():
        return word
    return next((way for way in _long_forms() if OSA.distance(word, way, score_cutoff=2) <= 2), word)


def _mended(words: list[str]) -> list[str]:
    """A form of several words with a letter wrong in one of them is that form all the same: joint stock compny."""
    left = list(words)
    for at, word in enumerate(words):
        for way, place in _long_ways().get(word, ()):
            first = at - place
            found = left[first : first + len(way)] if first >= 0 else []
            if len(found) == len(way) < len(left) and _slipped(found, way):
                left[first : first + len(way)] = way
    return left


def _slipped(found: Sequence[str], way: Sequence[str]) -> bool:
    """Whether one word alone is another, by one letter."""
    other = [(one, two) for one, two in zip(found, way, strict=True) if one != two]
    return len(other) == 1 and min(map(len, other[0])) >= _WORD and OSA.distance(*other[0], score_cutoff=1) == 1


_WORD = 4  # letters of a word that is itself with one of them wrong


@cache
def _long_ways() -> dict[str, list[tuple[tuple[str, ...], int]]]:
    """Ways of three words or more to write a form, by each of their words, with its place."""
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    ways = sorted({way for ways in _forms().values() for way, _ in ways if len(way) > _FEW}, key=lambda w: (-len(w), w))
    for way in ways:
        for place, word in enumerate(way):
            found.setdefault(word, []).append((way, place))
    return found


_FEW = 2  # words of a form: one of them wrong leaves one, which says too little
_LONG_FORM = 10


@cache
def _long_forms() -> tuple[str, ...]:
    alone = (word for word, ways in _forms().items() if any(way == (word,) for way, _ in ways))
    return tuple(sorted(word for word in alone if len(word) >= _LONG_FORM))


_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
    "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16", "xvii": "17", "xviii": "18", "xix": "19", "xx": "20",
}  # fmt: skip
_LAST_ROMAN = {"i": "1", "v": "5", "x": "10"}  # numbers only at the end, where a series has them


@cache
def _forms() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Ways to write legal forms, by their first word."""
    raw: dict[str, list[str]] = table("forms")
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for form, ways in raw.items():
        for way in ways:
            words = tuple(APART.sub(" ", way).split())
            found.setdefault(words[0], []).append((words, form))
    return found


@cache
def _places() -> frozenset[str]:
    known = {scripts.fold(name) for name in countries.names() if len(name) > 3}
    return frozenset(known | set(table("words")["cities"]))
