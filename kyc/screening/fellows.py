"""What each part of listed names can agree with in the name asked for, and what that is worth at most."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kyc.screening.nearby import Nearby, Places
from kyc.screening.packed import ROLES, part
from kyc.screening.parsed import Parsed, Part, Role
from kyc.screening.parts import SHORT, Likenesses
from kyc.screening.scorer import ALIKE_JOINED, LONGEST_JOIN, NEVER_JOINED

_ALL: Places = -1


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """`places` is what a listed part can agree with, and `most` what that is worth at most.

    `head`: a word asked for begins with the same letter, so that the part and those behind it may be that word.
    `alone`: it has one fellow at most, and no father on both sides; `differing` is then what is spelled otherwise.
    """

    weight: float
    head: bool
    places: Places = 0
    most: float = 0.0
    differing: float = 0.0
    alone: bool = True


class Fellows(dict[tuple[str, str], Met]):
    """Listed parts, by text and mark. A text has to be looked over (`look`) before its part is asked for.

    Most are like nothing, and all such of one role are one object: names are told apart by what they meet alone.
    """

    def __init__(self, asked: Parsed, weights: Mapping[Role, float], likenesses: Likenesses, abjad: bool) -> None:
        super().__init__()
        self._weights, self._likenesses, self._abjad = weights, likenesses, abjad
        self._parts = [(1 << place, part, weights[part.role]) for place, part in enumerate(asked.parts)]
        self._runs = list(_runs(asked.parts, weights))
        self._heads = {part.text[0] for part in asked.parts}
        self._has_father = any(part.father for part in asked.parts)
        self._initials: dict[str, Places] = defaultdict(int)
        for place, mine, _ in self._parts:
            if mine.role == Role.INITIAL:
                self._initials[mine.text[0]] |= place
        self._nearby = Nearby(self._words(), likenesses.policy, abjad)
        self._near: dict[str, Places] = {}
        self._none = {(role, head): Met(weights[role], head) for role in Role for head in (False, True)}

    def _words(self) -> Iterator[tuple[str, Places]]:
        for place, mine, _ in self._parts:
            yield from ((word, place) for word in (mine.text, mine.stem) if word)
        yield from ((word, places) for places, word, _ in self._runs)

    def look(self, texts: Iterable[str]) -> None:
        """Tells which of these words are near to one asked for."""
        if fresh := set(texts) - self._near.keys():
            self._near |= dict.fromkeys(fresh, 0) | self._nearby.of(fresh)

    def __missing__(self, listed: tuple[str, str]) -> Met:
        text, mark = listed
        role, head = ROLES[mark], text[0]
        near = _ALL if role in SHORT else self._near[text] | self._initials.get(head, 0)
        met = self[listed] = self._meet(part(text, mark), near) if near else self._none[role, head in self._heads]
        return met

    def _meet(self, listed: Part, near: Places) -> Met:
        """One listed part against what is near to it."""
        weight = self._weights[listed.role]
        found = [
            (place, round(like, 4), min(own, weight) if how == "initial" else (own + weight) / 2)
            for place, mine, own in self._parts
            if place & near
            for like, how in [self._likenesses.of(mine, listed, self._abjad)]
            if like
        ]
        joined = [(places, like, (own + weight) / 2) for places, like, own in self._joined(listed.text, near)]
        fathers = listed.father or any(mine.father for place, mine, _ in self._parts if place & near)
        alone = len(found) < 2 and not joined and not (fathers and self._has_father)
        places, most = 0, 0.0
        for those, like, both in (*found, *joined):
            places, most = places | those, max(most, like * both)
        differing = sum((1 - like) * both for _, like, both in found) if alone else 0.0
        return Met(weight, listed.text[0] in self._heads, places, most, differing, alone)

    def _joined(self, text: str, near: Places) -> Iterator[tuple[Places, float, float]]:
        """The neighbours of the name asked for that are this word: their places, how alike, their weight."""
        for places, word, weight in self._runs:
            if places & near == places and joinable(word, text):
                like, _ = self._likenesses.words(word, text, self._abjad)
                if like >= ALIKE_JOINED:
                    yield places, like, weight


def joinable(word: str, text: str) -> bool:
    return word[0] == text[0] and abs(len(word) - len(text)) <= 2


def _runs(parts: tuple[Part, ...], weights: Mapping[Role, float]) -> Iterator[tuple[Places, str, float]]:
    """Neighbours as one word: their places, the word, their weight."""
    for start in range(len(parts) - 1):
        for end in range(start + 2, min(start + LONGEST_JOIN, len(parts)) + 1):
            run = parts[start:end]
            if all(part.role not in NEVER_JOINED for part in run):
                places = (1 << end) - (1 << start)
                yield places, "".join(part.text for part in run), sum(weights[part.role] for part in run)
