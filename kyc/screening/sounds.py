"""How a name sounds: a skeleton of consonants for looking up across scripts, a phonetic spelling for comparing."""

import re
from functools import lru_cache

# One consonant for all the ways in which lists write it. The order matters: long before short.
_CONSONANTS = (
    ("shch", "x"), ("tsch", "x"), ("tch", "x"), ("sch", "x"), ("dzh", "j"), ("dsch", "j"), ("sh", "x"), ("ch", "x"),
    ("zh", "j"), ("dj", "j"), ("dz", "z"), ("kh", "k"), ("gh", "k"), ("ph", "f"), ("th", "t"), ("dh", "d"),
    ("tz", "ts"), ("ck", "k"), ("qu", "k"), ("ks", "x"),
)  # fmt: skip
_FOLDED = str.maketrans({"q": "k", "g": "k", "c": "k", "v": "f", "z": "s", "p": "b", **dict.fromkeys("aeiouhwy", "")})
_SOUNDS = (
    ("sch", "sh"), ("tch", "ch"), ("dzh", "j"), ("dj", "j"), ("zh", "j"), ("kh", "k"), ("gh", "g"), ("ph", "f"),
    ("th", "t"), ("dh", "d"), ("ck", "k"), ("qu", "kv"), ("q", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"),
    ("ei", "ai"), ("ey", "ai"), ("ay", "ai"), ("ij", "i"), ("iy", "i"), ("yi", "i"), ("ii", "i"), ("aa", "a"),
    ("x", "ks"), ("w", "v"), ("y", "i"), ("tz", "ts"), ("c", "k"),
)  # fmt: skip
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=262144)
def skeleton(word: str) -> str:
    """The consonants that survive a journey through any alphabet: muhammad and محمد are both `md`… `mmd`."""
    for written, heard in _CONSONANTS:
        if written in word:
            word = word.replace(written, heard)
    return _DOUBLE.sub(r"\1", word.translate(_FOLDED))


@lru_cache(maxsize=262144)
def sound(word: str) -> str:
    """A spelling in which Qaddafi and Kadafi, Youssef and Yusef, Schulz and Shulz come close to each other."""
    for written, heard in _SOUNDS:
        if written in word:
            word = word.replace(written, heard)
    return _DOUBLE.sub(r"\1", word)
