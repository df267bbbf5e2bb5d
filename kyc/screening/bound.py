"""The most that a listed name can score, told from its parts one by one: most candidates need no alignment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.parsed import Parsed, Part, Role, marked
from kyc.screening.scorer import ABJADS, LONGEST_JOIN, SYLLABIC, Scorer, Sums, worth

SLACK = 0.001  # scores are rounded on the way
_ANY = 1.0


class _Met(NamedTuple):
    """What a listed part can agree with: places of the name asked for, as bits, and what that is worth at most."""

    weight: float
    places: int
    most: float


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
        self._heads = {part.text[0] for part in asked.parts}
        self._met: dict[bool, dict[tuple[str, str], _Met]] = {False: {}, True: {}}
        self._left: dict[int, float] = {}

    def of(self, words: str, packed: str) -> float:
        """No less than the score of this listed reading; 1 where nothing can be said without aligning it."""
        script, joined, marks = packed.split("\t")
        texts = words.split(" ")
        if self._asked.script in SYLLABIC or (joined or "".join(texts)) == self._asked.joined or self._may_join(texts):
            return _ANY
        known = self._met[script in ABJADS or self._asked.script in ABJADS]
        places, agreed, left = 0, 0.0, 0.0
        for part in zip(texts, marks, strict=True):
            met = known.get(part) or self._meet(part, known)
            places |= met.places
            agreed += met.most
            left += 0.0 if met.places else met.weight
        if not places:
            return _ANY  # such names are compared as one word
        return worth(Sums(agreed, 0.0, self._missing(places), left), False, self._losses) + SLACK

    def _missing(self, places: int) -> float:
        """The weight of what was asked for and has no fellow."""
        if (left := self._left.get(places)) is None:
            left = self._left[places] = sum(weight for bit, _, weight in self._mine if not bit & places)
        return left

    def _meet(self, listed: tuple[str, str], known: dict[tuple[str, str], _Met]) -> _Met:
        """One listed part against all that was asked for, neighbours joined among them; done once for a word."""
        part, abjad = marked(*listed), known is self._met[True]
        weight = self._weights[part.role]
        places, most = 0, 0.0
        for bit, mine, own in self._mine:
            if like := self._likenesses.of(mine, part, abjad)[0]:
                places, most = places | bit, max(most, like * (own + weight) / 2)
        for bits, word, own in self._joined:
            if _joinable(word, part.text) and (like := self._likenesses.words(word, part.text, abjad)[0]):
                places, most = places | bits, max(most, like * (own + weight) / 2)
        met = known[listed] = _Met(weight, places, most)
        return met

    def _may_join(self, texts: Sequence[str]) -> bool:
        """Whether neighbours of the listed name may be one word of the name asked for."""
        for start, text in enumerate(texts[:-1]):
            if text[0] in self._heads:
                word = text
                for other in texts[start + 1 : start + LONGEST_JOIN]:
                    word += other
                    if any(_joinable(word, part.text) for _, part, _ in self._mine):
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
