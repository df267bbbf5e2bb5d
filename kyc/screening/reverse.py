"""The reverse index: which clients a changed entry of a list may concern, from keyed hashes of their names alone.

A client's name is kept as hashes of its parts and of the whole; each word, once for all clients, with the hashes of
its keys. Two words that the scorer can call alike share a key, so an entry that changed touches every word that could
agree with one of its own; and a client comes into question by what its touched words can score at best, never by a
count. Whoever comes into question is then screened for real.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from kyc.lists import Entry, Kind
from kyc.screening import keys
from kyc.screening.corroborate import normal
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed, Part, Role
from kyc.screening.policy import Policy
from kyc.screening.scorer import ABJADS, Sums, worth
from kyc.screening.sounds import skeleton, sound
from kyc.screening.subject import Subject
from kyc.screening.tables import table

HEAD = 7  # letters of a word whose deletions are keys: words within reach of each other share one of them
_EDITS = {1: (3, 5), 2: (6, 11), 3: (12, 10_000)}  # edits → lengths of the longer word, as the scorer counts
_MARKS = {
    Role.NAME: "n", Role.COMMON: "c", Role.PLACE: "p", Role.NUMBER: "0", Role.INITIAL: "i", Role.PARTICLE: "x",
    Role.FORM: "f",
}  # fmt: skip
_ABDUL = "a"  # a name written as one, "abdul" and what follows: the other side may have it in two


class Reading(NamedTuple):
    """One way to read one name, in keyed hashes. `marks` tells the role of each part by a letter, for its weight."""

    words: tuple[int, ...]
    marks: str
    wholes: tuple[int, ...]


class Watched(NamedTuple):
    """A reading with whose it is: `client` is opaque."""

    client: str
    kind: Kind
    reading: Reading


class Hashing:
    """Hashes of keys under one secret of the whole service: 64 bits, signed, as a database keeps them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.of = lru_cache(maxsize=500_000)(self._of)

    def _of(self, text: str) -> int:
        return int.from_bytes(hmac.digest(self._secret, text.encode(), "sha256")[:8], "big", signed=True)

    def readings(self, subject: Subject) -> tuple[list[Reading], dict[int, list[int]]]:
        """A subject's readings, and the keys of each word in them."""
        parsed = [reading for name in subject.names for reading in parse(name, subject.kind)]
        numbers = [self.of(f"#{normal(each.value)}") for each in subject.identifiers]
        found = [self._reading(reading, numbers) for reading in dict.fromkeys(parsed)]
        words = {self._word(p, each): self._keys(p, each) for each in parsed for p in each.parts}
        return found or ([Reading((), "", tuple(numbers))] if numbers else []), words

    def _reading(self, parsed: Parsed, numbers: Sequence[int]) -> Reading:
        wholes = (*(self.of(key) for key in (*keys.wholes(parsed), *_joined(parsed))), *numbers)
        words = tuple(self._word(part, parsed) for part in parsed.parts)
        return Reading(words, marks(parsed), tuple(dict.fromkeys(wholes)))

    def _word(self, part: Part, of: Parsed) -> int:
        return self.of(f"w:{of.script in ABJADS}:{part.text}:{part.stem}")

    def _keys(self, part: Part, of: Parsed) -> list[int]:
        found = {*near(part), f"s:{skeleton(part.text)}"}
        found |= {f"a:{skeleton(part.text)}"} if of.script in ABJADS else set()
        return [self.of(key) for key in sorted(found)]


def marks(parsed: Parsed) -> str:
    return "".join(_ABDUL if part.stem else _MARKS[part.role] for part in parsed.parts)


def near(part: Part) -> set[str]:
    """Keys of a part: parts that are alike by their letters, by their sound or as forms of one name share one."""
    if part.role in (Role.INITIAL, Role.NUMBER):
        return {part.text}
    words = {part.text, sound(part.text)} | ({part.stem, sound(part.stem)} if part.stem else set())
    forms = {*_nicknames().get(part.text, ()), *_nicknames().get(part.stem, ())}
    return {key for word in words for key in _within_reach(word)} | {f"n:{number}" for number in forms}


@lru_cache(maxsize=100_000)
def _within_reach(word: str) -> frozenset[str]:
    """The word less as many letters as may be edited, for each number of edits that the scorer allows."""
    head = word[:HEAD]
    return frozenset(
        f"{edits}:" + "".join(letter for place, letter in enumerate(head) if place not in gone)
        for edits, most in _reach(len(word)).items()
        for count in range(min(most, len(head)) + 1)
        for gone in combinations(range(len(head)), count)
    )


@cache
def _reach(length: int) -> dict[int, int]:
    """How many letters to leave out for each number of edits. The longer of two words decides how many edits they may
    be apart; the shorter one has so many letters less to lose as it lacks to get there."""
    found = {0: 0}
    for edits, (shortest, longest) in _EDITS.items():
        most = edits - max(0, shortest - length)
        if most >= 0 and length <= longest:
            found[edits] = most
    return found


class Changed:
    """The entries that changed, as what may touch clients."""

    def __init__(self, entries: Iterable[Entry], hashing: Hashing, policy: Policy) -> None:
        self._hashing = hashing
        self._names: list[tuple[Kind, str]] = []
        self._parts: dict[int, dict[int, int]] = defaultdict(dict)  # key → name → the parts that have it, as bits
        self._wholes: set[int] = set()
        self._lone: dict[tuple[int, str, int, Kind], bool] = {}
        self._best = _Best(policy)
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        self._wholes.update(self._hashing.of(f"#{normal(each.value)}") for each in entry.identifiers)
        for reading in dict.fromkeys(r for name in entry.names for r in parse(name.text, entry.kind)):
            self._wholes.update(self._hashing.of(key) for key in keys.wholes(reading))
            self._wholes.update(self._hashing.of(part.text) for part in reading.parts)
            self._wholes.update(self._hashing.of(f"j:{skeleton(part.text)}") for part in reading.parts)
            for key, parts in _parts(reading):
                at = self._parts[self._hashing.of(key)]
                at[len(self._names)] = at.get(len(self._names), 0) | parts
            self._names.append((entry.kind, marks(reading)))

    @property
    def keys(self) -> list[int]:
        """The keys by which touched words are found."""
        return list(self._parts)

    @property
    def wholes(self) -> list[int]:
        """The hashes of whole names, neighbours and numbers: one of them is enough."""
        return list(self._wholes)

    def touched(self, words: Iterable[tuple[int, Sequence[int]]]) -> dict[int, dict[int, int]]:
        """The words that have one of the keys: word → name → the parts of it that it touches, as bits."""
        found: dict[int, dict[int, int]] = {}
        for word, its_keys in words:
            names: dict[int, int] = {}
            for key in its_keys:
                for name, parts in self._parts.get(key, {}).items():
                    names[name] = names.get(name, 0) | parts
            if names:
                found[word] = names
        return found

    def clients(self, watched: Iterable[Watched], touched: Mapping[int, Mapping[int, int]]) -> set[str]:
        """Who comes into question."""
        found: set[str] = set()
        for client, kind, reading in watched:
            if client not in found and (
                not self._wholes.isdisjoint(reading.wholes) or self._may_match(kind, reading, touched)
            ):
                found.add(client)
        return found

    def _may_match(self, kind: Kind, reading: Reading, touched: Mapping[int, Mapping[int, int]]) -> bool:
        hits = [place for place, word in enumerate(reading.words) if word in touched]
        if any(self._alone(kind, reading, place, touched) for place in hits):
            return True
        return len(hits) > 1 and any(self._together(kind, reading, hits, touched))

    def _alone(self, kind: Kind, reading: Reading, place: int, touched: Mapping[int, Mapping[int, int]]) -> bool:
        """Whether one touched word can be enough; asked of each word once for all names of the same shape."""
        word = reading.words[place]
        asked = (word, reading.marks, place, kind)
        if asked not in self._lone:
            names = touched[word].items()
            self._lone[asked] = any(self._enough(kind, reading.marks, (place,), name, parts) for name, parts in names)
        return self._lone[asked]

    def _together(
        self, kind: Kind, reading: Reading, hits: list[int], touched: Mapping[int, Mapping[int, int]]
    ) -> Iterator[bool]:
        """For each listed name that several words touch: whether it can be a match."""
        seen: set[int] = set()
        for first in hits[:-1]:
            for name in touched[reading.words[first]]:
                if name in seen:
                    continue
                seen.add(name)
                places = tuple(place for place in hits if name in touched[reading.words[place]])
                if len(places) > 1:
                    parts = 0
                    for place in places:
                        parts |= touched[reading.words[place]][name]
                    yield self._enough(kind, reading.marks, places, name, parts)

    def _enough(self, kind: Kind, asked: str, places: tuple[int, ...], name: int, parts: int) -> bool:
        listed_kind, listed = self._names[name]
        if not listed_kind.meets(kind):
            return False
        person = (kind if listed_kind == Kind.PARTY else listed_kind) == Kind.PERSON
        return self._best.enough(person, asked, places, listed, parts)


def _joined(reading: Parsed) -> list[str]:
    """What two neighbours sound like as one word: the lists may have them so."""
    return [f"j:{skeleton(one.text + other.text)}" for one, other in pairwise(reading.parts)]


def _parts(reading: Parsed) -> Iterator[tuple[str, int]]:
    """The keys of a listed name, each with the parts that have it, as bits: of each part, and of two joined."""
    bones = "s" if reading.script in ABJADS else "a"  # consonants speak alone where one side was written without vowels
    for place, part in enumerate(reading.parts):
        for key in {*near(part), f"{bones}:{skeleton(part.text)}"}:
            yield key, 1 << place
    for place, (one, other) in enumerate(pairwise(reading.parts)):
        for key in near(Part(one.text + other.text, Role.NAME)):
            yield key, 3 << place


class _Best:
    """The most that a pair of names can score, when it is known which of their parts are touched and nothing else."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._initial = policy.likeness.initial
        self._weights = {
            side: {mark: getattr(weights, role.value) or 0.5 for role, mark in _MARKS.items()} | {_ABDUL: weights.name}
            for side, weights in policy.weights.items()
        }
        self.enough = lru_cache(maxsize=100_000)(self._enough)

    def _enough(self, person: bool, asked: str, places: tuple[int, ...], listed: str, parts: int) -> bool:
        side = "person" if person else "company"
        weights = self._weights[side]
        mine = _split(asked, set(places), weights)
        theirs = _split(listed, {place for place in range(len(listed)) if parts >> place & 1}, weights)
        agreed = (sum(mine.touched) + sum(theirs.touched)) / 2  # one word may stand for two joined
        rest_a, rest_b = mine.rest, theirs.rest
        _take(rest_b, mine.in_two)
        _take(rest_a, theirs.in_two)
        agreed += self._initials(mine.initials, rest_b, weights) + self._initials(theirs.initials, rest_a, weights)
        left_a, left_b = sum(rest_a), sum(rest_b)
        return worth(Sums(agreed, 0.0, left_a, left_b), False, self._policy.losses[side]) >= self._policy.threshold

    def _initials(self, count: int, others: list[float], weights: Mapping[str, float]) -> float:
        """Each initial stands for the weightiest part that the other name has left."""
        _take(others, count)
        return count * self._initial * weights["i"]


def _take(weights: list[float], count: int) -> None:
    """The weightiest ones agree with something else."""
    for weight in sorted(weights, reverse=True)[:count]:
        weights.remove(weight)


class _Split(NamedTuple):
    touched: list[float]
    rest: list[float]
    initials: int
    in_two: int


def _split(name: str, touched: set[int], weights: Mapping[str, float]) -> _Split:
    """The weights of a name's parts."""
    full = [(place in touched, weights[mark]) for place, mark in enumerate(name) if mark != "i" or place in touched]
    hit = [weight for is_hit, weight in full if is_hit]
    rest = [weight for is_hit, weight in full if not is_hit]
    return _Split(hit, rest, len(name) - len(full), name.count(_ABDUL))


@cache
def _nicknames() -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(table("nicknames")):
        for name in group:
            found[name].append(number)
    return found
