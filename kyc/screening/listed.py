"""Listed names as the index keeps them: taken apart, in columns of numbers, so that hundreds are looked at at once."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from kyc.lists import Kind
from kyc.screening import alike
from kyc.screening.alike import Alike
from kyc.screening.columns import Column, Ints, Table, columns, spans
from kyc.screening.parsed import ABDUL, Parsed, Part, Role
from kyc.screening.scripts import Script
from kyc.screening.texts import Texts, TextWriter, WordWriter

_NAMES = {"names.entry": "I", "names.place": "I", "names.kind": "B", "names.reading": "I"}
_READINGS = {"readings.part": "I", "readings.script": "B"}
_PARTS = {"parts.word": "I", "parts.mark": "B"}
KINDS = tuple(Kind)
SCRIPTS: tuple[Script, ...] = get_args(Script)
MARKS = [(role, father, stem) for role in Role for father in (False, True) for stem in (False, True)]
_MARK_OF = {marked: mark for mark, marked in enumerate(MARKS)}


class Rows(NamedTuple):
    """Readings of names, by number. `places` tells whose each is: the place of its name among those asked for. The
    parts of one are `counts` of `words` and `marks`, from `first` on."""

    places: Ints
    numbers: Ints
    scripts: Column
    first: Ints
    counts: Ints
    words: Column
    marks: Column

    def parts(self, row: int) -> slice:
        return slice(self.first[row], self.first[row] + self.counts[row])


class NameWriter:
    """Writes names one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names, self._readings, self._parts = (Table(folder, codes) for codes in (_NAMES, _READINGS, _PARTS))
        self._wholes, self._words = TextWriter(folder, "wholes"), WordWriter(folder, "words")
        self._count = self._reading_count = self._part_count = 0

    def add(self, entry: int, place: int, kind: Kind, readings: Sequence[Parsed]) -> int:
        """The number of the name, which is that of its entry's, at this place among its names."""
        self._names.add(entry, place, KINDS.index(kind), self._reading_count)
        for reading in readings:
            self._readings.add(self._part_count, SCRIPTS.index(reading.script))
            self._wholes.add(reading.joined)
            for part in reading.parts:
                self._parts.add(self._words.number(part.text), _MARK_OF[part.role, part.father, bool(part.stem)])
            self._part_count += len(reading.parts)
        self._reading_count += len(readings)
        self._count += 1
        return self._count - 1

    @property
    def count(self) -> int:
        return self._count

    def close(self) -> None:
        self._names.add(0, 0, 0, self._reading_count)
        self._readings.add(self._part_count, 0)
        for each in (self._names, self._readings, self._parts, self._wholes, self._words):
            each.close()
        alike.write(self._folder, self._words.words)


class Names:
    """Listed names by number. `entry`, `place` and `kind` are columns: whose, which of its names, of what."""

    def __init__(self, folder: Path) -> None:
        self.entry, self.place, self.kind, self._reading = columns(folder, _NAMES)
        self._part, self._script = columns(folder, _READINGS)
        self._word, self._mark = columns(folder, _PARTS)
        self.wholes, self.words = Texts(folder, "wholes"), Texts(folder, "words")
        self.alike = Alike(folder, self.words)

    def rows(self, names: Ints) -> Rows:
        """The readings of these names."""
        first, end = self._reading[names], self._reading[names + 1]
        readings = spans(first, end)
        start, stop = self._part[readings], self._part[readings + 1]
        parts, counts = spans(start, stop), np.subtract(stop, start, dtype=np.int64)
        places = np.arange(len(names)).repeat(np.subtract(end, first, dtype=np.int64))
        script, begin = self._script[readings], counts.cumsum() - counts
        return Rows(places, readings, script, begin, counts, self._word[parts], self._mark[parts])

    def parsed(self, rows: Rows, which: Ints) -> list[Parsed]:
        """Some of these readings as they were before they were written."""
        first, counts = rows.first[which], rows.counts[which]
        parts = spans(first, first + counts)
        texts, marks = iter(self.words.texts(rows.words[parts])), iter(rows.marks[parts].tolist())
        told = [list(map(part, islice(texts, count), islice(marks, count))) for count in counts.tolist()]
        return list(map(_parsed, rows.scripts[which].tolist(), self.wholes.texts(rows.numbers[which]), told))


def _parsed(script: int, whole: str, parts: Sequence[Part]) -> Parsed:
    return Parsed(SCRIPTS[script], " ".join([part.text for part in parts]), whole, tuple(parts))


def part(text: str, mark: int) -> Part:
    role, father, stem = MARKS[mark]
    return Part(text, role, father, text[len(ABDUL) :] if stem else "")
