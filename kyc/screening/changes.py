"""Whom the entries that changed may concern: from the words that share keys with theirs to the names that may match.

Two questions to whoever keeps the reverse index, each of everybody at once: the words that share a key, and the names
that have those words. Nobody is left out by number; a name is left out when the best that
it could score is below the threshold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from kyc.lists import Entry, Kind
from kyc.screening.ceiling import Ceiling, places, runs
from kyc.screening.corroborate import normal
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed, Part, Role
from kyc.screening.policy import Policy
from kyc.screening.probes import Asked, Likes
from kyc.screening.reverse import Hashing, marks, wholes_of
from kyc.screening.scorer import ABJADS


class Holders(NamedTuple):
    """Who has which word in this place (from 0, as in `Reading.words`), of all names of one shape (kind and marks);
    names are numbers, one for each word."""

    kind: Kind
    marks: str
    place: int
    words: Sequence[int]
    names: Sequence[int]


class _Hit(NamedTuple):
    """The clients' names that have in these places (as bits) a word which is like a unit (bits too) of a listed one."""

    places: int
    unit: int
    like: float
    lists: list[list[int]]

    @property
    def names(self) -> Iterator[int]:
        return chain.from_iterable(self.lists)

    @property
    def joined(self) -> bool:
        """Whether one word is several on the other side."""
        return bool(self.places & self.places - 1 or self.unit & self.unit - 1)


class _Name(NamedTuple):
    """A listed name: its parts, by number, and the runs of them that may be one word, with their places as bits."""

    kind: Kind
    marks: str
    parts: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]
    letters: str  # with which its parts begin
    abduls: tuple[int, ...]  # of the parts, by their bits, those that another may have in two, the first misspelled

    @property
    def units(self) -> list[tuple[int, int]]:
        return [*((1 << place, part) for place, part in enumerate(self.parts)), *self.runs]


class _Shape:
    """Whose words are like which parts, among the names of clients of one shape."""

    def __init__(self, kind: Kind, marks: str, initials: Mapping[int, str]) -> None:
        self.kind, self.marks = kind, marks
        self._initials, self._letters = initials, list[tuple[str, _Hit]]()
        self._places = [*(1 << place for place in range(len(marks))), *runs(marks)]
        self._parts: dict[int, dict[tuple[int, float], list[list[int]]]] = defaultdict(lambda: defaultdict(list))

    def add(self, holders: Holders, alike: Mapping[int, Mapping[int, float]]) -> None:
        having: dict[int, list[int]] = defaultdict(list)
        for word, name in zip(holders.words, holders.names, strict=True):
            having[word].append(name)
        places = self._places[holders.place]
        for word, names in having.items():
            for part, like in alike.get(word, {}).items():
                self._parts[part][places, like].append(names)
            if word in self._initials:
                self._letters.append((self._initials[word], _Hit(places, _IDLE, 0.0, [names])))

    def idle(self, letters: str) -> list[_Hit]:
        """The initials that stand for nothing that begins with one of these letters."""
        return [hit for letter, hit in self._letters if letter not in letters]

    def hits(self, units: Iterable[tuple[int, int]]) -> list[_Hit]:
        return [
            _Hit(places, unit, like, lists)
            for unit, part in units
            if part in self._parts
            for (places, like), lists in self._parts[part].items()
        ]


class Changed:
    """The entries that changed, as what may touch clients. CPU-bound: keep it off the event loop."""

    def __init__(self, entries: Iterable[Entry], hashing: Hashing, policy: Policy) -> None:
        self._hashing = hashing
        self._policy = policy
        self._ceiling = Ceiling(policy)
        self._abdul: int | None = None
        self._wholes: set[int] = set()
        self._words: dict[int, dict[int, float]] = {}
        self._initials = hashing.initials()
        asked = Asked(policy.likeness)
        self._names = sorted({self._name(e.kind, reading, asked) for e in entries for reading in self._readings(e)})
        self._probes = {hashing.of(key): asking for key, asking in asked.keys.items()}
        self._ends = {hashing.of(key): asking for key, asking in asked.ends.items()}

    def _readings(self, entry: Entry) -> Iterator[Parsed]:
        self._wholes.update(self._hashing.of(f"#{normal(each.value)}") for each in entry.identifiers)
        for reading in dict.fromkeys(r for name in entry.names for r in parse(name.text, entry.kind)):
            self._wholes.update(self._hashing.of(key) for key in wholes_of(reading, entry.kind, listed=True))
            yield reading

    def _name(self, kind: Kind, reading: Parsed, asked: Asked) -> _Name:
        abjad, shape = reading.script in ABJADS, marks(reading)
        parts = tuple(asked.part(part, abjad) for part in reading.parts)
        texts = [part.text for part in reading.parts]
        joined = tuple((run, asked.run("".join(texts[p] for p in places(run)), abjad)) for run in runs(shape))
        abduls = tuple(1 << place for place, part in enumerate(reading.parts) if part.stem)
        if abduls and self._abdul is None:
            self._abdul = asked.part(Part("abdul", Role.NAME), abjad=False)
        return _Name(kind, shape, parts, joined, "".join(text[0] for text in texts), abduls)

    @property
    def keys(self) -> list[int]:
        """The keys by which touched words are found."""
        return sorted({*self._probes, *self._ends})

    @property
    def wholes(self) -> list[int]:
        """The hashes of whole names and of numbers: one of them is enough."""
        return list(self._wholes)

    def touch(self, found: Iterable[tuple[int, int, int]]) -> list[int]:
        """Takes the words that have one of the keys (key, word, letters left out); which words are asked for."""
        by_ends: dict[tuple[int, int, Likes], list[int]] = defaultdict(lambda: [2, 2])  # edits of each at least
        for key, word, less in found:
            for part, likes in self._probes.get(key, ()):
                self._like(word, part, likes[less])
            for part, end, left, likes in self._ends.get(key, ()):
                edits = by_ends[word, part, likes]
                edits[end] = min(left, edits[end])
        for (word, part, likes), edits in by_ends.items():
            if sum(edits) < len(likes):
                self._like(word, part, likes[sum(edits)])
        return list({*self._words, *self._initials})

    def _like(self, word: int, part: int, like: float) -> None:
        if like:
            touched = self._words.setdefault(word, {})
            if like > touched.get(part, 0.0):
                touched[part] = like

    def in_question(self, holders: Iterable[Holders]) -> set[int]:
        """The names of clients, by number, of which the best that they could score reaches the threshold."""
        shapes: dict[tuple[Kind, str], _Shape] = {}
        for each in holders:
            shape = shapes.setdefault((each.kind, each.marks), _Shape(each.kind, each.marks, self._initials))
            shape.add(each, self._words)
        found: set[int] = set()
        for shape in shapes.values():
            for name in self._names:
                if name.kind.meets(shape.kind):
                    found |= self._may_match(name, shape, found)
        return found

    def _may_match(self, name: _Name, shape: _Shape, known: set[int]) -> set[int]:
        hits = shape.hits(name.units)
        if name.abduls and self._abdul is not None:
            hits += shape.hits([(_FIRST, self._abdul)])
        strong_enough = 0.0 if "i" in shape.marks + name.marks else self._ceiling.strong  # initials raise a mean
        telling = (hit for hit in hits if hit.joined or hit.unit == _FIRST or hit.like >= strong_enough)
        strong = set(chain.from_iterable(hit.names for hit in telling)) - known
        if not strong:
            return strong
        hits += shape.idle(name.letters)
        having = [strong.intersection(hit.names) for hit in hits]
        enough = self._enough(name, shape, hits, having)
        alike: dict[int, list[int]] = {each: [] for each in enough}
        for number, names in enumerate(having):
            for each in names & enough:
                alike[each].append(number)
        same: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for each, found in alike.items():
            same[tuple(found)].append(each)
        reaching = (names for found, names in same.items() if self._reaches(name, shape, [hits[n] for n in found]))
        return set(chain.from_iterable(reaching))

    def _enough(self, name: _Name, shape: _Shape, hits: Sequence[_Hit], having: Sequence[set[int]]) -> set[int]:
        """Those who have as many parts of the name as must agree, or one in several words."""
        units: dict[int, set[int]] = defaultdict(set)
        found: set[int] = set()
        for hit, names in zip(hits, having, strict=True):
            if hit.joined:
                found |= names
            units[hit.unit] |= names
        units.pop(_IDLE, None)
        first = units.pop(_FIRST, set())
        found |= first & set(chain.from_iterable(units.get(unit, ()) for unit in name.abduls))
        if needed := self._ceiling.needed(_side(shape.kind, name.kind), shape.marks, name.marks):
            counts = Counter(chain.from_iterable(units.values()))
            found.update(each for each, count in counts.items() if count >= needed)
        return found

    def _reaches(self, name: _Name, shape: _Shape, hits: Sequence[_Hit]) -> bool:
        """Whether the best that names with these words could score reaches the threshold."""
        pairs = [(hit.places, hit.unit, hit.like) for hit in hits if hit.unit > _FIRST]
        firsts = [hit.places for hit in hits if hit.unit == _FIRST]
        pairs += [
            (first | first << 1, unit, self._policy.likeness.joined)
            for places, unit, _ in pairs
            for first in firsts
            if places == first << 1 and unit in name.abduls
        ]
        side, idle = _side(shape.kind, name.kind), sum(hit.unit == _IDLE for hit in hits)
        return self._ceiling.score(side, shape.marks, name.marks, tuple(pairs), idle) >= self._policy.threshold


_FIRST = 0  # instead of a unit: the word is like the "abdul" that begins one
_IDLE = -1  # instead of a unit: the word is an initial, and there is none for it


def _side(kind: Kind, listed: Kind) -> str:
    return "person" if (kind if listed == Kind.PARTY else listed) == Kind.PERSON else "company"
