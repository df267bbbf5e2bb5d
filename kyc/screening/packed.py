"""A listed name as the index keeps it: one text, two lines for each of its readings."""

from collections.abc import Sequence
from typing import NamedTuple

from kyc.screening.parsed import Parsed, Part, Role

ABDUL = "abdul"


class Packed(NamedTuple):
    """A reading, unpacked as far as most need to be: words as one line and apart, script, whole name, their marks."""

    words: str
    texts: list[str]
    script: str
    whole: str
    marks: str


def pack(readings: Sequence[Parsed]) -> str:
    return "\n".join(map(_lines, readings))


def readings(text: str) -> list[Packed]:
    """The readings of a packed name."""
    lines = text.split("\n")
    return list(map(_reading, lines[::2], lines[1::2]))


def unpack(text: str) -> list[Parsed]:
    """The readings of a packed name, with their parts."""
    found = []
    for words, texts, script, whole, marks in readings(text):
        parts = tuple(map(part, texts, marks))
        found.append(Parsed(script, words, whole, parts))  # type: ignore[arg-type]  # a script, as it was packed
    return found


def part(text: str, mark: str) -> Part:
    """A part as it was before it was packed."""
    role, father, stem = _MARKS[mark]
    return Part(text, role, father, text[len(ABDUL) :] if stem else "")


def _lines(reading: Parsed) -> str:
    """The words; the script, the whole name (empty when it is the words joined), the marks."""
    whole = "" if reading.joined == reading.words.replace(" ", "") else reading.joined
    return f"{reading.words}\n{reading.script}\t{whole}\t{''.join(map(_mark, reading.parts))}"


def _reading(words: str, rest: str) -> Packed:
    script, whole, marks = rest.split("\t")
    texts = words.split(" ")
    return Packed(words, texts, script, whole or "".join(texts), marks)


_MARKS = {
    chr(ord("0") + number): marked
    for number, marked in enumerate(
        (role, father, stem) for role in Role for father in (False, True) for stem in (False, True)
    )
}
_MARK_OF = {marked: mark for mark, marked in _MARKS.items()}
ROLES = {mark: role for mark, (role, _, _) in _MARKS.items()}


def _mark(part: Part) -> str:
    """Role, fatherhood and stem of a part in one character; a stem is what follows its "abdul"."""
    return _MARK_OF[part.role, part.father, bool(part.stem)]
