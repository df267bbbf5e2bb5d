"""The most that listed names can score, told of hundreds at once from their parts: few have to be aligned."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from kyc.lists import Kind
from kyc.screening.columns import Bools, Floats, Ints
from kyc.screening.fellows import MOST_LONGER, Columns, Fellows, joinable
from kyc.screening.listed import MARKS, SCRIPTS, Names, Rows
from kyc.screening.nearby import Nearby
from kyc.screening.parsed import Parsed, initials
from kyc.screening.policy import Losses
from kyc.screening.scorer import ABJADS, ALIKE_JOINED, LONGEST_JOIN, SYLLABIC, Scorer, Sums, worth

SLACK = 0.001  # scores are rounded on the way
_MOST_PARTS = 60  # of the name asked for, a bit each
_IS_ABJAD = np.array([script in ABJADS for script in SCRIPTS])
_ABJAD = 1 << 7  # beside the mark of a part in its code
_WORD = 8  # bits before the number of its word
_LONGEST = 63  # letters; a run that is longer is no single word


class Most(NamedTuple):
    """What readings score at most; `exact` where there is one way only to align one, so that it scores that."""

    score: Floats
    exact: Bools


class _Aligned(NamedTuple):
    """Readings part by part, as if each part agreed with all that it can: the places it can agree with, what agrees,
    what is spelled otherwise, what is left over; `exact` where no two parts can agree with the same."""

    places: Ints
    agreed: Floats
    differing: Floats
    left: Floats
    exact: Bools

    @classmethod
    def of(cls, parts: Columns, left: Floats, which: Ints, first: Ints) -> Self:
        places: Ints = np.bitwise_or.reduceat(parts.places[which], first)
        met = np.add.reduceat((parts.places != 0)[which], first, dtype=np.int64)
        exact = np.logical_and.reduceat(parts.alone[which], first) & (met == np.bitwise_count(places))
        agreed, differing, left = (np.add.reduceat(each[which], first) for each in (parts.most, parts.differing, left))
        return cls(places, agreed, differing, left, exact)


class _Parts(NamedTuple):
    """The words of some readings, each once, with their lengths; `which` of them every part is, and in which `row`."""

    texts: list[str]
    which: Ints
    row: Ints
    lengths: Ints


class Bound:
    """Bounds listed names from above, for one reading of the name asked for.

    It counts every part that may agree as agreeing, as often as it likes, and as left out only what has no fellow at
    all, or, where that costs less, as much on both sides.
    """

    def __init__(self, asked: Parsed, kind: Kind, scorer: Scorer, names: Names) -> None:
        self._asked, self._names, self._likenesses = asked, names, scorer.likenesses
        self._cutoff = scorer.policy.cutoff
        self._losses, self._weights = scorer.losses(kind), scorer.weights(kind)
        self._weight_of = np.array([self._weights[role] for role, _, _ in MARKS])
        self._mine = np.array([self._weights[part.role] for part in asked.parts])
        self._places = 1 << np.arange(len(asked.parts), dtype=np.int64)
        self._fellows: dict[bool, Fellows] = {}  # by whether one side is without vowels; few lists have such names
        self._abjad = asked.script in ABJADS
        self._unknown = asked.script in (*SYLLABIC, "hangul-plain") or len(asked.parts) > _MOST_PARTS
        self._initials = "" if kind == Kind.PERSON else initials(asked)
        self._heads: dict[str, list[str]] = defaultdict(list)
        for part in asked.parts:
            self._heads[part.text[0]].append(part.text)
        self._fits = _fits(self._heads)
        self._whole = Nearby([(asked.joined, 1)], self._likenesses.policy, ALIKE_JOINED)

    def of(self, rows: Rows) -> Most:
        """No less than the score of each of these readings; 1 where nothing can be said without aligning it."""
        if self._unknown or not len(rows.first):
            return Most(np.ones(len(rows.first)), np.zeros(len(rows.first), np.bool_))
        abjad = _IS_ABJAD[rows.scripts] | self._abjad
        row = np.arange(len(abjad)).repeat(rows.counts)
        codes = rows.words.astype(np.int64) << _WORD | abjad[row] * _ABJAD | rows.marks
        distinct, which = np.unique(codes, return_inverse=True)
        texts = self._names.words.texts(distinct >> _WORD)
        parts = self._meet(texts, distinct)
        left = np.where(parts.places == 0, self._weight_of[distinct & (_ABJAD - 1)], 0.0)
        aligned = _Aligned.of(parts, left, which, rows.first)
        most = self._most(aligned)
        joining = self._joining(_Parts(texts, which, row, np.array([len(text) for text in texts])))
        others = [*joining, *self._alike(rows, aligned.places), *self._abbreviated(rows, aligned.places)]
        most.score[others], most.exact[others] = 1.0, False
        return most

    def _meet(self, texts: list[str], codes: Ints) -> Columns:
        """What each part can agree with."""
        sounds, marks, abjad = self._names.words.sounds(codes >> _WORD), codes & (_ABJAD - 1), codes & _ABJAD != 0
        met = Columns.of_nothing(len(codes))
        for each in (False, True):
            if (abjad == each).all():
                return self._of(each).of(texts, sounds, marks)
            these = np.flatnonzero(abjad == each)
            said = [texts[at] for at in these], [sounds[at] for at in these]
            for column, found in zip(met, self._of(each).of(*said, marks[these]), strict=True):
                column[these] = found
        return met

    def _of(self, abjad: bool) -> Fellows:
        if abjad not in self._fellows:
            self._fellows[abjad] = Fellows(self._asked, self._weights, self._likenesses, abjad)
        return self._fellows[abjad]

    def _most(self, aligned: "_Aligned") -> Most:
        """Part by part. What contradicts on both sides may cost less than the same on one side alone."""
        places, agreed, differing, left, exact = aligned
        missing = ((places[:, None] & self._places) == 0) @ self._mine
        more = np.maximum(missing, left)
        worths = [_worth(agreed, mine, theirs, self._losses) for mine, theirs in ((missing, left), (more, more))]
        score = np.minimum(1.0, np.maximum(*worths) + SLACK) * (places != 0)
        exact &= score >= self._cutoff
        for at in np.flatnonzero(exact).tolist():
            sums = Sums(float(agreed[at]), float(differing[at]), float(missing[at]), float(left[at]))
            score[at] = worth(sums, False, self._losses)
        return Most(score, exact)

    def _joining(self, parts: _Parts) -> Iterator[int]:
        """The readings of which neighbours may be one word of the name asked for."""
        heads = np.array([self._fits.heads.get(text[0], 0) for text in parts.texts])[parts.which]
        end = np.cumsum(parts.lengths[parts.which])
        for more in range(1, min(LONGEST_JOIN, len(heads))):
            long = np.minimum(end[more:] - end[:-more] + parts.lengths[parts.which[:-more]], _LONGEST)
            fit = self._fits.table[heads[:-more], long] & (parts.row[more:] == parts.row[:-more])
            for at in np.flatnonzero(fit).tolist():
                run = "".join([parts.texts[number] for number in parts.which[at : at + more + 1]])
                if any(self._is_word(run, word) for word in self._heads[run[0]]):
                    yield int(parts.row[at])

    def _is_word(self, run: str, word: str) -> bool:
        return joinable(run, word) and any(
            self._likenesses.words(run, word, abjad)[0] >= ALIKE_JOINED for abjad in self._fellows
        )

    def _alike(self, rows: Rows, met: Ints) -> Iterator[int]:
        """The readings that are the name asked for when both are written without blanks, or are nearly so and have no
        part in common with it."""
        wholes = self._names.wholes
        texts, asked = wholes.texts(rows.numbers), self._asked.joined
        for at in np.flatnonzero(self._whole.of(texts, wholes.sounds(rows.numbers))).tolist():
            like, _ = self._likenesses.words(asked, texts[at], False)
            if texts[at] == asked or (not met[at] and like >= ALIKE_JOINED):
                yield at

    def _abbreviated(self, rows: Rows, met: Ints) -> Iterator[int]:
        """The readings that are the initials of the name asked for, or it theirs."""
        if self._initials:
            counts = np.array([1, len(self._asked.joined)])
            for at in np.flatnonzero((met == 0) & np.isin(rows.counts, counts)).tolist():
                texts = self._names.words.texts(rows.words[rows.parts(at)])
                if "".join(texts) == self._initials or self._asked.joined == "".join([text[0] for text in texts]):
                    yield at


class _Fits(NamedTuple):
    """First letters of the words asked for, by number from 1; a table of which letter goes with what length."""

    heads: dict[str, int]
    table: Bools


def _fits(words: dict[str, list[str]]) -> _Fits:
    heads = {head: number for number, head in enumerate(words, 1)}
    table = np.zeros((len(heads) + 1, _LONGEST + 1), np.bool_)
    for head, number in heads.items():
        for word in words[head]:
            shortest = min(max(0, len(word) - MOST_LONGER), _LONGEST)
            table[number, shortest : len(word) + MOST_LONGER + 1] = True
    return _Fits(heads, table)


def _worth(agreed: Floats, missing: Floats, left: Floats, losses: Losses) -> Floats:
    """As `scorer.worth`, of many at once and where nothing is spelled otherwise."""
    conflict = np.minimum(missing, left)
    omission = np.maximum(missing, left) - conflict
    lost = losses.conflict * conflict + (losses.omission + losses.few * np.maximum(0.0, 2 - agreed)) * omission
    score: Floats = agreed / np.maximum(agreed + lost, 1e-9) * (1 - losses.conflict_factor * np.minimum(1.0, conflict))
    return score
