"""The most that a listed name can score, told from its parts one by one: most candidates need no alignment."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.parsed import Parsed, Part, Role, marked
from kyc.screening.scorer import ABJADS, LONGEST_JOIN, SYLLABIC, Scorer, Sums, worth

SLACK = 0.001  # scores are rounded on the way


class Most(NamedTuple):
    """What a listed reading scores at most; `exact` when there is one way only to align it, so that it scores that."""

    score: float
    exact: bool


_ANY = Most(1.0, False)


class _Met(NamedTuple):
    """What a listed part can agree with: places of the name asked for, as bits, and what that is worth at most.

    `alone`: it has one fellow at most, and no father on both sides; `differing` is then what is spelled otherwise.
    """

    weight: float
    places: int
    most: float
    differing: float
    alone: bool


class Bound:
    """Bounds listed names from above, for one reading of the name asked for.

    It counts every part that may agree as agreeing, as often as it likes, and as left out only what has no fellow at
    all. It holds where a part that contradicts costs no less than one that is missing beside two that agree.
    """

    def __init__(self, asked: Parsed, kind: Kind, scorer: Scorer) -> None:
        self._asked, self._likenesses = asked, scorer.likenesses
        self._weights, self._losses = scorer.weights(kind), scorer.losses(kind)
        self._mine = [(1 << place, part, self._weights[part.role]) for place, part in enumerate(asked.parts)]
        self._joined = list(_joined(asked.parts, self._weights))
        self._has_father = any(part.father for part in asked.parts)
        self._lengths: dict[str, set[int]] = defaultdict(set)  # of words that may stand for one asked for, by its head
        for part in asked.parts:
            self._lengths[part.text[0]].update(range(len(part.text) - 2, len(part.text) + 3))
        self._met: dict[bool, dict[tuple[str, str], _Met]] = {False: {}, True: {}}
        self._left: dict[int, float] = {}
        self._known: dict[tuple[str, str], Most] = {}

    def of(self, words: str, packed: str) -> Most:
        """No less than the score of this listed reading; 1 where nothing can be said without aligning it."""
        if (known := self._known.get((words, packed))) is None:
            known = self._known[words, packed] = self._of(words, packed)
        return known

    def _of(self, words: str, packed: str) -> Most:
        script, joined, marks = packed.split("\t")
        texts = words.split(" ")
        if self._asked.script in SYLLABIC or (joined or "".join(texts)) == self._asked.joined or self._may_join(texts):
            return _ANY
        known = self._met[script in ABJADS or self._asked.script in ABJADS]
        places, agreed, differing, left, exact = 0, 0.0, 0.0, 0.0, True
        for part in zip(texts, marks, strict=True):
            met = known.get(part) or self._meet(part, known)
            exact = exact and met.alone and not met.places & places
            if met.places:
                places |= met.places
                agreed += met.most
                differing += met.differing
            else:
                left += met.weight
        if not places:
            return _ANY  # such names are compared as one word
        missing = self._missing(places)
        if exact:
            return Most(worth(Sums(agreed, differing, missing, left), False, self._losses), True)
        return Most(worth(Sums(agreed, 0.0, missing, left), False, self._losses) + SLACK, False)

    def _missing(self, places: int) -> float:
        """The weight of what was asked for and has no fellow."""
        if (left := self._left.get(places)) is None:
            left = self._left[places] = sum(weight for bit, _, weight in self._mine if not bit & places)
        return left

    def _meet(self, listed: tuple[str, str], known: dict[tuple[str, str], _Met]) -> _Met:
        """One listed part against all that was asked for, neighbours joined among them; done once for a word."""
        part, abjad = marked(*listed), known is self._met[True]
        weight = self._weights[part.role]
        found = [
            (bit, round(like, 4), min(own, weight) if how == "initial" else (own + weight) / 2)
            for bit, mine, own in self._mine
            for like, how in [self._likenesses.of(mine, part, abjad)]
            if like
        ]
        alone = len(found) < 2 and not (part.father and self._has_father)
        for bits, word, own in self._joined:
            if _joinable(word, part.text) and (like := self._likenesses.words(word, part.text, abjad)[0]):
                found.append((bits, like, (own + weight) / 2))
                alone = False
        places, most = 0, 0.0
        for bits, like, both in found:
            places, most = places | bits, max(most, like * both)
        differing = sum((1 - like) * both for _, like, both in found) if alone else 0.0
        met = known[listed] = _Met(weight, places, most, differing, alone)
        return met

    def _may_join(self, texts: Sequence[str]) -> bool:
        """Whether neighbours of the listed name may be one word of the name asked for."""
        for start, text in enumerate(texts[:-1]):
            if lengths := self._lengths.get(text[0]):
                sums = accumulate(map(len, texts[start : start + LONGEST_JOIN]))
                next(sums)  # the word alone
                if not lengths.isdisjoint(sums):
                    return True
        return False


def _joinable(word: str, text: str) -> bool:
    return word[0] == text[0] and abs(len(word) - len(text)) <= 2


def _joined(parts: tuple[Part, ...], weights: Mapping[Role, float]) -> Iterator[tuple[int, str, float]]:
    """Neighbours as one word: their places as bits, the word, their weight."""
    for start in range(len(parts) - 1):
        for end in range(start + 2, min(start + LONGEST_JOIN, len(parts)) + 1):
            run = parts[start:end]
            bits = (1 << end) - (1 << start)
            yield bits, "".join(part.text for part in run), sum(weights[part.role] for part in run)
