"""The most that a listed name can score, told from its parts one by one: few candidates need to be aligned."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.fellows import Fellows, Met, joinable
from kyc.screening.packed import Packed, readings
from kyc.screening.parsed import Parsed, initials
from kyc.screening.scorer import ABJADS, ALIKE_JOINED, LONGEST_JOIN, SYLLABIC, Scorer, Sums, worth

SLACK = 0.001  # scores are rounded on the way


class Most(NamedTuple):
    """What a listed reading scores at most; `exact` when there is one way only to align it, so that it scores that."""

    score: float
    exact: bool


_ANY = Most(1.0, False)
_NONE = Most(0.0, True)


class _Parts(NamedTuple):
    """What parts say together: the bound (None when no part has a fellow), and where a joined word may begin."""

    most: Most | None
    heads: list[int]


class Bound:
    """Bounds listed names from above, for one reading of the name asked for.

    It counts every part that may agree as agreeing, as often as it likes, and as left out only what has no fellow at
    all, or, where that costs less, as much on both sides.
    """

    def __init__(self, asked: Parsed, kind: Kind, scorer: Scorer) -> None:
        self._asked, self._likenesses, self._losses = asked, scorer.likenesses, scorer.losses(kind)
        self._weights = scorer.weights(kind)
        self._mine = [(1 << place, self._weights[part.role]) for place, part in enumerate(asked.parts)]
        self._fellows: dict[bool, Fellows] = {}  # by whether one side is without vowels; few lists have such names
        self._abjad, self._syllabic = asked.script in ABJADS, asked.script in (*SYLLABIC, "hangul-plain")
        self._initials = "" if kind == Kind.PERSON else initials(asked)
        self._heads: dict[str, list[str]] = defaultdict(list)
        for part in asked.parts:
            self._heads[part.text[0]].append(part.text)
        self._parts: dict[tuple[Met, ...], _Parts] = {}
        self._known: dict[str, Most] = {}

    def of(self, names: Iterable[str]) -> Mapping[str, Most]:
        """No less than the score of each of these packed names, and of others that were asked for before.

        1 where nothing can be said without aligning it. Many names at once are faster than one by one.
        """
        fresh = {name: readings(name) for name in set(names) - self._known.keys()}
        texts: dict[bool, set[str]] = defaultdict(set)
        for read in chain.from_iterable(fresh.values()):
            texts[self._abjad or read.script in ABJADS].update(read.texts)
        for abjad, those in texts.items():
            if abjad not in self._fellows:
                self._fellows[abjad] = Fellows(self._asked, self._weights, self._likenesses, abjad)
            self._fellows[abjad].look(those)
        for name, found in fresh.items():
            self._known[name] = self._of(found[0]) if len(found) == 1 else max(map(self._of, found), key=_order)
        return self._known

    def _of(self, listed: Packed) -> Most:
        if self._syllabic or listed.whole == self._asked.joined:
            return _ANY
        abjad = self._abjad or listed.script in ABJADS
        met = tuple(map(self._fellows[abjad].__getitem__, zip(listed.texts, listed.marks, strict=True)))
        if (parts := self._parts.get(met)) is None:
            parts = self._parts[met] = self._together(met)
        if parts.heads and self._joins(listed.texts, parts.heads, abjad):
            return _ANY
        return parts.most or self._as_one(listed)

    def _together(self, parts: Sequence[Met]) -> _Parts:
        return _Parts(self._aligned(parts), [place for place, met in enumerate(parts[:-1]) if met.head])

    def _aligned(self, parts: Sequence[Met]) -> Most | None:
        """Part by part; None when no part has a fellow."""
        places, agreed, differing, left, exact = 0, 0.0, 0.0, 0.0, True
        for met in parts:
            exact = exact and met.alone and not met.places & places
            places |= met.places
            agreed += met.most
            differing += met.differing
            left += 0.0 if met.places else met.weight
        missing = sum(weight for place, weight in self._mine if not place & places)
        if not places:
            return None
        if exact:
            return Most(worth(Sums(agreed, differing, missing, left), False, self._losses), True)
        more = max(missing, left)  # what contradicts on both sides may cost less than the same on one side alone
        sums = Sums(agreed, 0.0, missing, left), Sums(agreed, 0.0, more, more)
        return Most(min(1.0, max(worth(each, False, self._losses) for each in sums) + SLACK), False)

    def _as_one(self, listed: Packed) -> Most:
        """Names that have no part in common are compared as one word each, or as the initials of each other."""
        like, _ = self._likenesses.words(self._asked.joined, listed.whole, False)
        return _ANY if like >= ALIKE_JOINED or self._abbreviated(listed) else _NONE

    def _abbreviated(self, listed: Packed) -> bool:
        if not self._initials:
            return False
        return listed.whole == self._initials or self._asked.joined == "".join([text[0] for text in listed.texts])

    def _joins(self, texts: Sequence[str], heads: Iterable[int], abjad: bool) -> bool:
        """Whether neighbours of the listed name may be one word of the name asked for."""
        for start in heads:
            run = texts[start]
            for text in texts[start + 1 : start + LONGEST_JOIN]:
                run += text
                for word in self._heads[run[0]]:
                    if joinable(run, word) and self._likenesses.words(run, word, abjad)[0] >= ALIKE_JOINED:
                        return True
        return False


def _order(most: Most) -> tuple[float, bool]:
    """Of a name's readings the one that may score most, and of equals one that has to be aligned."""
    return most.score, not most.exact
