"""Which listed words may be like those of the name asked for: told of hundreds at once, before any two are compared."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kyc.screening.packed import ABDUL
from kyc.screening.parts import relatives
from kyc.screening.policy import Likeness
from kyc.screening.sounds import skeleton, sound

SLACK = 0.01  # likeness is rounded on the way

Places = int  # of the name asked for, as bits


class Nearby:
    """Finds, of many words, each that may be like one of those asked for. It never leaves out one that is."""

    def __init__(self, asked: Iterable[tuple[str, Places]], likeness: Likeness, abjad: bool) -> None:
        wanted = list(asked)
        ways: list[tuple[Callable[[str], str], float]] = [(str, 1.0), (sound, likeness.sound)]
        ways += [(skeleton, likeness.across_scripts)] if abjad else []
        self._ways = [(way, likeness.lowest / most - SLACK, _told(wanted, way)) for way, most in ways if most]
        self._related: dict[str, Places] = defaultdict(int)
        for word, places in wanted:
            for relative in relatives(word):
                self._related[relative] |= places

    def of(self, texts: Collection[str]) -> dict[str, Places]:
        """Of these words those that are near, each with the places of what it is near to."""
        shortened = [text for text in texts if text.startswith(ABDUL)]
        owners, words = [*texts, *shortened], [*texts, *(text[len(ABDUL) :] for text in shortened)]
        found: dict[str, Places] = defaultdict(int)
        for way, least, asked in self._ways:
            told = list(map(way, words))
            for word, places in asked.items():
                for at in _like(word, told, least):
                    found[owners[at]] |= places
        for owner, word in zip(owners, words, strict=True):
            if word in self._related:
                found[owner] |= self._related[word]
        return found


def _told(asked: Iterable[tuple[str, Places]], way: Callable[[str], str]) -> Mapping[str, Places]:
    """The words as they are compared one way: by their letters, their sound or their consonants."""
    found: dict[str, Places] = defaultdict(int)
    for word, places in asked:
        found[way(word)] |= places
    return found


def _like(word: str, words: list[str], least: float) -> list[int]:
    """The places of the words of which no more than so much is spelled otherwise."""
    found = process.extract(word, words, scorer=OSA.normalized_similarity, score_cutoff=least, limit=None)
    return [place for _, _, place in found]
