"""Which listed words may be like those of the name asked for: told of hundreds at once, before any two are compared."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from kyc.screening.columns import Ints
from kyc.screening.parsed import ABDUL
from kyc.screening.parts import relatives
from kyc.screening.policy import Likeness
from kyc.screening.sounds import skeleton, sound

SLACK = 0.01  # likeness is rounded on the way

Places = int  # of the name asked for, as bits


class _Told(NamedTuple):
    """The words asked for as they are compared one way, and of how much alike a listed one has to be."""

    words: list[str]
    places: Ints
    least: float

    def near(self, listed: Sequence[str]) -> Ints:
        alike = cdist(self.words, listed, scorer=OSA.normalized_similarity, score_cutoff=self.least, dtype=np.float32)
        found: Ints = np.bitwise_or.reduce(np.where(alike > 0, self.places[:, None], 0), axis=0)
        return found


class Nearby:
    """Finds, of many words, each that may be so much like one of those asked for. It never leaves out one that is."""

    def __init__(
        self, asked: Iterable[tuple[str, Places]], likeness: Likeness, lowest: float, abjad: bool = False
    ) -> None:
        wanted = list(asked)
        words, places = [word for word, _ in wanted], np.array([bits for _, bits in wanted], np.int64)
        self._by_letters = _Told(words, places, _least(lowest, 1.0))
        self._by_sound = _Told([sound(w) for w in words], places, _least(lowest, likeness.sound))
        bones = _least(lowest, likeness.across_scripts)
        self._by_bones = _Told([skeleton(w) for w in words], places, bones) if abjad else None
        self._related: dict[str, Places] = defaultdict(int)
        for word, bits in wanted:
            for relative in relatives(word):
                self._related[relative] |= bits

    def of(self, texts: Sequence[str], sounds: Sequence[str]) -> Ints:
        """Of each of these words, with how it sounds, the places of what it is near to."""
        near = self._near(texts, sounds)
        if longer := [at for at, text in enumerate(texts) if text.startswith(ABDUL)]:
            stems = [texts[at][len(ABDUL) :] for at in longer]
            near[longer] |= self._near(stems, [sound(stem) for stem in stems])
        return near

    def _near(self, texts: Sequence[str], sounds: Sequence[str]) -> Ints:
        near = self._by_letters.near(texts) | self._by_sound.near(sounds)
        if self._by_bones:
            near |= self._by_bones.near([skeleton(text) for text in texts])
        for at in [at for at, text in enumerate(texts) if text in self._related]:
            near[at] |= self._related[texts[at]]
        return near


def _least(lowest: float, worth: float) -> float:
    """How much alike two spellings have to be for the words to be so, when the same spelling is worth so much."""
    return max(0.0, min(1.0, lowest / max(worth, lowest, SLACK)) - SLACK)
