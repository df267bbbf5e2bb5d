"""Where each format keeps what: ICAO 9303 parts 4 to 7, as data. A span is (line, first column, one past the last)."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["TD1", "TD2", "TD3", "MRVA", "MRVB"]
Span = tuple[int, int, int]


@dataclass(frozen=True)
class Layout:
    """`checks` maps a check's name to its digit's span and the spans it is computed over, in order."""

    lines: int
    width: int
    spans: dict[str, Span]
    checks: dict[str, tuple[Span, tuple[Span, ...]]]


_BACK = {"number": (1, 0, 9), "nationality": (1, 10, 13), "birth_date": (1, 13, 19), "sex": (1, 20, 21),
         "expiry_date": (1, 21, 27)}  # fmt: skip
_BACK_CHECKS: dict[str, tuple[Span, tuple[Span, ...]]] = {
    "doc": ((1, 9, 10), ((1, 0, 9),)),
    "dob": ((1, 19, 20), ((1, 13, 19),)),
    "exp": ((1, 27, 28), ((1, 21, 27),)),
}
_FRONT = {"code": (0, 0, 2), "issuer": (0, 2, 5)}

LAYOUTS: dict[Format, Layout] = {
    "TD1": Layout(
        lines=3,
        width=30,
        spans=_FRONT
        | {
            "number": (0, 5, 14),
            "optional": (0, 15, 30),
            "birth_date": (1, 0, 6),
            "sex": (1, 7, 8),
            "expiry_date": (1, 8, 14),
            "nationality": (1, 15, 18),
            "optional_2": (1, 18, 29),
            "names": (2, 0, 30),
        },
        checks={
            "doc": ((0, 14, 15), ((0, 5, 14),)),
            "dob": ((1, 6, 7), ((1, 0, 6),)),
            "exp": ((1, 14, 15), ((1, 8, 14),)),
            "comp": ((1, 29, 30), ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29))),
        },
    ),
    "TD2": Layout(
        lines=2,
        width=36,
        spans=_FRONT | _BACK | {"names": (0, 5, 36), "optional": (1, 28, 35)},
        checks=_BACK_CHECKS | {"comp": ((1, 35, 36), ((1, 0, 10), (1, 13, 20), (1, 21, 35)))},
    ),
    "TD3": Layout(
        lines=2,
        width=44,
        spans=_FRONT | _BACK | {"names": (0, 5, 44), "optional": (1, 28, 42)},
        checks=_BACK_CHECKS
        | {
            "opt": ((1, 42, 43), ((1, 28, 42),)),
            "comp": ((1, 43, 44), ((1, 0, 10), (1, 13, 20), (1, 21, 43))),
        },
    ),
    "MRVA": Layout(
        lines=2,
        width=44,
        spans=_FRONT | _BACK | {"names": (0, 5, 44), "optional": (1, 28, 44)},
        checks=_BACK_CHECKS,
    ),
    "MRVB": Layout(
        lines=2,
        width=36,
        spans=_FRONT | _BACK | {"names": (0, 5, 36), "optional": (1, 28, 36)},
        checks=_BACK_CHECKS,
    ),
}

CONTINUES = {"TD1", "TD2"}  # formats whose long document numbers run on into the optional data


def cut(lines: list[str], span: Span) -> str:
    line, start, stop = span
    return lines[line][start:stop]


def value(char: str) -> int:
    """The weight-free value of a zone's character; what is not in the alphabet counts nothing."""
    return int(char, 36) if char.isascii() and char.isalnum() else 0


def check_digit(text: str) -> str:
    """ICAO 9303-3, 4.9: weights 7, 3, 1, modulo 10."""
    return str(sum(value(char) * (7, 3, 1)[place % 3] for place, char in enumerate(text)) % 10)
