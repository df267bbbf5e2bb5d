"""Looking for one party in the index: names that may be near, what each scores, and the best name of each entry."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kyc.lists import Kind, Name
from kyc.screening import corroborate
from kyc.screening.bound import Bound
from kyc.screening.columns import Floats, Ints
from kyc.screening.keys import MOST_WITH_A_NUMBER
from kyc.screening.listed import KINDS
from kyc.screening.names import parse, tells_nothing
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy
from kyc.screening.scorer import NOTHING, Comparison, Scorer
from kyc.screening.subject import Subject
from kyc.screening.ways import Ways

if TYPE_CHECKING:
    from kyc.screening.index import Index

Best = tuple[Comparison, str, Name]  # the comparison, the name asked for, the listed one
NO_LETTERS = "name_{}_has_no_letters"
TELLS_NOTHING = "name_{}_tells_nothing"
TOO_LONG = "name_{}_is_too_long"
CUT = "candidates_cut"
LONGEST = 500  # letters of a name asked for; a page of text is none


class Asked(NamedTuple):
    """A way to read one of the names asked for."""

    number: int
    text: str
    reading: Parsed


class Pair(NamedTuple):
    """A reading of a listed name, by number, against one asked for, and the most that they score, or (`exact`) that
    they do."""

    most: float
    exact: bool
    same: bool
    asked: Asked
    kind: Kind
    name: int
    listed: Parsed


class Search:
    """One party looked for in the index. `gaps` is what could not be looked at, `looked_at` how many names were."""

    def __init__(self, index: "Index", subject: Subject, scorer: Scorer) -> None:
        self._index, self._subject, self._scorer = index, subject, scorer
        self._names = index.store.names
        self._kinds = [kind for kind in Kind if kind.meets(subject.kind)]
        self._bounds: dict[tuple[int, Kind], Bound] = {}
        self._scored: dict[tuple[int, Kind, Parsed], float] = {}
        self._near: dict[int, float] = {}  # entries that have a name which scores at the cutoff, with their best score
        self._pairs: dict[int, list[Pair]] = defaultdict(list)  # of each entry those that may be its best
        self.gaps: dict[str, None] = {}
        self.looked_at = 0

    def run(self) -> dict[int, Best]:
        """Entries worth showing, by number."""
        looked_at = {asked: self._look(asked) for asked in self._readings()}
        shown = sorted({*self._identified(), *_shown(self._near, self._scorer.policy)})
        names = self._index.store.names_of(shown)
        for asked, known in looked_at.items():
            self._look_at_others(asked, np.array([name for name in names.tolist() if name not in known], np.int64))
        return {number: self._best(number) for number in shown}

    def _identified(self) -> Iterator[int]:
        """Entries that bear one of the party's numbers."""
        for mine in self._subject.identifiers:
            found = self._index.identified(corroborate.normal(mine.value))
            if len(found) >= MOST_WITH_A_NUMBER:
                self.gaps[CUT] = None
            for number in found:
                if any(corroborate.same_number(mine, theirs) for theirs in self._index.entry(number)[0].identifiers):
                    yield number

    def _readings(self) -> list[Asked]:
        found: list[Asked] = []
        for place, name in enumerate(self._subject.names):
            if len(name) > LONGEST:
                self.gaps[TOO_LONG.format(place)] = None
                continue
            readings = [reading for reading in parse(name, self._subject.kind) if reading.joined]
            if not readings:
                self.gaps[NO_LETTERS.format(place)] = None
            elif all(tells_nothing(reading, self._subject.kind) for reading in readings):
                self.gaps[TELLS_NOTHING.format(place)] = None
            found += [Asked(number, name, reading) for number, reading in enumerate(readings, len(found))]
        return found

    def _look(self, asked: Asked) -> Collection[int]:
        """Looks at the names that the index has for this one; which they are."""
        policy, ways = self._scorer.policy, Ways(self._index, asked.reading, self._subject.kind, self._scorer.policy)
        scores: dict[int, float] = {}
        while batches := ways.next():
            numbers = dict.fromkeys(chain.from_iterable(batches))
            fresh = [number for number in numbers if number not in scores]
            scores |= dict.fromkeys(fresh, 0.0)
            for pair, entry in self._at_cutoff(asked, fresh):
                score = self._score(pair)
                scores[pair.name] = max(score, scores[pair.name])
                self._near[entry] = max(score, self._near.get(entry, 0.0))
            ways.matched({number for number in numbers if scores[number] >= policy.threshold})
        if ways.cut:
            self.gaps[CUT] = None
        self.looked_at += len(scores)
        return scores

    def _at_cutoff(self, asked: Asked, numbers: Sequence[int]) -> Iterator[tuple[Pair, int]]:
        """The names that score at the cutoff. Each that can is scored: none is left out for its place in the order."""
        cutoff, names = self._scorer.policy.cutoff, np.array(numbers, np.int64)
        for pair in self._reaching(asked, names, np.full(len(names), cutoff)):
            if self._score(pair) >= cutoff:
                entry = int(self._names.entry[pair.name])
                self._pairs[entry].append(pair)
                yield pair, entry

    def _look_at_others(self, asked: Asked, names: Ints) -> None:
        """Other names of entries that are shown: one may be nearer than that by which its entry was found, or a strong
        one that matches, which goes before a weak one."""
        threshold, entries = self._scorer.policy.threshold, self._names.entry[names]
        least = np.array([min(self._near.get(entry, 0.0), threshold) for entry in entries.tolist()])
        for pair in self._reaching(asked, names, least):
            self._pairs[int(self._names.entry[pair.name])].append(pair)

    def _reaching(self, asked: Asked, names: Ints, least: Floats) -> Iterator[Pair]:
        """Of these names the readings that may score so much."""
        for kind, these in self._by_kind(names):
            rows, bound = self._names.rows(names[these]), self._bound(asked, kind)
            most = bound.of(rows)
            reaching = np.flatnonzero(most.score >= least[these][rows.places])
            scores, exact = most.score[reaching].tolist(), most.exact[reaching].tolist()
            whose = names[these][rows.places[reaching]].tolist()
            for at, listed in enumerate(self._names.parsed(rows, reaching)):
                yield Pair(scores[at], exact[at], listed.words == asked.reading.words, asked, kind, whose[at], listed)

    def _by_kind(self, names: Ints) -> Iterator[tuple[Kind, Ints]]:
        """As what names are compared, and the places of those that are."""
        kinds = self._names.kind[names]
        for listed in self._kinds:
            if len(these := np.flatnonzero(kinds == KINDS.index(listed))):
                yield compared_as(listed, self._subject), these

    def _bound(self, asked: Asked, kind: Kind) -> Bound:
        if (bound := self._bounds.get((asked.number, kind))) is None:
            bound = self._bounds[asked.number, kind] = Bound(asked.reading, kind, self._scorer, self._names)
        return bound

    def _score(self, pair: Pair) -> float:
        """The score of two readings; lists repeat each other's names, and each is scored once."""
        if pair.exact:
            return pair.most
        key = pair.asked.number, pair.kind, pair.listed
        if (known := self._scored.get(key)) is None:
            known = self._scored[key] = self._scorer.score(pair.asked.reading, pair.listed, pair.kind)
        return known

    def _best(self, number: int) -> Best:
        """The best pair of names; a strong alias goes before a weak one of the same score."""
        entry, _ = self._index.entry(number)
        best, threshold = (False, 0.0, False), self._scorer.policy.threshold
        chosen: Pair | None = None
        for pair in sorted(self._pairs[number], key=lambda pair: (-pair.most, not pair.same, pair.name)):
            if (pair.most >= threshold, pair.most, True) <= best:
                break
            score, strong = self._score(pair), not entry.names[self._names.place[pair.name]].weak
            rank = strong and score >= threshold, score, strong  # a weak alias hides no strong name that matches
            if rank > best:
                best, chosen = rank, pair
        if chosen is None:  # found by its number alone
            return NOTHING, self._subject.names[0], entry.names[0]
        compared = self._scorer.parsed(chosen.asked.reading, chosen.listed, chosen.kind)
        return compared, chosen.asked.text, entry.names[self._names.place[chosen.name]]


def _shown(near: dict[int, float], policy: Policy) -> list[int]:
    """All that match, and the nearest of the rest; ties by number, which follows the ids."""
    ranked = sorted(near, key=lambda number: (-near[number], number))
    matches = [number for number in ranked if near[number] >= policy.threshold]
    return ranked[: len(matches) + policy.near_shown]


def compared_as(listed: Kind, subject: Subject) -> Kind:
    """As what two names are compared."""
    return subject.kind if listed == Kind.PARTY else listed
