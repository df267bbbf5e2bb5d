"""Names of every script in Latin letters. One name may be read in several ways; each reading is a candidate."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Literal

from anyascii import anyascii

from kyc.screening import east
from kyc.screening.tables import table

Script = Literal["latin", "cyrillic", "greek", "arabic", "hebrew", "han", "hangul", "hangul-plain", "kana", "other"]
_RANGES: tuple[tuple[Script, str], ...] = (
    ("cyrillic", "Ѐ-ԯ"), ("greek", "Ͱ-Ͽἀ-῿"), ("arabic", "؀-ۿݐ-ݿﭐ-﷿ﹰ-﻿"), ("hebrew", "֐-׿"),
    ("kana", "぀-ヿ"), ("hangul", "가-힣ᄀ-ᇿ"), ("han", "㐀-鿿豈-﫿"), ("latin", "A-Za-zÀ-ɏḀ-ỿ"),
)  # fmt: skip
_SCRIPTS = tuple((name, re.compile(f"[{span}]")) for name, span in _RANGES)


LIMITED: frozenset[Script] = frozenset({"arabic", "hebrew", "han", "hangul", "kana", "other"})
"""Scripts in which listed names are missed more often: what they leave out, or transcribe by the sound of another
language, has to be guessed."""


@lru_cache(maxsize=65536)
def script_of(text: str) -> Script:
    """The script of most of the letters."""
    if text.isascii():
        return "latin"
    counts = [(len(shape.findall(text)), name) for name, shape in _SCRIPTS]
    found = {name: count for count, name in counts if count}
    if not found:
        return "other" if any(c.isalpha() for c in text) else "latin"
    return max(found, key=lambda name: found[name])


def fold(text: str) -> str:
    """Lower case, Latin letters without accents; letters of other scripts by their sound."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold()
    return anyascii("".join(filter(_has_a_sound, plain))).lower()


@lru_cache(maxsize=65536)
def _has_a_sound(character: str) -> bool:
    """Pictures have a name but no sound, and signs that are known by a number alone cannot be read."""
    unread = character.isalpha() and any(c.isdigit() for c in anyascii(character))
    return unicodedata.category(character) != "So" and not unread


def readings(text: str, organization: bool = False) -> tuple[str, ...]:
    """The ways to write a name in Latin letters, commonest first, tokens separated by blanks.

    What an `organization` is called is partly translated in lists: its words are read both ways.
    """
    text = unicodedata.normalize("NFKC", text)
    script = script_of(text)
    found = _by_sound(text, script)
    if organization and script in table("translated"):
        found = (*found, *_by_sound(_translated(text, script), script))
    return tuple(dict.fromkeys(found))


def _by_sound(text: str, script: Script) -> tuple[str, ...]:
    match script:
        case "cyrillic":
            return _cyrillic(text)
        case "greek":
            own = _letters(text, "greek", longest=2)
            return _distinct(own, _letters(text, "greek_foreign", under="greek", longest=2))
        case "arabic":
            return _arabic(text)
        case "hebrew":
            return _distinct(_abjad(text, "hebrew"), _abjad(text, "hebrew", "hebrew_soft"), _bare(text, "hebrew"))
        case "hangul" | "han" | "kana":
            return east.readings(text)
        case _:
            return (fold(text),)


def _translated(text: str, script: Script) -> str:
    """Known words of organizations in English, the others as they stand."""
    words: dict[str, str] = table("translated")[script]
    if script in ("han", "hangul"):
        for word in sorted(words, key=len, reverse=True):
            text = text.replace(word, f" {words[word]} ")
        return text
    stems = sorted(words, key=len, reverse=True)
    return " ".join(_english(word, words, stems, script) for word in re.split(r"[^\w]+", text.casefold()) if word)


def _english(word: str, words: dict[str, str], stems: list[str], script: Script) -> str:
    if script == "arabic":
        return words.get(word, word)
    stem = next((s for s in stems if word.startswith(s) and len(word) - len(s) <= _LONGEST_ENDING), None)
    return words[stem] if stem else word


_LONGEST_ENDING = 4  # of an inflected word: государственн-ого


def _cyrillic(text: str) -> tuple[str, ...]:
    plain = _letters(text, "cyrillic")
    if re.search("[іїєґІЇЄҐ]", text) or text.lower().endswith("ій"):
        return (_letters(text, "ukrainian", under="cyrillic"), plain)
    return (plain,)


def _letters(text: str, name: str, *, under: str = "", longest: int = 1) -> str:
    """Letter by letter through a table, the longest first; what it does not hold goes through `fold`."""
    letters = _table(name, under)
    if text.isascii():
        return text.lower()
    lower = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if c not in _MARKS)
    lower = unicodedata.normalize("NFC", lower)
    out, at = [], 0
    while at < len(lower):
        for width in range(longest, 0, -1):
            if (piece := lower[at : at + width]) in letters:
                out.append(letters[piece])
                at += width
                break
        else:
            out.append(fold(lower[at]))
            at += 1
    return "".join(out)


_MARKS = "\u0300\u0301\u0342\u0313\u0314\u0345"  # stress and breathings; the breve of й and the dots of ї stay


@cache
def _table(name: str, under: str) -> dict[str, str]:
    scripts = table("scripts")
    return {**(scripts[under] if under else {}), **scripts[name]}


_VOWEL_POINTS = re.compile("[\u064b-\u065f\u0670\u06d6-\u06ed\u0591-\u05c7\u0640\u200d-\u200f]")


def _arabic(text: str) -> tuple[str, ...]:
    """As Arabs write it; also as Persians do, whose ض and ذ are z and whose و is v."""
    persian = (_abjad(text, "arabic", "persian"),) if re.search("[ضذثو]", text) else ()
    return _distinct(_abjad(text, "arabic"), *persian, _bare(text, "arabic"))


def _distinct(*readings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(readings))


def _bare(text: str, name: str) -> str:
    """Letter by letter, known names too: one that is misspelled is known no more, and is like the other so."""
    return " ".join(_spelt(word, name, "") for word in _words(text))


def _abjad(text: str, name: str, variant: str = "") -> str:
    """Arabic and Hebrew: known names with their vowels, the others as the letters stand."""
    known: dict[str, str] = table("names")[name]
    return " ".join(_word(word, known, name, variant) for word in _words(text))


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w]", " ", _VOWEL_POINTS.sub("", text)).split()


def _word(word: str, known: dict[str, str], name: str, variant: str) -> str:
    if word in known:
        return known[word]
    if name == "arabic" and word.startswith("ال") and len(word) > 4:
        return f"al {known.get(word[2:]) or _spelt(word[2:], name, variant)}"
    return _spelt(word, name, variant)


def _spelt(word: str, name: str, variant: str) -> str:
    return _letters(word, variant, under=name) if variant else _letters(word, name)
