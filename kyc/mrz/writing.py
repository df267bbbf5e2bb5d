"""Writing a correct zone: for samples, tests, and to show what a document of these fields would say."""

from datetime import date

from kyc.mrz.layout import CONTINUES, LAYOUTS, Format, Span, check_digit, cut
from kyc.mrz.zone import ZoneUnwritable
from kyc.transliteration import zone_text


def write(
    format: Format,
    *,
    surname: str,
    number: str,
    birth_date: date,
    expiry_date: date,
    given_names: str = "",
    code: str = "",
    issuer: str = "UTO",
    nationality: str = "",
    sex: str = "<",
    optional: str = "",
    optional_2: str = "",
) -> list[str]:
    """The lines of a zone with every check digit right; names in any script are transliterated and truncated.

    `issuer` and `nationality` are the zone's codes (`D` for Germany). Raises ZoneUnwritable where a field is too long.
    """
    layout = LAYOUTS[format]
    rows = [["<"] * layout.width for _ in range(layout.lines)]
    number, run_on = _number(format, zone_text(number).replace(" ", ""))
    values = {
        "code": code or {"TD3": "P", "MRVA": "V", "MRVB": "V"}.get(format, "I"),
        "issuer": issuer,
        "nationality": nationality or issuer,
        "number": number,
        "birth_date": f"{birth_date:%y%m%d}",
        "expiry_date": f"{expiry_date:%y%m%d}",
        "sex": sex,
        "optional": run_on + zone_text(optional).replace(" ", "<"),
        "optional_2": zone_text(optional_2).replace(" ", "<"),
        "names": _names(surname, given_names, layout.spans["names"]),
    }
    for name, text in values.items():
        if text and name in layout.spans:
            _put(rows, layout.spans[name], text, name)
    for name, (digit, spans) in layout.checks.items():
        lines = ["".join(row) for row in rows]
        if not (name == "doc" and run_on):
            _put(rows, digit, check_digit("".join(cut(lines, span) for span in spans)), name)
    return ["".join(row) for row in rows]


def _number(format: Format, number: str) -> tuple[str, str]:
    """The nine characters of the number's field, and what runs on into the optional data with its check digit."""
    if len(number) <= 9 or format not in CONTINUES:
        return number, ""
    return number[:9], f"{number[9:]}{check_digit(number)}<"


def _names(surname: str, given_names: str, span: Span) -> str:
    """Primary and secondary identifier; a long name keeps at least the start of both (9303-3, 4.6)."""
    width = span[2] - span[1]
    primary, secondary = (zone_text(part).replace(" ", "<") for part in (surname, given_names))
    if not primary:
        primary, secondary = secondary, ""
    if not secondary:
        return primary[:width]
    room = max(width - len(secondary) - 2, (width - 2) * 2 // 3)
    primary = primary[:room].rstrip("<")
    return f"{primary}<<{secondary}"[:width]


def _put(rows: list[list[str]], span: Span, text: str, name: str) -> None:
    line, start, stop = span
    if len(text) > stop - start:
        raise ZoneUnwritable(f"the field {name} has {stop - start} characters, and more were given")
    rows[line][start : start + len(text)] = text
