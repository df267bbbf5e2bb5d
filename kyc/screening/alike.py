"""The words of an index that are written, or sound, as others do but for two letters.

Two such words have something in common when two letters of each, or fewer, are left out of their heads. Hashes of all
that can be left are kept, sorted, each with the number of its word.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from kyc.screening.columns import Column, Ints, columns, spans
from kyc.screening.sounds import sound
from kyc.screening.texts import Texts

SHORTEST = 7  # letters; with two wrong, a shorter word alone is no match
MOST = 24  # words for each that is asked for, the nearest: of short words there may be hundreds
_HEAD = 8  # letters of which some are left out
_LEFT_OUT = 2
_FILE = {"words.alike": "Q"}  # the hash, then the number of the word
_NUMBER = np.uint64(32)  # bits
_ANY_NUMBER = np.uint64(0xFFFFFFFF)
_AT_ONCE = 20_000

Codes = npt.NDArray[np.uint64]


def write(folder: Path, words: Sequence[str]) -> None:
    """Words by number."""
    found = [np.empty(0, np.uint64)]
    for start in range(0, len(words), _AT_ONCE):
        some = words[start : start + _AT_ONCE]
        spellings = [(spelling, number) for number, word in enumerate(some, start) for spelling in {word, sound(word)}]
        codes, of = _codes([spelling for spelling, _ in spellings])
        found.append(np.unique(codes | np.array([number for _, number in spellings], np.uint64)[of]))
    codes = np.concatenate(found)  # no word is in two of them, so no code is
    codes.sort()
    codes.tofile(folder / "words.alike")


class Alike:
    def __init__(self, folder: Path, words: Texts) -> None:
        (self._codes,) = columns(folder, _FILE)
        self._words = words

    def of(self, asked: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Of each of these words those that have two letters other, or that sound as if; those with one letter other
        have a key in common with it."""
        long = [word for word in asked if len(word) >= SHORTEST]
        texts, sounds = self._sharing(long)
        if not texts:
            return {}
        written, heard = _apart(long, texts), _apart([sound(word) for word in long], sounds)
        apart = np.minimum(written, heard)
        return {
            word: _nearest(apart[at], written[at], texts, np.flatnonzero((written[at] > 1) & (apart[at] <= _LEFT_OUT)))
            for at, word in enumerate(long)
        }

    def _sharing(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """The words that have something left in common with one of these, and how they sound."""
        codes, _ = _codes([spelling for word in words for spelling in {word, sound(word)}])
        first = np.unique(codes)
        start = np.searchsorted(self._codes, first)
        end = np.searchsorted(self._codes, first | _ANY_NUMBER, side="right")
        numbers = np.unique(self._codes[spans(start, end)].astype(np.uint32)).astype(np.int64)
        return self._words.texts(numbers), self._words.sounds(numbers)


def _nearest(apart: Column, written: Column, texts: Sequence[str], near: Ints) -> list[str]:
    ranked = sorted((apart[at], written[at], texts[at]) for at in near.tolist())
    return [text for *_, text in ranked[:MOST]]


def _codes(words: Sequence[str]) -> tuple[Codes, Ints]:
    """Hashes of what is left of the heads of words, and the places of the words that they are of."""
    letters = np.zeros((len(words), _HEAD + 1), np.uint8)  # and a place for those that are left out
    lengths = np.array([min(len(word), _HEAD) for word in words], np.int64)
    found, of = [np.empty(0, np.uint32)], [np.empty(0, np.int64)]
    for length in np.unique(lengths[lengths >= SHORTEST - 1]).tolist():  # a word may sound shorter than it is
        places = np.flatnonzero(lengths == length)
        heads = "".join([words[at][:length] for at in places.tolist()]).encode("ascii", "replace")
        letters[places, :length] = np.frombuffer(heads, np.uint8).reshape(-1, length)
        hashes = _hashes(letters[places], _kept(length))
        found.append(hashes.ravel())
        of.append(places.repeat(hashes.shape[1]))
    return np.concatenate(found).astype(np.uint64) << _NUMBER, np.concatenate(of)


def _hashes(letters: Column, kept: Ints) -> Column:
    """FNV-1a of each way to keep some of the letters."""
    hashes = np.full((len(letters), len(kept)), 2166136261, np.uint32)
    for column in kept.T:
        hashes = (hashes ^ letters[:, column]) * np.uint32(16777619)
    return hashes


@cache
def _kept(length: int) -> Ints:
    """Which letters of a head are kept, a row for each way to leave out none, one or two."""
    ways = [way for less in range(_LEFT_OUT + 1) for way in combinations(range(length), length - less)]
    return np.array([(*way, *[_HEAD] * (_HEAD - len(way))) for way in ways], np.int64)


def _apart(words: Sequence[str], others: Sequence[str]) -> Column:
    """By how many letters words differ; beyond two it does not matter."""
    return cdist(words, others, scorer=OSA.distance, score_cutoff=_LEFT_OUT, dtype=np.uint8)
