"""Columns of numbers on disk, read as arrays from mapped files: processes on one machine share the pages."""

import mmap
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]  # of numbers as narrow as they fit in


class Table:
    """Columns that are written together: file name → code of its numbers, as in `array`."""

    def __init__(self, folder: Path, codes: Mapping[str, str]) -> None:
        self._folder, self._columns = folder, {name: array(code) for name, code in codes.items()}

    def add(self, *row: int) -> None:
        for value, numbers in zip(row, self._columns.values(), strict=True):
            numbers.append(value)

    def close(self) -> None:
        for name, numbers in self._columns.items():
            (self._folder / name).write_bytes(numbers)


def mapped(path: Path) -> mmap.mmap | bytes:
    """The file as memory; an empty one cannot be mapped and needs not be."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def columns(folder: Path, codes: Mapping[str, str]) -> list[Column]:
    """The columns of a table that was closed."""
    return [np.frombuffer(mapped(folder / name), np.dtype(code)) for name, code in codes.items()]


def spans(first: Column, end: Column) -> Ints:
    """The numbers from each first to before its end, one span after the other."""
    counts = np.subtract(end, first, dtype=np.int64)
    ahead = counts.cumsum() - counts
    gone: Ints = (first - ahead).repeat(counts)
    return gone + np.arange(len(gone))
