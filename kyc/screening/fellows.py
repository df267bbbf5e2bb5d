"""What each part of listed names can agree with in the name asked for, and what that is worth at most."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from kyc.screening.columns import Bools, Column, Floats, Ints
from kyc.screening.listed import MARKS, part
from kyc.screening.nearby import Nearby, Places
from kyc.screening.parsed import Parsed, Part, Role
from kyc.screening.parts import SHORT, Likenesses
from kyc.screening.scorer import ALIKE_JOINED, LONGEST_JOIN, NEVER_JOINED

_ALL: Places = -1
_IS_SHORT = np.array([role in SHORT for role, _, _ in MARKS])


class Met(NamedTuple):
    """`places` is what a listed part can agree with, `most` what that is worth at most.

    `alone`: it has one fellow at most, and no father on both sides; `differing` is then what is spelled otherwise.
    """

    places: Places
    most: float
    differing: float
    alone: bool


class Columns(NamedTuple):
    """Of each of many parts what it met."""

    places: Ints
    most: Floats
    differing: Floats
    alone: Bools

    @classmethod
    def of_nothing(cls, count: int) -> Self:
        return cls(np.zeros(count, np.int64), np.zeros(count), np.zeros(count), np.ones(count, np.bool_))

    def put(self, at: int, met: Met) -> None:
        for column, value in zip(self, met, strict=True):
            column[at] = value


class Fellows:
    """Listed parts against those asked for; `abjad`: one side is without vowels."""

    def __init__(self, asked: Parsed, weights: Mapping[Role, float], likenesses: Likenesses, abjad: bool) -> None:
        self._weights, self._likenesses, self._abjad = weights, likenesses, abjad
        self._parts = [(1 << place, part, weights[part.role]) for place, part in enumerate(asked.parts)]
        self._runs = list(_runs(asked.parts, weights))
        self._initials: dict[str, Places] = defaultdict(int)
        for place, mine, _ in self._parts:
            if mine.role == Role.INITIAL:
                self._initials[mine.text[0]] |= place
        self._has_father = any(part.father for part in asked.parts)
        self._nearby = Nearby(self._words(), likenesses.policy, likenesses.policy.lowest, abjad)
        self._met: dict[tuple[str, int], Met] = {}

    def _words(self) -> Iterator[tuple[str, Places]]:
        for place, mine, _ in self._parts:
            yield from ((word, place) for word in (mine.text, mine.stem) if word)
        yield from ((word, places) for places, word, _ in self._runs)

    def of(self, texts: Sequence[str], sounds: Sequence[str], marks: Column) -> Columns:
        """What each of these parts can agree with."""
        near = self._nearby.of(texts, sounds)
        near[_IS_SHORT[marks]] = _ALL
        if self._initials:
            near |= np.array([self._initials.get(text[0], 0) for text in texts], np.int64)
        found = Columns.of_nothing(len(texts))
        for at in np.flatnonzero(near).tolist():
            found.put(at, self._meet(texts[at], int(marks[at]), int(near[at])))
        return found

    def _meet(self, text: str, mark: int, near: Places) -> Met:
        if (met := self._met.get((text, mark))) is None:
            met = self._met[text, mark] = self._met_by(part(text, mark), near)
        return met

    def _met_by(self, listed: Part, near: Places) -> Met:
        weight = self._weights[listed.role]
        ones = [
            (place, like, min(own, weight) if how == "initial" else (own + weight) / 2)
            for place, mine, own in self._parts
            if place & near
            for like, how in [self._likenesses.of(mine, listed, self._abjad)]
            if like
        ]
        joined = [(places, like, (own + weight) / 2) for places, like, own in self._joined(listed.text, near)]
        fathers = listed.father or any(mine.father for place, mine, _ in self._parts if place & near)
        alone = len(ones) < 2 and not joined and not (fathers and self._has_father)
        places, most, differing = 0, 0.0, 0.0
        for those, like, both in (*ones, *joined):
            places, most, differing = places | those, max(most, round(like, 4) * both), (1 - round(like, 4)) * both
        return Met(places, most, differing if alone else 0.0, alone)

    def _joined(self, text: str, near: Places) -> Iterator[tuple[Places, float, float]]:
        """The neighbours of the name asked for that are this word: their places, how alike, their weight."""
        for places, word, weight in self._runs:
            if places & near == places and joinable(word, text):
                like, _ = self._likenesses.words(word, text, self._abjad)
                if like >= ALIKE_JOINED:
                    yield places, like, weight


def joinable(word: str, text: str) -> bool:
    return word[0] == text[0] and abs(len(word) - len(text)) <= MOST_LONGER


MOST_LONGER = 2  # letters of neighbours joined, or of the word that they are


def _runs(parts: tuple[Part, ...], weights: Mapping[Role, float]) -> Iterator[tuple[Places, str, float]]:
    """Neighbours as one word: their places, the word, their weight."""
    for start in range(len(parts) - 1):
        for end in range(start + 2, min(start + LONGEST_JOIN, len(parts)) + 1):
            run = parts[start:end]
            if all(part.role not in NEVER_JOINED for part in run):
                places = (1 << end) - (1 << start)
                yield places, "".join(part.text for part in run), sum(weights[part.role] for part in run)
