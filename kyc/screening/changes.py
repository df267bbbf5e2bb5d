"""Whom the entries that changed may concern: from the words that share keys with theirs to the names that may match.

Three questions to whoever keeps the reverse index, each of everybody at once: the words that share a key, the names
that have those words, and the names that remain. Nobody is left out by number; a name is left out when the best that
it could score is below the threshold.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, groupby
from typing import NamedTuple

from kyc.lists import Entry, Kind
from kyc.screening.ceiling import Ceiling, MayPair
from kyc.screening.corroborate import normal
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed, Part, Role
from kyc.screening.policy import Likeness, Policy
from kyc.screening.reverse import (
    HEAD,
    MOST_EDITS,
    RUN,
    SHORT,
    Hashing,
    Reading,
    consonants_of,
    edits,
    length_class,
    lessened,
    marks,
    near,
    places,
    run_key,
    runs,
    spellings,
    wholes_of,
)  # fmt: skip
from kyc.screening.scorer import ABJADS, ALIKE_JOINED


class Watched(NamedTuple):
    """A reading with whose it is: `client` is opaque."""

    client: str
    kind: Kind
    reading: Reading


class Holders(NamedTuple):
    """The names, by number, that have a word and are of one shape (kind and marks)."""

    word: int
    kind: Kind
    marks: str
    names: Sequence[int]


class _Name(NamedTuple):
    """A listed name: its parts, by number, and the runs of them that may be one word, with their places as bits."""

    kind: Kind
    marks: str
    parts: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]
    abduls: tuple[int, ...]  # of the parts, those that another may have in two, the first of them misspelled

    @property
    def units(self) -> list[tuple[int, int]]:
        return [*((1 << place, part) for place, part in enumerate(self.parts)), *self.runs]


Shape = tuple[Kind, str]
Likes = tuple[float, ...]  # how alike at most, by the letters that were left out on the client's side


class Changed:
    """The entries that changed, as what may touch clients."""

    def __init__(self, entries: Iterable[Entry], hashing: Hashing, policy: Policy) -> None:
        self._hashing = hashing
        self._policy = policy
        self._ceiling = Ceiling(policy)
        self._numbers: dict[tuple[str, str, bool, bool], int] = {}
        self._probes: dict[int, list[tuple[int, Likes]]] = defaultdict(list)
        self._abdul: int | None = None
        self._run_keys: set[int] = set()
        self._wholes: set[int] = set()
        self._words: dict[int, dict[int, float]] = {}
        self._runs: set[int] = set()  # of the words touched, those that are neighbours joined
        names = {self._name(entry.kind, reading) for entry in entries for reading in self._readings(entry)}
        self._names = sorted(names)

    def _readings(self, entry: Entry) -> Iterator[Parsed]:
        self._wholes.update(self._hashing.of(f"#{normal(each.value)}") for each in entry.identifiers)
        for reading in dict.fromkeys(r for name in entry.names for r in parse(name.text, entry.kind)):
            self._wholes.update(self._hashing.of(key) for key in wholes_of(reading, entry.kind, listed=True))
            yield reading

    def _name(self, kind: Kind, reading: Parsed) -> _Name:
        abjad, shape = reading.script in ABJADS, marks(reading)
        parts = tuple(self._number(part, abjad, joined=False) for part in reading.parts)
        joined = []
        for run in runs(shape):
            text = "".join(reading.parts[place].text for place in places(run))
            joined.append((run, self._number(Part(text, Role.NAME), abjad, joined=True)))
        abduls = tuple(number for number, part in zip(parts, reading.parts, strict=True) if part.stem)
        if abduls and self._abdul is None:
            self._abdul = self._number(Part("abdul", Role.NAME), abjad=False, joined=False)
        return _Name(kind, shape, parts, tuple(joined), abduls)

    def _number(self, part: Part, abjad: bool, *, joined: bool) -> int:
        """The number of a part; what it may be like is asked for once, in however many names it is."""
        known = (part.text, part.stem, abjad, joined)
        if known not in self._numbers:
            number = self._numbers[known] = len(self._numbers)
            for key, likes in _probes(part, abjad, joined, self._policy.likeness):
                self._probes[hashed := self._hashing.of(key)].append((number, likes))
                if key.startswith(RUN):
                    self._run_keys.add(hashed)
        return self._numbers[known]

    @property
    def keys(self) -> list[int]:
        """The keys by which touched words are found."""
        return list(self._probes)

    @property
    def wholes(self) -> list[int]:
        """The hashes of whole names and of numbers: one of them is enough."""
        return list(self._wholes)

    def touch(self, found: Iterable[tuple[int, int, int]]) -> list[int]:
        """Takes the words that have one of the keys (key, word, letters left out); which words these are."""
        for key, word, less in found:
            for part, likes in self._probes[key]:
                like = likes[less]
                if like:
                    touched = self._words.setdefault(word, {})
                    if like > touched.get(part, 0.0):
                        touched[part] = like
                    if key in self._run_keys:
                        self._runs.add(word)
        return list(self._words)

    def candidates(self, holders: Iterable[Holders]) -> dict[int, list[int]]:
        """The names of clients that have enough words in common with a listed one: number → listed names."""
        having = _Having(self._words, self._runs, holders)
        found: dict[int, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for shape in having.shapes(name):
                if name.kind.meets(shape[0]):
                    for each in self._enough(name, shape, having):
                        found[each].append(number)
        return found

    def _enough(self, name: _Name, shape: Shape, having: "_Having") -> set[int]:
        found = having.joined(name, shape)
        if self._abdul is not None:
            first = having.part(self._abdul, shape)
            found = found.union(*(first & having.part(part, shape) for part in name.abduls))
        needed = self._ceiling.needed(_side(shape[0], name.kind), shape[1], name.marks)
        if needed is None:
            return found
        parts = sorted((names for part in set(name.parts) if (names := having.part(part, shape))), key=len)
        if needed == 1:
            return found.union(*parts)
        rare = parts[: len(parts) - (needed - 2)]  # of so many that must agree, two at least are not the commonest
        return found.union(*(one & other for one, other in combinations(rare, 2)), having.twice(name, shape))

    def may_match(self, kind: Kind, reading: Reading, names: Iterable[int]) -> bool:
        """Whether the best that this could score against one of these listed names reaches the threshold."""
        touched = [
            (bits, parts)
            for word, bits in zip(reading.words, _bits(reading.marks), strict=True)
            if (parts := self._words.get(word))
        ]
        return any(
            self._ceiling.score(_side(kind, name.kind), reading.marks, name.marks, self._pairs(touched, name))
            >= self._policy.threshold
            for name in map(self._names.__getitem__, names)
        )

    def _pairs(self, touched: Sequence[tuple[int, Mapping[int, float]]], name: _Name) -> tuple[MayPair, ...]:
        units = name.units
        found = [(bits, unit, parts[part]) for bits, parts in touched for unit, part in units if part in parts]
        if name.abduls and self._abdul is not None:
            firsts = [bits for bits, parts in touched if self._abdul in parts]
            found += [
                (first | first << 1, unit, self._policy.likeness.joined)
                for bits, parts in touched
                for first in firsts
                for unit, part in units
                if bits == first << 1 and part in name.abduls and part in parts
            ]
        return tuple(found)

    def clients(self, watched: Iterable[tuple[int, Watched]], candidates: Mapping[int, Iterable[int]]) -> set[str]:
        """Who comes into question, of names by number."""
        return {
            client
            for number, (client, kind, reading) in watched
            if not self._wholes.isdisjoint(reading.wholes) or self.may_match(kind, reading, candidates.get(number, ()))
        }


class _Having:
    """Which names of clients have a word that is like a part."""

    def __init__(self, words: Mapping[int, Mapping[int, float]], joined: set[int], holders: Iterable[Holders]) -> None:
        self._parts: dict[int, dict[Shape, set[int]]] = defaultdict(dict)
        self._joined: dict[int, dict[Shape, set[int]]] = defaultdict(dict)
        for word, kind, name, numbers in holders:
            shape = (kind, name)
            for part in words[word]:
                self._parts[part].setdefault(shape, set()).update(numbers)
                if word in joined:
                    self._joined[part].setdefault(shape, set()).update(numbers)

    def part(self, part: int, shape: Shape) -> set[int]:
        return self._parts[part].get(shape, set()) if part in self._parts else set()

    def shapes(self, name: _Name) -> set[Shape]:
        return set().union(*(self._parts[part].keys() for _, part in name.units if part in self._parts))

    def joined(self, name: _Name, shape: Shape) -> set[int]:
        """Those for whom a word here may be several there."""
        apart = (self._joined[part].get(shape, set()) for part in name.parts if part in self._joined)
        return set().union(*(self.part(part, shape) for _, part in name.runs), *apart)

    def twice(self, name: _Name, shape: Shape) -> set[int]:
        """Those for whom a part that the name has twice counts twice."""
        return set().union(*(self.part(part, shape) for part in set(name.parts) if name.parts.count(part) > 1))


def _side(kind: Kind, listed: Kind) -> str:
    return "person" if (kind if listed == Kind.PARTY else listed) == Kind.PERSON else "company"


def _bits(name: str) -> list[int]:
    """The places of each word of a reading with these marks."""
    return [*(1 << place for place in range(len(name))), *runs(name)]


def _probes(part: Part, abjad: bool, joined: bool, policy: Likeness) -> Iterator[tuple[str, Likes]]:
    """The keys of a listed part, each with how alike a word may be that has it."""
    for key, likes in _likes(part, abjad, policy):
        if joined:
            likes = tuple(like * policy.joined if like >= ALIKE_JOINED else 0.0 for like in likes)
        if any(likes):
            yield key, likes
    if part.role not in SHORT and not joined:
        yield run_key(part.text), (policy.joined,) * _LEVELS


def _likes(part: Part, abjad: bool, policy: Likeness) -> Iterator[tuple[str, Likes]]:
    for key in near(part):
        if key.startswith("="):
            yield key, (1.0,) * _LEVELS
        elif key.startswith("n:"):
            yield key, (policy.equivalent,) * _LEVELS
    for word in spellings(part):
        yield from _lettered("l", word, policy.sound)
    bone = "s" if abjad else "a"  # consonants speak alone where one side was written without vowels
    for consonants in consonants_of(part):
        same = 0.9 if len(consonants) == 2 else 1.0
        for key, likes in _lettered(bone, consonants, same):
            yield key, tuple(policy.across_scripts * like for like in likes)


def _lettered(prefix: str, word: str, same: float) -> Iterator[tuple[str, Likes]]:
    """The keys of a word's letters, for the lengths that a word may have which is like it.

    `same`: what it is worth when the letters are the same, and yet the words are not written the same.
    """
    length = len(word)
    lengths = range(max(1, length - MOST_EDITS), length + MOST_EDITS + 1)
    near_enough = [n for n in lengths if abs(n - length) <= edits(max(n, length))]
    for number, group in groupby(near_enough, key=length_class):
        others = tuple(group)
        for text, less in lessened(word).items():
            likes = tuple(_alike(len(text), less, other, length, others, same) for other in range(_LEVELS))
            yield f"{prefix}{number}:{text}", likes


_LEVELS = MOST_EDITS + 1


@cache
def _alike(left: int, less: int, other: int, length: int, others: tuple[int, ...], same: float) -> float:
    """How alike two words are at most that have so many letters in common when each is less so many of its own.

    `others` are the lengths that the other word may have. A word longer than a head differs behind it at best.
    """
    head = left + other
    possible = [n for n in others if min(n, HEAD) == head]
    most = max(less, other)
    if not possible:
        return 0.0
    longer = max(length, *possible)
    if not most:
        return same if longer <= HEAD else max(same, 1 - 1 / longer)
    return 1 - most / longer if most <= edits(longer) else 0.0
