"""Names of clients of one shape, which are looked at together, and the listed names that they are held against."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.ceiling import MayPair, places, runs
from kyc.screening.policy import Likeness
from kyc.screening.reverse import Outline

NOBODY: set[int] = set()
APART = 2  # letters by which neighbours joined may differ from a word in length
IDLE = -1  # instead of a unit: the word is an initial, and there is none for it


class Holders(NamedTuple):
    """Who has which word in this place (from 0, as in `Reading.words`), of all names of one shape (kind and marks);
    names are numbers, one for each word."""

    kind: Kind
    marks: str
    place: int
    words: Sequence[int]
    names: Sequence[int]


class Hit(NamedTuple):
    """The clients' names that have in these places (as bits) a word which is like a unit (bits too) of a listed one."""

    places: int
    unit: int
    like: float
    lists: Sequence[Collection[int]]

    @property
    def names(self) -> Iterator[int]:
        return chain.from_iterable(self.lists)

    @property
    def joined(self) -> bool:
        """Whether one word of the client is several in the list."""
        return self.unit > 0 and bool(self.unit & self.unit - 1)

    @property
    def pair(self) -> MayPair:
        return self.places, self.unit, self.like


class Pieces(NamedTuple):
    """What the first and the last of neighbours are like, by number, that are one part of a listed name, by its bit."""

    unit: int
    first: int
    last: int


class ListedName(NamedTuple):
    """A listed name: its parts, by number, and the runs of them that may be one word, with their places as bits."""

    kind: Kind
    marks: str
    parts: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]
    pieces: tuple[Pieces, ...]
    outlines: tuple[Outline, ...]

    @property
    def units(self) -> list[tuple[int, int]]:
        return [*((1 << place, part) for place, part in enumerate(self.parts)), *self.runs]


class Shape:
    """Whose words are like which parts, among the names of clients of one shape."""

    def __init__(self, kind: Kind, marks: str, initials: Mapping[int, int]) -> None:
        self.kind, self.marks = kind, marks
        self._initials, self._letters = initials, list[tuple[int, Hit]]()
        self.runs = runs(marks)
        self._having: dict[tuple[int, int], set[int]] = {}
        self._parts: dict[int, dict[tuple[int, float], list[list[int]]]] = defaultdict(lambda: defaultdict(list))

    def add(self, holders: Holders, alike: Mapping[int, Mapping[int, float]]) -> None:
        having: dict[int, list[int]] = defaultdict(list)
        for word, name in zip(holders.words, holders.names, strict=True):
            having[word].append(name)
        bit = 1 << holders.place
        for word, names in having.items():
            for part, like in alike.get(word, {}).items():
                self._parts[part][bit, like].append(names)
            if word in self._initials:
                self._letters.append((self._initials[word], Hit(bit, IDLE, 0.0, [names])))

    def idle(self, listed: ListedName) -> list[Hit]:
        """The initials that stand for nothing which begins with their letter."""
        letters = {outline.letter for outline in listed.outlines}
        return [hit for letter, hit in self._letters if letter not in letters]

    def hits(self, listed: ListedName) -> list[Hit]:
        return [
            Hit(bit, unit, like, lists)
            for unit, part in listed.units
            if part in self._parts
            for (bit, like), lists in self._parts[part].items()
        ]

    def has(self, pieces: Pieces) -> bool:
        return pieces.first in self._parts or pieces.last in self._parts

    def ends(self, pieces: Pieces, run: int, *, several: bool) -> tuple[set[int], set[int]]:
        """The names of which these neighbours begin like a part and end like it; and, if `several`, do one of these."""
        first, *_, last = places(run)
        one, other = self._at(pieces.first, first), self._at(pieces.last, last)
        return one & other, one ^ other if several else NOBODY

    def _at(self, part: int, place: int) -> set[int]:
        """The names that have a word like this in a place."""
        if part not in self._parts:
            return NOBODY
        if (part, place) not in self._having:
            lists = (found for (bit, _), found in self._parts[part].items() if bit == 1 << place)
            self._having[part, place] = set(chain.from_iterable(chain.from_iterable(lists)))
        return self._having[part, place]


class Open(NamedTuple):
    """Clients' names whose best score hangs on initials, or on neighbours that may be one word: to be looked at closer,
    with the outlines of all their words."""

    listed: ListedName
    side: str
    marks: str
    pairs: tuple[MayPair, ...]
    supposed: tuple[MayPair, ...]
    names: set[int]

    def closer(self, outlines: Sequence[Outline], likeness: Likeness) -> tuple[MayPair, ...]:
        """What may pair after all."""
        return (*self.pairs, *self._joined(outlines), *self._initials(outlines, likeness.initial))

    def _joined(self, outlines: Sequence[Outline]) -> Iterable[MayPair]:
        for run, unit, like in self.supposed:
            mine = [outlines[place] for place in places(run)]
            listed = self.listed.outlines[places(unit)[0]]
            if mine[0].letter == listed.letter and abs(sum(each.length for each in mine) - listed.length) <= APART:
                yield run, unit, like

    def _initials(self, outlines: Sequence[Outline], like: float) -> Iterable[MayPair]:
        for here, mark in enumerate(self.marks):
            for there, other in enumerate(self.listed.marks):
                initial = (mark == "i") != (other == "i")
                if initial and outlines[here].letter == self.listed.outlines[there].letter:
                    yield 1 << here, 1 << there, like
