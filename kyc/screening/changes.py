"""Whom the entries that changed may concern: from the words that share keys with theirs to the names that may match.

Two questions to whoever keeps the reverse index, each of everybody at once: the words that share a key, and the names
that have those words. Nobody is left out by number; a name is left out when the best that
it could score is below the threshold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain

from kyc.lists import Entry, Kind
from kyc.screening.ceiling import Ceiling, MayPair, places, runs
from kyc.screening.corroborate import normal
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed, Part
from kyc.screening.policy import Policy
from kyc.screening.probes import Asked, Likes
from kyc.screening.reverse import SEVERAL_WRONG, SHORT, Hashing, marks, outlined, wholes_of
from kyc.screening.scorer import ABJADS
from kyc.screening.shapes import APART, IDLE, Hit, Holders, ListedName, Open, Pieces, Shape


class Changed:
    """The entries that changed, as what may touch clients. CPU-bound: keep it off the event loop."""

    def __init__(self, entries: Iterable[Entry], hashing: Hashing, policy: Policy) -> None:
        self._hashing = hashing
        self._policy = policy
        self._ceiling = Ceiling(policy)
        self._wholes: set[int] = set()
        self._words: dict[int, dict[int, float]] = {}
        self._initials = hashing.initials()
        self._pieces: dict[int, Pieces] = {}
        self._open: list[Open] = []
        asked = Asked(policy.likeness)
        self._names = sorted({self._name(e.kind, reading, asked) for e in entries for reading in self._readings(e)})
        self._probes = {hashing.of(key): asking for key, asking in asked.keys.items()}
        self._ends = {hashing.of(key): asking for key, asking in asked.ends.items()}

    def _readings(self, entry: Entry) -> Iterator[Parsed]:
        self._wholes.update(self._hashing.of(f"#{normal(each.value)}") for each in entry.identifiers)
        for reading in dict.fromkeys(r for name in entry.names for r in parse(name.text, entry.kind)):
            self._wholes.update(self._hashing.of(key) for key in wholes_of(reading, entry.kind, listed=True))
            yield reading

    def _name(self, kind: Kind, reading: Parsed, asked: Asked) -> ListedName:
        abjad, shape = reading.script in ABJADS, marks(reading)
        parts = tuple(asked.part(part, abjad) for part in reading.parts)
        texts = [part.text for part in reading.parts]
        joined = tuple((run, asked.run("".join(texts[p] for p in places(run)), abjad)) for run in runs(shape))
        pieces = tuple(
            self._in_pieces(place, part, parts[place], abjad, asked)
            for place, part in enumerate(reading.parts)
            if part.role not in SHORT
        )
        return ListedName(kind, shape, parts, joined, pieces, tuple(map(outlined, texts)))

    def _in_pieces(self, place: int, part: Part, number: int, abjad: bool, asked: Asked) -> Pieces:
        pieces = self._pieces[number] = Pieces(1 << place, *asked.pieces(part, abjad))
        return pieces

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
        self._drop_whole_pieces()
        return list({*self._words, *self._initials})

    def _like(self, word: int, part: int, like: float) -> None:
        if like:
            touched = self._words.setdefault(word, {})
            if like > touched.get(part, 0.0):
                touched[part] = like

    def _drop_whole_pieces(self) -> None:
        """A word that is the same as a part is no piece of it."""
        for touched in self._words.values():
            for part in [part for part, like in touched.items() if like == 1 and part in self._pieces]:
                touched.pop(self._pieces[part].first, None)
                touched.pop(self._pieces[part].last, None)

    def in_question(self, holders: Iterable[Holders]) -> set[int]:
        """The names of clients, by number, of which the best that they could score reaches the threshold.

        Those of `doubtful` may be too: `closer` tells, once all words of each are known.
        """
        shapes: dict[tuple[Kind, str], Shape] = {}
        for each in holders:
            shape = shapes.setdefault((each.kind, each.marks), Shape(each.kind, each.marks, self._initials))
            shape.add(each, self._words)
        found: set[int] = set()
        for shape in shapes.values():
            for listed in self._names:
                if listed.kind.meets(shape.kind):
                    found |= self._may_match(listed, shape, found)
        self._open = [each._replace(names=each.names - found) for each in self._open]
        return found

    @property
    def doubtful(self) -> set[int]:
        return set().union(*(each.names for each in self._open))

    def closer(self, words: Iterable[tuple[int, Sequence[int]]]) -> set[int]:
        """Takes the words of the doubtful names; which of these are in question all the same."""
        outline = cache(self._hashing.outline)
        outlines = {number: tuple(map(outline, found)) for number, found in words}
        found: set[int] = set()
        for each in self._open:
            for number in (each.names & outlines.keys()) - found:
                pairs = each.closer(outlines[number], self._policy.likeness)
                if self._ceiling.score(each.side, each.marks, each.listed.marks, pairs) >= self._policy.threshold:
                    found.add(number)
        return found

    def _may_match(self, listed: ListedName, shape: Shape, known: set[int]) -> set[int]:
        hits = shape.hits(listed)
        supposed = self._supposed(listed, shape, hits)
        strong_enough = 0.0 if "i" in shape.marks + listed.marks else self._ceiling.strong  # initials raise a mean
        telling = [hit for hit in hits if hit.joined or hit.like >= strong_enough]
        strong = set(chain.from_iterable(hit.names for hit in telling + supposed)) - known
        if not strong:
            return strong
        hits += shape.idle(listed)
        sure = len(hits)
        hits += supposed
        having = [strong.intersection(hit.names) for hit in hits]
        enough = self._enough(listed, shape, hits[:sure], having)
        alike: dict[int, list[int]] = {each: [] for each in enough}
        for number, names in enumerate(having):
            for each in names & enough:
                alike[each].append(number)
        same: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for each, found in alike.items():
            same[tuple(found)].add(each)
        return set().union(*(self._sure(listed, shape, hits, found, sure, names) for found, names in same.items()))

    def _supposed(self, listed: ListedName, shape: Shape, hits: Sequence[Hit]) -> list[Hit]:
        """Neighbours that may be a part: both ends of them are like its ends, or one where several letters may be wrong
        and something else in the name is alike too."""
        found = [
            (pair, *shape.ends(pieces, pair[0], several=length >= SEVERAL_WRONG))
            for pieces in listed.pieces
            if shape.has(pieces)
            for length in [listed.outlines[places(pieces.unit)[0]].length]
            for pair in self._would_do(listed, shape, pieces.unit, length)
        ]
        one_end = set().union(*(one for *_, one in found))
        beside = one_end.intersection(chain.from_iterable(hit.names for hit in hits)) if one_end else one_end
        return [Hit(*pair, [names]) for pair, both, one in found if (names := both | one & beside)]

    def _would_do(self, listed: ListedName, shape: Shape, unit: int, length: int) -> Iterator[MayPair]:
        """The runs that would do if they were this part, and the rest agreed. Two words that are exactly it are found
        by their whole."""
        likeness, side = self._policy.likeness, _side(shape.kind, listed.kind)
        nearly = max(likeness.sound, 1 - 1 / (length + APART))
        for run in shape.runs:
            pair = run, unit, likeness.joined * (1.0 if run.bit_count() > 2 else nearly)
            if self._ceiling.beside(side, shape.marks, listed.marks, pair) >= self._policy.threshold:
                yield pair

    def _enough(self, listed: ListedName, shape: Shape, hits: Sequence[Hit], having: Sequence[set[int]]) -> set[int]:
        """Those who have as many parts of the name as must agree, or one in several words; what is behind the hits is
        of those who are supposed to."""
        units: dict[int, set[int]] = defaultdict(set)
        found: set[int] = set().union(*having[len(hits) :])
        for hit, names in zip(hits, having, strict=False):
            if hit.joined:
                found |= names
            units[hit.unit] |= names
        units.pop(IDLE, None)
        if needed := self._ceiling.needed(_side(shape.kind, listed.kind), shape.marks, listed.marks):
            counts = Counter(chain.from_iterable(units.values()))
            found.update(each for each, count in counts.items() if count >= needed)
        return found

    def _sure(
        self, listed: ListedName, shape: Shape, hits: Sequence[Hit], found: Sequence[int], sure: int, names: set[int]
    ) -> set[int]:
        """These names, which have these hits, if the best that they could score reaches the threshold for certain; they
        are kept for a closer look if it may."""
        side, least = _side(shape.kind, listed.kind), self._policy.threshold
        pairs = tuple(hits[n].pair for n in found if n < sure and hits[n].unit != IDLE)
        if self._ceiling.score(side, shape.marks, listed.marks, pairs) >= least:
            return names
        supposed = tuple(hits[n].pair for n in found if n >= sure)
        idle = sum(hits[n].unit == IDLE for n in found)
        standing = shape.marks.count("i") - idle, listed.marks.count("i")
        if supposed or self._ceiling.score(side, shape.marks, listed.marks, pairs, standing) >= least:
            self._open.append(Open(listed, side, shape.marks, pairs, supposed, names))
        return set()


def _side(kind: Kind, listed: Kind) -> str:
    return "person" if (kind if listed == Kind.PARTY else listed) == Kind.PERSON else "company"
