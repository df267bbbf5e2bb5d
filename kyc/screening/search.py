"""Looking for one party in the index: names that may be near, what each scores, and the best name of each entry."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from kyc.lists import Kind, Name
from kyc.screening import corroborate
from kyc.screening.bound import Bound
from kyc.screening.names import parse
from kyc.screening.packed import unpack
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy
from kyc.screening.scorer import NOTHING, Comparison, Scorer
from kyc.screening.store import Listed
from kyc.screening.subject import Subject
from kyc.screening.ways import Ways

if TYPE_CHECKING:
    from kyc.screening.index import Index

Best = tuple[Comparison, str, Name]  # the comparison, the name asked for, the listed one
NO_LETTERS = "name_{}_has_no_letters"
CUT = "candidates_cut"


class Asked(NamedTuple):
    """A way to read one of the names asked for."""

    number: int
    text: str
    reading: Parsed


class Search:
    """One party looked for in the index. `gaps` is what could not be looked at, `looked_at` how many names were."""

    def __init__(self, index: "Index", subject: Subject, scorer: Scorer) -> None:
        self._index, self._subject, self._scorer = index, subject, scorer
        self._kinds = {kind for kind in Kind if kind.meets(subject.kind)}
        self._bounds: dict[tuple[int, Kind], Bound] = {}
        self._scored: dict[tuple[int, Kind, str], float] = {}
        self._comparisons: dict[tuple[int, Kind, str], Comparison] = {}
        self.gaps: dict[str, None] = {}
        self.looked_at = 0

    def run(self) -> dict[int, Best]:
        """Entries worth showing, by number."""
        near: dict[int, float] = {}
        readings = self._readings()
        for asked in readings:
            for number, score in self._near(asked).items():
                near[number] = max(score, near.get(number, 0.0))
        identified = self._index.identified(corroborate.normal(i.value) for i in self._subject.identifiers)
        shown = sorted({*identified, *_shown(near, self._scorer.policy)})
        names = {number: self._index.store.names_of(number) for number in shown}
        return {number: self._best(number, names[number], readings) for number in shown}

    def _readings(self) -> list[Asked]:
        found: list[Asked] = []
        for place, name in enumerate(self._subject.names):
            readings = [reading for reading in parse(name, self._subject.kind) if reading.joined]
            if not readings:
                self.gaps[NO_LETTERS.format(place)] = None
            found += [Asked(number, name, reading) for number, reading in enumerate(readings, len(found))]
        return found

    def _near(self, asked: Asked) -> dict[int, float]:
        """Entries with a name that scores at the cutoff, and its score."""
        policy, ways = self._scorer.policy, Ways(self._index, asked.reading, self._kinds, self._scorer.policy)
        scores: dict[int, float] = {}
        near: dict[int, float] = {}
        while batches := ways.next():
            numbers = dict.fromkeys(chain.from_iterable(batches))
            fresh = [number for number in numbers if number not in scores]
            scores |= dict.fromkeys(fresh, 0.0)
            for name, score in self._scores(asked, fresh):
                scores[name.number] = score
                near[name.entry] = max(score, near.get(name.entry, 0.0))
            ways.matched({number for number in numbers if scores[number] >= policy.threshold})
        if ways.cut:
            self.gaps[CUT] = None
        self.looked_at += len(scores)
        return near

    def _scores(self, asked: Asked, numbers: Sequence[int]) -> Iterator[tuple[Listed, float]]:
        """The names that score at the cutoff. Each that can is scored: none is left out for its place in the order."""
        cutoff, store = self._scorer.policy.cutoff, self._index.store
        for kind in self._kinds:
            packed = {number: store.packed(number) for number in store.of_kinds(numbers, {kind})}
            most = self._bound(asked, kind).of(packed.values())
            for number, name in packed.items():
                if most[name].score >= cutoff and (score := self._score(asked, kind, name)) >= cutoff:
                    yield store.name(number), score

    def _bound(self, asked: Asked, listed: Kind) -> Bound:
        kind = compared_as(listed, self._subject)
        if (bound := self._bounds.get((asked.number, kind))) is None:
            bound = self._bounds[asked.number, kind] = Bound(asked.reading, kind, self._scorer)
        return bound

    def _score(self, asked: Asked, listed: Kind, packed: str) -> float:
        """The score of a name; lists repeat each other's names, and each is scored once."""
        most = self._bound(asked, listed).of([packed])[packed]
        if most.exact:
            return most.score
        kind = compared_as(listed, self._subject)
        key = asked.number, kind, packed
        if (known := self._scored.get(key)) is None:
            found = [self._scorer.score(asked.reading, reading, kind) for reading in unpack(packed)]
            known = self._scored[key] = max(found)
        return known

    def _best(self, number: int, names: Sequence[Listed], readings: Sequence[Asked]) -> Best:
        """The best pair of names; a strong alias goes before a weak one of the same score."""
        entry, _ = self._index.entry(number)
        best, threshold = (False, 0.0, False), self._scorer.policy.threshold
        chosen: tuple[Asked, Listed] | None = None
        for most, asked, name in self._pairs(names, readings):
            if (most >= threshold, most, True) <= best:
                break
            score, strong = self._score(asked, name.kind, name.packed), not entry.names[name.place].weak
            rank = strong and score >= threshold, score, strong  # a weak alias hides no strong name that matches
            if rank > best:
                best, chosen = rank, (asked, name)
        if chosen is None:  # found by its number alone
            return NOTHING, self._subject.names[0], entry.names[0]
        asked, name = chosen
        return self._compared(asked, name.kind, name.packed), asked.text, entry.names[name.place]

    def _pairs(self, names: Sequence[Listed], readings: Sequence[Asked]) -> list[tuple[float, Asked, Listed]]:
        """Every reading asked for with every listed name and the most that they score, the likeliest first."""
        kind, packed = names[0].kind, [name.packed for name in names]  # the names of one entry are of one kind
        bounds = [(asked, self._bound(asked, kind).of(packed)) for asked in readings]
        pairs = [(most[name.packed].score, asked, name) for asked, most in bounds for name in names]
        return sorted(pairs, key=lambda pair: (-pair[0], not pair[2].packed.startswith(pair[1].reading.words + "\n")))

    def _compared(self, asked: Asked, listed: Kind, packed: str) -> Comparison:
        """The best of the readings of a listed name."""
        kind = compared_as(listed, self._subject)
        key = asked.number, kind, packed
        if (known := self._comparisons.get(key)) is None:
            found = (self._scorer.parsed(asked.reading, reading, kind) for reading in unpack(packed))
            known = self._comparisons[key] = max(found, key=lambda comparison: comparison.score)
        return known


def _shown(near: dict[int, float], policy: Policy) -> list[int]:
    """All that match, and the nearest of the rest; ties by number, which follows the ids."""
    ranked = sorted(near, key=lambda number: (-near[number], number))
    matches = [number for number in ranked if near[number] >= policy.threshold]
    return ranked[: len(matches) + policy.near_shown]


def compared_as(listed: Kind, subject: Subject) -> Kind:
    """As what two names are compared."""
    return subject.kind if listed == Kind.PARTY else listed
