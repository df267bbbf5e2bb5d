"""What may have been meant where a zone does not hold: suggestions for a person to confirm, never repairs."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations, product

from kyc.mrz.layout import LAYOUTS, Format, check_digit
from kyc.mrz.zone import Suggestion, Zone

Reader = Callable[[list[str], Format], Zone]

_TO_DIGIT = str.maketrans({"O": "0", "Q": "0", "D": "0", "U": "0", "I": "1", "L": "1", "J": "1", "Z": "2", "E": "3",
                           "A": "4", "S": "5", "G": "6", "T": "7", "B": "8"})  # fmt: skip
_TO_LETTER = str.maketrans({"0": "O", "1": "I", "2": "Z", "3": "E", "4": "A", "5": "S", "6": "G", "7": "T", "8": "B"})
_TWINS = {"0": "OQD", "1": "IL", "2": "Z", "5": "S", "6": "G", "8": "B", "7": "T", "4": "A", "3": "E",
          "O": "0DQ", "I": "1L", "L": "1I", "Z": "2", "S": "5", "G": "6", "B": "8", "Q": "0O", "D": "0O", "T": "7",
          "A": "4", "E": "3", "K": "<", "C": "<"}  # fmt: skip
_FILLERS = {"«": "<<", "≪": "<<", "‹": "<", "〈": "<", "＜": "<", "(": "<", "{": "<", "[": "<", " ": "<", "_": "<"}
_DIGITS = ("birth_date", "expiry_date")
_LETTERS = ("issuer", "nationality", "names")


def suggest(given: list[str], format: Format, read: Reader) -> list[Suggestion]:
    """Confusions of optical reading, one suggestion for each character, and a reading as an old French card."""
    french = list(_old_french(given, format))
    return french if french and french[0].valid else [*_optical(given, format, read), *french]


def _optical(given: list[str], format: Format, read: Reader) -> Iterator[Suggestion]:
    width = LAYOUTS[format].width
    cleaned = [_alphabet(line) for line in given]
    cleaned = [line.rstrip("<").ljust(width, "<") if len(line) != width else line for line in cleaned]
    if any(len(line) > width for line in cleaned):
        return
    repaired = _numbers(_classes(cleaned, format), format, read)
    if repaired == given:
        return
    valid = read(repaired, format).valid
    lines = tuple(repaired)
    for row, (before, after) in enumerate(zip(given, repaired, strict=True), start=1):
        if len(before) != len(after):
            message = "fillers may be missing or misread"
            yield Suggestion(code="length", message=message, line=row, lines=lines, valid=valid)
            continue
        for column, (read_char, meant) in enumerate(zip(before, after, strict=True), start=1):
            if read_char != meant:
                yield Suggestion(
                    code="optical", message="characters that optical reading confuses", line=row, column=column,
                    read=read_char, meant=meant, lines=lines, valid=valid,
                )  # fmt: skip


def _alphabet(line: str) -> str:
    return "".join(_FILLERS.get(char, char) for char in line).upper()


def _classes(lines: list[str], format: Format) -> list[str]:
    """Digits where only digits can stand, letters where only letters can."""
    layout = LAYOUTS[format]
    rows = [list(line) for line in lines]
    digit_spans = [layout.spans[name] for name in _DIGITS] + [digit for digit, _ in layout.checks.values()]
    letter_spans = [layout.spans[name] for name in _LETTERS]
    for spans, table in ((digit_spans, _TO_DIGIT), (letter_spans, _TO_LETTER)):
        for row, start, stop in spans:
            rows[row][start:stop] = "".join(rows[row][start:stop]).translate(table)
    return ["".join(row) for row in rows]


def _numbers(lines: list[str], format: Format, read: Reader) -> list[str]:
    """The document number with one or two twins exchanged, when its digit then holds and the whole zone with it."""
    row, start, stop = LAYOUTS[format].spans["number"]
    if read(lines, format).checks["doc"]:
        return lines
    text = lines[row][start:stop]
    for other in _exchanged(text):
        candidate = [*lines[:row], lines[row][:start] + other + lines[row][stop:], *lines[row + 1 :]]
        checks = read(candidate, format).checks
        if checks["doc"] and checks.get("comp", True):
            return candidate
    return lines


def _exchanged(text: str) -> Iterator[str]:
    places = [place for place, char in enumerate(text) if char in _TWINS]
    for count in (1, 2):
        for chosen in combinations(places, count):
            for twins in product(*(_TWINS[text[place]] for place in chosen)):
                changed = list(text)
                for place, twin in zip(chosen, twins, strict=True):
                    changed[place] = twin
                yield "".join(changed)


_FRENCH = re.compile(
    r"ID(?P<issuer>FRA)(?P<surname>[A-Z<]{25})(?P<office>[A-Z0-9<]{6})"
    r"(?P<number>[A-Z0-9]{12})(?P<doc>[0-9])(?P<given_names>[A-Z<]{14})(?P<birth>[0-9]{6})(?P<dob>[0-9])"
    r"(?P<sex>[MF<])(?P<comp>[0-9])"
)


def _old_french(given: list[str], format: Format) -> Iterator[Suggestion]:
    """French cards up to 2021: two lines of 36, the office after the surname, no nationality and no expiry."""
    found = _FRENCH.fullmatch("".join(given)) if format == "TD2" else None
    if not found:
        return
    part = found.groupdict()
    holds = (
        part["doc"] == check_digit(part["number"])
        and part["dob"] == check_digit(part["birth"])
        and part["comp"] == check_digit("".join(given)[:-1])
    )
    fields = {name: " ".join(part[name].replace("<", " ").split()) for name in
              ("issuer", "surname", "given_names", "number", "office", "birth", "sex")}  # fmt: skip
    yield Suggestion(
        code="old_french_card", message="this is the layout of French identity cards issued until 2021",
        fields=fields, valid=holds,
    )  # fmt: skip
