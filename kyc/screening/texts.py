"""Texts on disk by number, each with how it sounds; hundreds are read as one."""

from pathlib import Path

import numpy as np

from kyc.screening.columns import Column, Table, columns, mapped, spans
from kyc.screening.sounds import sound

_END = "\n"  # after each text


class TextWriter:
    """Numbers texts in the order in which they come."""

    def __init__(self, folder: Path, name: str) -> None:
        self._written, self._sounding = _Writer(folder, name), _Writer(folder, f"{name}.sound")

    def add(self, text: str) -> None:
        self._written.add(text)
        self._sounding.add(sound(text))

    def close(self) -> None:
        self._written.close()
        self._sounding.close()


class WordWriter(TextWriter):
    """Writes each word once."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder, name)
        self._numbers: dict[str, int] = {}

    @property
    def words(self) -> list[str]:
        return list(self._numbers)

    def number(self, word: str) -> int:
        if (known := self._numbers.get(word)) is None:
            known = self._numbers[word] = len(self._numbers)
            self.add(word)
        return known


class Texts:
    def __init__(self, folder: Path, name: str) -> None:
        self._written, self._sounding = _Reader(folder, name), _Reader(folder, f"{name}.sound")

    def texts(self, numbers: Column) -> list[str]:
        return self._written.of(numbers)

    def sounds(self, numbers: Column) -> list[str]:
        return self._sounding.of(numbers)


def _places(name: str) -> dict[str, str]:
    return {f"{name}.at": "q"}


class _Writer:
    """Letters in one file, where each text begins in another."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file, self._at = (folder / f"{name}.bin").open("wb"), Table(folder, _places(name))
        self._end = 0
        self._at.add(0)

    def add(self, text: str) -> None:
        self._end += self._file.write((text + _END).encode())
        self._at.add(self._end)

    def close(self) -> None:
        self._file.close()
        self._at.close()


class _Reader:
    def __init__(self, folder: Path, name: str) -> None:
        self._letters = np.frombuffer(mapped(folder / f"{name}.bin"), np.uint8)
        (self._at,) = columns(folder, _places(name))

    def of(self, numbers: Column) -> list[str]:
        places = spans(self._at[numbers], self._at[numbers + np.int64(1)])
        return self._letters[places].tobytes().decode().split(_END)[:-1]
