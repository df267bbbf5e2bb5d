"""Files of many lines, JSON Lines or CSV, as people really send them: a broken line is reported with its number, and
the lines after it are read all the same."""

import codecs
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

from onboarding.errors import Invalid

Format = Literal["jsonl", "csv"]
Row = dict[str, Any]  # what a line holds is checked by whoever asked for it

_BLOCK = 1 << 20
_LONGEST = 10_000_000  # bytes of a line; beyond it somebody sent another kind of file
_SPREAD = 20  # physical lines that one quoted CSV record may take; an unclosed quote would swallow the whole file
_STDIN = Path("-")


class FileUnreadable(Invalid):
    """The file cannot be read."""

    code = "file_unreadable"


@dataclass(frozen=True)
class Line:
    """A good line; `number` counts physical lines from one."""

    number: int
    data: Row


@dataclass(frozen=True)
class BrokenLine:
    """A line that could not be read, and why; no word of its content is in the reason."""

    number: int
    reason: str


def read_lines(path: Path, *, formats: tuple[Format, ...] = ("jsonl", "csv")) -> Iterator[Line | BrokenLine]:
    """Every line that is not empty, in order. UTF-8 with or without a byte order mark, UTF-16; `-` is standard input.

    JSON numbers with a point come as Decimal. CSV takes its column names from its first line, its delimiter too.
    Raises FileUnreadable when there is no file, nothing in it, or it is CSV where only JSON Lines are taken.
    """
    raw = _raw_lines(path)
    head = [(number, text) for number, text in islice(raw, _SPREAD)]
    first = next((text for _, text in head if isinstance(text, BrokenLine) or text.strip()), None)
    if first is None:
        raise FileUnreadable(f"{path}: there is nothing in it")
    format = _format(path, first)
    if format not in formats:
        raise FileUnreadable(f"{path}: JSON Lines are expected: one object on each line")
    return (_json_lines if format == "jsonl" else _csv_lines)(_chained(head, raw))


def count_lines(path: Path) -> int | None:
    """Newlines in the file, for a progress bar; None for standard input."""
    if path == _STDIN or not path.is_file():
        return None
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")) + 1


Raw = tuple[int, str | BrokenLine]


def _chained(head: list[Raw], rest: Iterator[Raw]) -> Iterator[Raw]:
    yield from head
    yield from rest


def _format(path: Path, first: str | BrokenLine) -> Format:
    suffixes: dict[str, Format] = {
        ".csv": "csv",
        ".tsv": "csv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "jsonl",
    }
    known = suffixes.get(path.suffix.lower())
    return known or ("jsonl" if isinstance(first, str) and first.lstrip()[:1] in "{[" else "csv")


def _raw_lines(path: Path) -> Iterator[Raw]:
    try:
        with sys.stdin.buffer if path == _STDIN else path.open("rb") as file:
            yield from _decoded(file)
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror or 'cannot be read'}") from error


def _decoded(file: BinaryIO) -> Iterator[Raw]:
    encoding, mark, start = _encoding(file.read(4))
    newline = "\n".encode(encoding)
    blocks = _chain_bytes(start[mark:], iter(lambda: file.read(_BLOCK), b""))
    for number, line in enumerate(_split(blocks, newline), start=1):
        yield number, _text(number, line, encoding)


def _encoding(start: bytes) -> tuple[str, int, bytes]:
    """The encoding, and how many bytes its mark takes; UTF-16 without a mark shows by its zero bytes."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8", 3, start
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2, start
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2, start
    if len(start) == 4 and start[1] == start[3] == 0 != start[0]:
        return "utf-16-le", 0, start
    if len(start) == 4 and start[0] == start[2] == 0 != start[1]:
        return "utf-16-be", 0, start
    return "utf-8", 0, start


def _chain_bytes(start: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield start
    yield from rest


def _split(blocks: Iterator[bytes], newline: bytes) -> Iterator[bytes]:
    """Lines by their newline's bytes, wherever they stand: in UTF-16 a lost byte spoils its own line and no other."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(newline)
        yield from lines
        if len(rest) > _LONGEST:
            raise FileUnreadable("a line is longer than ten million bytes")
    if rest:
        yield rest


def _text(number: int, line: bytes, encoding: str) -> str | BrokenLine:
    try:
        return line.decode(encoding).rstrip("\r")
    except UnicodeDecodeError:
        return BrokenLine(number, f"is not {encoding.upper()}")


def _json_lines(raw: Iterator[Raw]) -> Iterator[Line | BrokenLine]:
    for number, text in raw:
        if isinstance(text, BrokenLine):
            yield text
        elif text.strip():
            yield _json_line(number, text)


def _json_line(number: int, text: str) -> Line | BrokenLine:
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        return BrokenLine(number, f"is no JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return BrokenLine(number, f"is no JSON: {error}" if isinstance(error, _Refused) else "is no JSON we can take")
    return Line(number, data) if isinstance(data, dict) else BrokenLine(number, "is no JSON object")


class _Refused(ValueError):
    """JSON that Python would take and nobody should."""


def _refuse(word: str) -> None:
    raise _Refused(f"{word} is no number")


def _object(pairs: list[tuple[str, Any]]) -> Row:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _Refused("a name stands twice in one object")
    return data


def _csv_lines(raw: Iterator[Raw]) -> Iterator[Line | BrokenLine]:
    waiting: list[Raw] = []
    header: list[str] | None = None
    delimiter = ","
    while True:
        waiting += islice(raw, _SPREAD - len(waiting))
        if not waiting:
            return
        number, text = waiting[0]
        if isinstance(text, BrokenLine) or not text.strip():
            waiting.pop(0)
            if isinstance(text, BrokenLine):
                yield text
            continue
        if header is None:
            delimiter = max(",;\t", key=text.count)
        values, taken = _record(waiting, delimiter, len(header) if header else None)
        del waiting[:taken]
        if values is None:
            yield BrokenLine(number, _why(header))
        elif header is None:
            header = _header(values)
        else:
            yield Line(number, dict(zip(header, (value.strip() for value in values), strict=True)))


def _record(waiting: list[Raw], delimiter: str, width: int | None) -> tuple[list[str] | None, int]:
    """The first record and how many lines it takes; None and one line when it is broken."""
    text = ""
    for taken, (_, line) in enumerate(waiting, start=1):
        if isinstance(line, BrokenLine):
            break
        text += line + "\n"
        try:
            values = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            continue  # a quote is open: the record may go on
        return (values, taken) if width in (None, len(values)) else (None, 1)
    return None, 1


def _header(values: list[str]) -> list[str]:
    names = [value.strip() for value in values]
    if len(set(names)) != len(names) or not all(names):
        raise FileUnreadable("the first line of a CSV names its columns, each once")
    return names


def _why(header: list[str] | None) -> str:
    if header is None:
        return "is no CSV: the first line names the columns"
    return f"is broken: a quote is open, or there are not {len(header)} columns"
