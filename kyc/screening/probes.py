"""What listed parts of names ask the reverse index for: keys, each with how alike a word may be that has it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from kyc.screening.parsed import Part, Role
from kyc.screening.policy import Likeness
from kyc.screening.reverse import (
    HEAD,
    LONG,
    MOST_EDITS,
    SEVERAL_WRONG,
    consonants_of,
    edits,
    ends,
    exact,
    left_out,
    length_class,
    lessened,
    spellings,
)
from kyc.screening.scorer import ALIKE_JOINED
from kyc.screening.sounds import skeleton, sound

Likes = tuple[float, ...]  # how alike at most, by the letters that were left out on the client's side


class EndProbe(NamedTuple):
    """A long run whose one end less so many letters this is; how alike a word may be by the edits of both ends."""

    part: int
    end: int
    less: int
    likes: Likes


class _Worth(NamedTuple):
    """What letters are worth: the same ones where the words are not written the same, and any likeness of them.
    `joined` is 0 for a part; neighbours joined must come nearer to a word than a part must."""

    same: float
    times: float
    joined: float

    def of(self, like: float) -> float:
        like *= self.times
        return like if not self.joined else like * self.joined if like >= ALIKE_JOINED else 0.0


_LEVELS = MOST_EDITS + 1
_PART, _RUN, _FIRST, _LAST = "part", "run", "first", "last"
_EXACT: Likes = (1.0, 0.0, 0.0, 0.0)
_NEAR: Likes = (1.0, 1.0, 0.0, 0.0)
_ACROSS = ({"i": "e", "u": "o", "j": "z", "f": "p"}, {"i": "e", "u": "o", "j": "h", "f": "h"})  # sounds of two letters


class Asked:
    """Listed parts and joined neighbours, each once, by number; `keys` and `ends` tell which ask for a key."""

    def __init__(self, policy: Likeness) -> None:
        self._policy = policy
        self._numbers: dict[tuple[Part, bool, str], int] = {}
        self.keys: dict[str, list[tuple[int, Likes]]] = defaultdict(list)
        self.ends: dict[str, list[EndProbe]] = defaultdict(list)

    def part(self, part: Part, abjad: bool) -> int:
        known = part._replace(father=False), abjad, _PART
        if known not in self._numbers:
            self._number(known, _probes(part, abjad, 0.0, self._policy))
        return self._numbers[known]

    def run(self, text: str, abjad: bool) -> int:
        """Neighbours that may be one word of a client."""
        part = Part(text, Role.NAME)
        known = part, abjad, _RUN
        if known not in self._numbers:
            number = self._number(known, _probes(part, abjad, self._policy.joined, self._policy))
            for spelling in spellings(part):
                if len(spelling) >= LONG:
                    self._by_ends(number, spelling, text[0])
        return self._numbers[known]

    def pieces(self, part: Part, abjad: bool) -> tuple[int, int]:
        """The first and the last of several words of a client that may be this one."""
        text = Part(part.text, Role.NAME)
        for known, turned in (((text, abjad, _FIRST), False), ((text, abjad, _LAST), True)):
            if known not in self._numbers:
                self._number(known, ((key, likes) for key, likes in _pieces(part.text, abjad, turned)))
        return self._numbers[text, abjad, _FIRST], self._numbers[text, abjad, _LAST]

    def _number(self, what: tuple[Part, bool, str], keys: Iterable[tuple[str, Likes]]) -> int:
        number = self._numbers[what] = len(self._numbers)
        for key, likes in keys:
            self.keys[key].append((number, likes))
        return number

    def _by_ends(self, number: int, spelling: str, first: str) -> None:
        for length, likes in _by_edits(len(spelling), self._policy):
            for key, end, less in ends(spelling, length, first):
                self.ends[key].append(EndProbe(number, end, less, likes))


def _pieces(text: str, abjad: bool, turned: bool) -> Iterator[tuple[str, Likes]]:
    """The keys of what a word begins with, or, `turned`, ends with: as it is written, and with one letter wrong.

    Of neighbours that are this word, both the first and the last is such a piece of it where one letter may be wrong;
    where two or three may be (`SEVERAL_WRONG`), one of them is.
    """
    for spelling in {text, sound(text)}:
        nearly = len(spelling) - (2 if SEVERAL_WRONG <= len(text) < LONG else 0)  # beyond, it is like the word itself
        for cut in range(1, len(spelling) + 1):
            for piece in _cut(spelling, cut, turned):
                yield _key("l", piece, len(piece)), _EXACT
            if cut < nearly:
                yield from _nearly(_turned(_turned(spelling, turned)[:cut], turned))
    consonants = _turned(skeleton(text), turned)
    for cut in range(2, len(consonants) + 1):
        yield _key("s" if abjad else "a", _turned(consonants[:cut], turned), cut), _EXACT


def _turned(text: str, turned: bool) -> str:
    return text[::-1] if turned else text


def _cut(spelling: str, cut: int, turned: bool) -> set[str]:
    """What is before (or behind) a cut: itself, with the letters at the cut changed, and as it sounds apart."""
    here = _turned(spelling, turned)
    pieces = {here[:cut]}
    if cut < len(here):
        pieces.add(here[: cut - 1] + here[cut])
    if apart := _ACROSS[turned].get(here[cut - 1]):
        pieces.add(here[: cut - 1] + apart)
    return {_turned(piece, turned) for piece in pieces}


def _nearly(piece: str) -> Iterator[tuple[str, Likes]]:
    for number in {length_class(len(piece) + more) for more in (-1, 0, 1)}:
        yield from ((f"l{number}:{text}", _NEAR) for text in lessened(piece, 1) if text)


def _key(prefix: str, text: str, length: int) -> str:
    return f"{prefix}{length_class(length)}:{text[:HEAD]}"


def _probes(part: Part, abjad: bool, joined: float, policy: Likeness) -> Iterator[tuple[str, Likes]]:
    for key in exact(part):
        like = 1.0 if key.startswith("=") else policy.equivalent
        yield key, (like * (joined or 1.0),) * _LEVELS
    for word in spellings(part) if not joined else (word for word in spellings(part) if len(word) < LONG):
        yield from _lettered("l", word, _Worth(policy.sound, 1.0, joined))
    bone = "s" if abjad else "a"  # consonants speak alone where one side was written without vowels
    for consonants in consonants_of(part):
        same = 0.9 if len(consonants) == 2 else 1.0
        yield from _lettered(bone, consonants, _Worth(same, policy.across_scripts, joined))


def _lettered(prefix: str, word: str, worth: _Worth) -> Iterator[tuple[str, Likes]]:
    """The keys of a word's letters, for the lengths that a word may have which is like it."""
    for number, levels in _levels(len(word), worth):
        for text, less in lessened(word, len(levels) - 1).items():
            if likes := levels[less]:
                yield f"{prefix}{number}:{text}", likes


@cache
def _levels(length: int, worth: _Worth) -> list[tuple[int, list[Likes]]]:
    """By the classes of length that the other word may be of: likes, by the letters left out here."""
    found = [
        (number, [_likes(less, length, others, worth) for less in range(left_out(length) + 1)])
        for number, others in _classes(length)
    ]
    return [(number, _without_end(levels)) for number, levels in found if any(levels)]


@cache
def _by_edits(length: int, policy: Likeness) -> list[tuple[int, Likes]]:
    """By the classes of length that a word may be of which is like a long run: how alike, by the edits of both ends."""
    worth, found = _Worth(policy.sound, 1.0, policy.joined), []
    for number, others in _classes(length):
        longer = max(length, *others)
        alike = (max(policy.sound, 1 - 1 / longer), *(1 - most / longer for most in range(1, edits(longer) + 1)))
        found.append((number, tuple(worth.of(like) for like in alike)))
    return found


def _classes(length: int) -> list[tuple[int, tuple[int, ...]]]:
    """The lengths that a word may have which is like one of this length, by their classes."""
    lengths = range(max(1, length - MOST_EDITS), length + MOST_EDITS + 1)
    near_enough = [n for n in lengths if abs(n - length) <= edits(max(n, length))]
    return [(number, tuple(group)) for number, group in groupby(near_enough, key=length_class)]


def _likes(less: int, length: int, others: tuple[int, ...], worth: _Worth) -> Likes:
    """None at all when such words are not alike however few letters are left out on the other side."""
    likes = tuple(worth.of(_alike(less, other, length, others, worth.same)) for other in range(_LEVELS))
    return likes if any(likes) else ()


def _without_end(levels: list[Likes]) -> list[Likes]:
    """Without the levels at the end at which nothing is alike."""
    return levels[: 1 + max(less for less, likes in enumerate(levels) if likes)]


def _alike(less: int, other: int, length: int, others: tuple[int, ...], same: float) -> float:
    """How alike two words are at most that have so many letters in common when each is less so many of its own.

    `others` are the lengths that the other word may have. A word longer than a head differs behind it at best.
    """
    head = min(length, HEAD) - less + other
    possible = [n for n in others if min(n, HEAD) == head]
    most = max(less, other)
    if not possible:
        return 0.0
    longer = max(length, *possible)
    if not most:
        return same if longer <= HEAD else max(same, 1 - 1 / longer)
    return 1 - most / longer if most <= edits(longer) else 0.0
