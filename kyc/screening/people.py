"""The parts of a person's name: titles go, particles are known, compounds are written as one, fathers are marked."""

import re

from kyc.screening.parsed import Part, Role, lexicon


def parts(written: list[str]) -> tuple[Part, ...]:
    """The words of a name, given names first, as its parts."""
    known = lexicon()
    kept = _compounds([w for w in written if w not in known["titles"]] or written)
    found, father = [], False
    for place, word in enumerate(kept):
        if word in known["patronymics"] and 0 < place < len(kept) - 1:
            father = True
        given = place == 0 and word == "ben"  # Benjamin, not a son
        if word in known["particles"] and not given and len(kept) > 1 and (len(word) > 1 or word in "ye"):
            found.append(Part(word, Role.PARTICLE))
            continue
        found.append(Part(word, _role(word, known["common_names"]), father, _stem(word)))
        father = False
    return tuple(found)


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
        elif rest and word not in lexicon()["patronymics"] and len(word) > 2 and (end := _ending(rest, skip)):
            out.append(word + end)
            at += 2 + (rest[0] not in _ENDINGS and skip)
        else:
            out.append(_uddin(_abdul_prefix(word)))
            at += 1
    return out


_ENDINGS = {
    "allah": "ullah", "ullah": "ullah", "din": "uddin", "deen": "uddin", "dine": "uddin", "eddin": "uddin",
    "uddin": "uddin", "eddine": "uddin", "aldin": "uddin",
}  # fmt: skip


def _ending(rest: list[str], skip: int) -> str:
    """What the next word, with or without its article, adds to a name: Rahmat ullah, Saif al-Din."""
    return _ENDINGS.get(rest[0]) or _ENDINGS.get(rest[skip] if skip < len(rest) else "", "")


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
