"""The keys under which a name is found again: its parts, their misspellings, their skeletons, and the name joined."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from kyc.screening.parsed import SHORTEST_INITIALS, Parsed, Part, Role, initials
from kyc.screening.sounds import skeleton

SHORTEST_TYPO = 4  # below, one letter more or less makes another name
LONGEST_TYPO = 40  # what is longer is no word
SHORTEST_BONES = 2
MOST_WITH_A_NUMBER = 1000  # entries; a number that more have tells nothing
ONE_LETTER, TWO_LETTERS = 0.7, 0.5  # what a word is worth of which so many are other
TELLING = (Role.NAME, Role.PLACE)  # a common word is seldom wrong, and would be like many


def of_listed(parsed: Parsed) -> set[str]:
    """Every key of a listed name."""
    found = set(wholes(parsed))
    for word in _words(parsed.parts):
        found.update(of_word(word))
    return found


def wholes(parsed: Parsed) -> list[str]:
    """The keys of more than one word: the name joined, its neighbours joined, its initials."""
    return [f"={parsed.joined}", *_neighbours(parsed.parts), *_shortened(parsed)]


def of_asked(
    parsed: Parsed, alike: Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
) -> tuple[dict[str, float], dict[str, float]]:
    """The keys by spelling and those by sound, each with what finding it is worth. `alike` tells the listed words that
    are words but for two letters.

    Asked for together, the many keys of a word that is spelled the same would drown a name that only sounds so.
    """
    whole = dict.fromkeys([f"={parsed.joined}", *_shortened(parsed)], 3.0)
    spelled = dict.fromkeys(_neighbours(parsed.parts), 1.0)
    for others in alike([part.stem or part.text for part in parsed.parts if part.role in TELLING]).values():
        spelled |= dict.fromkeys(others, TWO_LETTERS)
    sounding: dict[str, float] = {}
    for word in _words(parsed.parts):
        keys = of_word(word)
        sound = next((key for key in keys if key.startswith("s:")), word)
        sounding[sound] = 1.0
        spelled |= {key: worth for key, worth in keys.items() if key != sound or key == word}
    return spelled | whole, sounding | whole


def _shortened(parsed: Parsed) -> list[str]:
    return [f"={initials(parsed)}"] if SHORTEST_INITIALS <= len(parsed.parts) <= 8 else []


def of_word(word: str) -> dict[str, float]:
    """A word, itself less each of its letters, and its skeleton, each with what finding it is worth."""
    keys = {word: 1.0}
    if SHORTEST_TYPO <= len(word) <= LONGEST_TYPO:
        keys |= dict.fromkeys(_typos(word), ONE_LETTER)
    if len(bones := skeleton(word)) >= SHORTEST_BONES:
        keys[f"s:{bones}"] = 0.6
    return keys


def _typos(word: str) -> list[str]:
    """The word and the word less each letter: two words one edit apart share one of them."""
    return sorted({f"d:{word}", *(f"d:{word[:i]}{word[i + 1 :]}" for i in range(len(word)))})


def _words(parts: tuple[Part, ...]) -> list[str]:
    """The parts, and what follows an "abdul"; initials only when there is nothing else."""
    words = [p.text for p in parts if p.role != Role.INITIAL] + [p.stem for p in parts if p.stem]
    return list(dict.fromkeys(words)) or [p.text for p in parts]


def _neighbours(parts: tuple[Part, ...]) -> list[str]:
    """Neighbours joined, since lists and people write one word for two as often as two for one."""
    return [a.text + b.text for a, b in pairwise(parts)]
