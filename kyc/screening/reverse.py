"""The reverse index: what is kept of clients' names, so that a changed entry of a list finds those whom it may concern.

A client's name is kept as keyed hashes of its parts, of the whole and of neighbours written as one; each word, once for
all clients, with the hashes of its keys. Two words that the scorer can call alike share a key, and the keys that they
share bound how alike they are. `kyc.screening.changes` reads it.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations, pairwise, product
from string import ascii_lowercase
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.ceiling import MARKS
from kyc.screening.corroborate import normal
from kyc.screening.names import parse
from kyc.screening.parsed import SHORTEST_INITIALS, Parsed, Part, Role, initials
from kyc.screening.scorer import ABJADS
from kyc.screening.sounds import skeleton, sound
from kyc.screening.subject import Subject
from kyc.screening.tables import table

HEAD = 8  # letters of a word of which some are left out; what differs behind them only makes two words less alike
MOST_EDITS = 3
SHORT = (Role.INITIAL, Role.NUMBER)
LONGEST_INITIALS = 8  # parts; of longer names the index knows no initials
LONG = 11  # letters of joined neighbours from which they are looked for by their ends
END = 4
SEVERAL_WRONG = 8  # letters of a word from which more than one may be wrong in neighbours that are it
SHORTEST_EDITED_BONES = 4  # consonants of which one may differ; fewer have to be the same


class Reading(NamedTuple):
    """One way to read one name, in keyed hashes. `words` are its parts, `marks` tells the role of each by a letter, for
    its weight; one of `wholes` is enough for a name to come into question."""

    words: Sequence[int]
    marks: str
    wholes: Sequence[int]


class Outline(NamedTuple):
    """With which letter a word begins (few share a number), and how long it is."""

    letter: int
    length: int


Keys = Mapping[int, int]  # keyed hash → how many letters of the word were left out to come to it


class Hashing:
    """Hashes of keys under one secret of the whole service: 64 bits, signed, as a database keeps them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._word = lru_cache(maxsize=100_000)(self._hashed)  # names repeat

    def of(self, text: str) -> int:
        return int.from_bytes(hmac.digest(self._secret, text.encode(), "sha256")[:8], "big", signed=True)

    def outline(self, word: int) -> Outline:
        """What the hash of a word tells to who has the secret, and to nobody else."""
        length, letter = divmod(word % _TOLD ^ self._mask(word // _TOLD), _LETTERS)
        return Outline(letter, length)

    def _mask(self, word: int) -> int:
        return self.of(f"t:{word}") % _TOLD

    def readings(self, subject: Subject) -> tuple[list[Reading], dict[int, Keys]]:
        """A subject's readings, and the keys of each word in them."""
        parsed = [reading for name in subject.names for reading in parse(name, subject.kind)]
        numbers = [self.of(f"#{normal(each.value)}") for each in subject.identifiers]
        words: dict[int, Keys] = {}
        found = [self._reading(reading, subject.kind, numbers, words) for reading in dict.fromkeys(parsed)]
        return found or ([Reading((), "", tuple(numbers))] if numbers else []), words

    def initials(self) -> dict[int, int]:
        """The words that are one letter, which stands for a name that begins with it, as `Outline` has it."""
        letters = ((Part(letter, Role.INITIAL), abjad) for letter in ascii_lowercase for abjad in (False, True))
        return {self._word(part, abjad)[0]: outlined(part.text).letter for part, abjad in letters}

    def _reading(self, parsed: Parsed, kind: Kind, numbers: Sequence[int], words: dict[int, Keys]) -> Reading:
        abjad = parsed.script in ABJADS
        found = [self._word(part, abjad) for part in parsed.parts]
        words.update(found)
        wholes = (*map(self.of, wholes_of(parsed, kind)), *numbers)
        return Reading(tuple(word for word, _ in found), marks(parsed), wholes)

    def _hashed(self, part: Part, abjad: bool) -> tuple[int, Keys]:
        """The word that a part is, and its keys."""
        texts = dict.fromkeys(exact(part), 0) | letters(part) | bones(part, "s") | (bones(part, "a") if abjad else {})
        for spelling in {part.text, sound(part.text)}:
            if len(spelling) >= LONG - MOST_EDITS:
                texts |= {key: less for key, _, less in ends(spelling, length_class(len(spelling)), part.text[0])}
        told, word = outlined(part.text), self.of(f"w:{abjad}:{part.role in SHORT}:{part.text}:{part.stem}") // _TOLD
        return word * _TOLD + (told.length * _LETTERS + told.letter ^ self._mask(word)), {
            self.of(key): less for key, less in texts.items()
        }


def outlined(word: str) -> Outline:
    return Outline(ord(word[0]) % _LETTERS, min(len(word), _LONGEST))


_LETTERS, _LONGEST = 32, 127
_TOLD = _LETTERS * (_LONGEST + 1)


def marks(parsed: Parsed) -> str:
    return "".join(MARKS[part.role] for part in parsed.parts)


def wholes_of(parsed: Parsed, kind: Kind, *, listed: bool = False) -> list[str]:
    """What is enough when both sides have it: the name or neighbours of it without blanks; initials here that are the
    whole there, or one by one the beginnings of the parts there."""
    texts = [part.text for part in parsed.parts]
    found = [f"={text}" for text in {parsed.joined: 0} | {one + other: 0 for one, other in pairwise(texts)}]
    if listed and len(texts) > 1:
        found += [f"={text}" for text in texts]  # what is one word here may be neighbours there
    if SHORTEST_INITIALS <= len(texts) <= LONGEST_INITIALS:
        found += [f"i:{beside}:{initials(parsed)}" for beside in _abbreviated(marks(parsed), listed=listed)]
    if kind != Kind.PERSON:
        if len(texts) == 1:
            found.append(f"{'short' if not listed else 'long'}:{parsed.joined}")
        elif len(texts) >= SHORTEST_INITIALS:
            found.append(f"{'long' if not listed else 'short'}:{initials(parsed)}")
    return found


def _abbreviated(name: str, *, listed: bool) -> Iterator[str]:
    """Which parts of a name are initials; for a listed one, those of every name with which its initials alone agree."""
    own = ["i" if mark == "i" else "-" for mark in name]
    return map("".join, product(*("i-" if mark == "i" else "i" for mark in own)) if listed else [own])


def exact(part: Part) -> list[str]:
    """The keys of a part as it is written, and of the names that it is a form of."""
    if part.role in SHORT:
        return [f"={part.text}"]
    forms = {*_nicknames().get(part.text, ()), *_nicknames().get(part.stem, ())}
    return [f"={part.text}", *(f"n:{number}" for number in sorted(forms))]


def letters(part: Part) -> dict[str, int]:
    """Keys of what a part is compared by, with the letters left out for each: two that are alike share one."""
    found: dict[str, int] = {}
    for word in spellings(part):
        _add(found, "l", word)
    return found


def bones(part: Part, prefix: str) -> dict[str, int]:
    """Keys of the consonants of a part, which speak where one side was written without vowels."""
    found: dict[str, int] = {}
    for consonants in consonants_of(part):
        if len(consonants) >= SHORTEST_EDITED_BONES:
            _add(found, prefix, consonants)
        else:
            found[f"{prefix}0:{consonants}"] = 0
    return found


def ends(word: str, number: int, first: str) -> Iterator[tuple[str, int, int]]:
    """Keys of the first and of the last letters of a word (key, which end, letters left out), with its class of length
    and the letter that it begins with: of two long words that are alike, one end at least differs by one letter."""
    for end, text in enumerate((word[:END], word[-END:])):
        for rest, less in lessened(text, 1).items():
            yield f"{'<>'[end]}{number}{first}:{rest}", end, less


def spellings(part: Part) -> set[str]:
    """What a part is compared by: its letters and its sound, and what follows an "abdul"."""
    words = {part.text, part.stem} if part.role not in SHORT else set()
    return {spelling for word in words if word for spelling in (word, sound(word))}


def consonants_of(part: Part) -> set[str]:
    words = {part.text, part.stem} if part.role not in SHORT else set()
    return {consonants for word in words if len(consonants := skeleton(word)) > 1}


def length_class(length: int) -> int:
    """Words whose whole is kept are one class; of the others only the head is, so every three letters more are another,
    lest all that begin alike meet."""
    return max(0, length - HEAD + 2) // 3


def _add(found: dict[str, int], prefix: str, word: str) -> None:
    for text, less in lessened(word, left_out(len(word))).items():
        key = f"{prefix}{length_class(len(word))}:{text}"
        found[key] = min(less, found.get(key, less))


def left_out(length: int) -> int:
    """How many letters are left out of the head of a word at most: as many as may be edited; of two letters one, for
    they may be a piece of a longer word. What is inserted in a head pushes letters out of it, so it is the most for
    whatever is longer than one."""
    return max(length // 2, edits(length)) if length <= 2 else edits(length) if length <= HEAD else MOST_EDITS


@lru_cache(maxsize=20_000)
def lessened(word: str, most: int) -> Mapping[str, int]:
    """The head of a word less so many letters or fewer, each with how many were left out at least."""
    head = word[:HEAD]
    found: dict[str, int] = {}
    for less in range(most + 1):
        for kept in combinations(head, len(head) - less):
            found.setdefault("".join(kept), less)
    return found


def edits(length: int) -> int:
    """By how many letters the scorer lets two words differ of which the longer has this length."""
    return 0 if length <= 2 else 1 if length <= 5 else 2 if length <= 11 else MOST_EDITS


@cache
def _nicknames() -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(table("nicknames")):
        for name in group:
            found[name].append(number)
    return found
