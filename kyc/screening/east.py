"""Names in Han characters, Hangul and kana: without blanks, the family name first, and read by country."""

import re
from functools import cache

from anyascii import anyascii

from kyc.screening.tables import table


def readings(text: str) -> tuple[str, ...]:
    """Each way to read the name, as Latin tokens; the likeliest first."""
    text = re.sub(r"[\s・·．.,，=＝-]+", " ", text).strip()
    if re.fullmatch(r"[가-힣 ]+", text):
        return tuple(dict.fromkeys(_hangul(text, vowels) for vowels in ("hangul_vowel", "hangul_vowel_plain")))
    if re.fullmatch(r"[㐀-鿿豈-﫿々〇 ]+", text):
        found = [_han(text, country) for country in ("chinese", "japanese", "korean")]
        return tuple(dict.fromkeys(reading for reading in found if reading))
    return (_mixed(text),)


def _hangul(text: str, vowels: str) -> str:
    words = text.split()
    if len(words) == 1 and len(text) in (3, 4):
        cut = 2 if text[:2] in _east()["korean_double_surnames"] else 1
        words = [text[:cut], text[cut:]]
    surnames: dict[str, str] = _east()["korean_surnames"]
    return " ".join(surnames.get(word) or "".join(_syllable(block, vowels) for block in word) for word in words)


def _syllable(block: str, vowels: str) -> str:
    at = ord(block) - 0xAC00
    letters = table("scripts")
    first, rest = divmod(at, 588)
    vowel, final = divmod(rest, 28)
    return str(letters["hangul_initial"][first] + letters[vowels][vowel] + letters["hangul_final"][final])


def _han(text: str, country: str) -> str:
    """One country's reading; empty when that country would not read the name so."""
    words = text.split()
    if len(words) == 1:
        words = _split(text, country)
    return " ".join(_read(word, place == 0, country) for place, word in enumerate(words)) if words else ""


def _split(text: str, country: str) -> list[str]:
    """Family and given name. Only a Japanese family name from the table makes a Japanese reading."""
    if country == "japanese":
        return next(([text[:n], text[n:]] for n in (3, 2, 1) if text[:n] in _east()["japanese_surnames"]), [])
    if not 2 <= len(text) <= 4:
        return [text] if country == "chinese" else []
    if country == "korean":
        return [text[:1], text[1:]] if text[0] in _east()["korean_hanja"] and len(text) <= 3 else []
    cut = 2 if text[:2] in _east()["chinese_double_surnames"] or len(text) == 4 else 1
    return [text[:cut], text[cut:]]


def _read(word: str, family: bool, country: str) -> str:
    tables = _east()
    if country == "japanese":
        whole = tables["japanese_surnames"] if family else tables["japanese_given"]
        return whole.get(word) or "".join(tables["japanese_given"].get(c) or anyascii(c) for c in word).lower()
    if country == "korean":
        return "".join(tables["korean_hanja"].get(c) or anyascii(c) for c in word).lower()
    return anyascii(word).lower()


def _mixed(text: str) -> str:
    """Kana with or without kanji: anyascii knows the syllables; long vowels are written or not, so they go."""
    return re.sub(r"(?<=[aiueo])-|ー", "", " ".join(anyascii(word) for word in text.split()).lower())


@cache
def _east() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = table("east")
    return found
