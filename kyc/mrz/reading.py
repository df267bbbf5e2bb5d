"""Reading a zone: any text gets a verdict or ZoneUnreadable."""

import re
from collections.abc import Iterator
from datetime import date

from kyc import countries
from kyc.mrz import repair, spelling
from kyc.mrz.layout import CONTINUES, LAYOUTS, Format, cut
from kyc.mrz.layout import check_digit as digit_of
from kyc.mrz.zone import Fields, Suggestion, Warning, Zone, ZoneUnreadable

_LONGEST = 1000  # characters; a zone has 90, a page of text is something else
_OFF = 6  # characters by which a line may miss its length and still be taken for a broken zone


def read(lines: list[str] | str, today: date | None = None) -> Zone:
    """The zone's fields, check digits and warnings, with suggestions of what may have been meant.

    `lines` are the two or three lines, or one text that holds them. `today` decides what has expired and the century
    of a birth; without it nothing is called expired. Raises ZoneUnreadable for what cannot be a zone at all.
    """
    given = _lines(lines)
    format = _format(given)
    zone = _read(given, format, today)
    suggestions: list[Suggestion] = []
    if not zone.valid:
        suggestions += repair.suggest(given, format, lambda repaired, as_format: _read(repaired, as_format, today))
    if not any(each.code == "old_french_card" and each.valid for each in suggestions):
        suggestions += spelling.suggest(zone.fields)
    return zone.model_copy(update={"suggestions": tuple(suggestions)}) if suggestions else zone


def _lines(lines: list[str] | str) -> list[str]:
    given = lines.splitlines() if isinstance(lines, str) else [part for line in lines for part in line.splitlines()]
    given = [line.strip() for line in given if line.strip()]
    if sum(map(len, given)) > _LONGEST:
        raise ZoneUnreadable
    if len(given) == 1:
        return _unfolded(given[0])
    return given


def _unfolded(text: str) -> list[str]:
    """A zone handed over as one run of characters, which only its length can tell apart."""
    for count, width in ((3, 30), (2, 44), (2, 36)):
        if len(text) == count * width:
            return [text[start : start + width] for start in range(0, len(text), width)]
    raise ZoneUnreadable


def _format(lines: list[str]) -> Format:
    """By the number of lines and the nearest length; a V at the start makes it a visa."""
    visa = lines[0][:1].upper() == "V" if lines else False
    formats: dict[int, tuple[Format, ...]] = {3: ("TD1",), 2: ("MRVB", "MRVA") if visa else ("TD2", "TD3")}
    near = [
        (off, format)
        for format in formats.get(len(lines), ())
        if (off := max(abs(len(line) - LAYOUTS[format].width) for line in lines)) <= _OFF
    ]
    if not near:
        raise ZoneUnreadable
    return min(near)[1]


def _read(given: list[str], format: Format, today: date | None) -> Zone:
    layout = LAYOUTS[format]
    lines = [line[: layout.width].ljust(layout.width, "<") for line in given]
    number, optional, checks = _checks(lines, format)
    fields = _fields(lines, format, number, optional, today)
    shape = list(_shape(given, format))
    return Zone(
        type=format,
        valid=not shape and all(checks.values()),
        checks=checks,
        fields=fields,
        warnings=(*shape, *_doubts(fields, today)),
        suggestions=(),
        lines=tuple(given),
    )


def _checks(lines: list[str], format: Format) -> tuple[str, str, dict[str, bool]]:
    """The whole document number, the optional data that are not part of it, and each check digit's verdict."""
    layout = LAYOUTS[format]
    checks = {}
    for name, (digit, spans) in layout.checks.items():
        text, stands = "".join(cut(lines, span) for span in spans), cut(lines, digit)
        empty_optional = name == "opt" and stands == "<" and not text.strip("<")
        checks[name] = empty_optional or stands == digit_of(text)
    number, optional = cut(lines, layout.spans["number"]), cut(lines, layout.spans["optional"])
    if format in CONTINUES and cut(lines, layout.checks["doc"][0]) == "<" and number[-1] != "<":
        rest, _, after = optional.partition("<")
        if rest:
            number, optional = number + rest[:-1], after
            checks["doc"] = rest[-1] == digit_of(number)
    return number.rstrip("<"), optional, checks


def _fields(lines: list[str], format: Format, number: str, optional: str, today: date | None) -> Fields:
    spans = LAYOUTS[format].spans
    text = {name: cut(lines, span) for name, span in spans.items()}
    surname, _, given_names = text["names"].partition("<<")
    issuer, nationality = text["issuer"].rstrip("<"), text["nationality"].rstrip("<")
    expiry = _expiry_date(text["expiry_date"], today)
    return Fields(
        code=text["code"].rstrip("<"),
        issuer=issuer,
        issuer_country=countries.from_zone(issuer),
        number=number,
        nationality=nationality,
        nationality_country=countries.from_zone(nationality),
        birth_date=_birth_date(text["birth_date"], min(filter(None, (today, expiry)), default=None)),
        birth_text=text["birth_date"],
        sex=text["sex"],
        expiry_date=expiry,
        expiry_text=text["expiry_date"],
        surname=_words(surname),
        given_names=_words(given_names),
        name_truncated=text["names"][-1] != "<",
        optional=optional.strip("<"),
        optional_2=text.get("optional_2", "").strip("<"),
    )


def _words(text: str) -> str:
    return " ".join(text.replace("<", " ").split())


def _dates(text: str) -> Iterator[date]:
    """The dates that six digits may mean, the latest century first."""
    if not re.fullmatch(r"[0-9]{6}", text):
        return
    for century in (2000, 1900):
        try:
            yield date(century + int(text[:2]), int(text[2:4]), int(text[4:]))
        except ValueError:
            continue


def _birth_date(text: str, before: date | None) -> date | None:
    """The latest date that is not after `before`: nobody is born after today, or after the document has expired."""
    return next((day for day in _dates(text) if before is None or day <= before), None)


def _expiry_date(text: str, today: date | None) -> date | None:
    """In the century that brings it nearest; documents run for ten years, so without today it is this century
    up to 2069 and the last one from 1970 on."""
    middle = today.year if today else 2020
    return min(_dates(text), key=lambda day: abs(day.year - middle), default=None)


def _shape(given: list[str], format: Format) -> Iterator[Warning]:
    width = LAYOUTS[format].width
    for place, line in enumerate(given, start=1):
        if len(line) != width:
            yield Warning(code="length", field=f"line {place}", message=f"{len(line)} characters instead of {width}")
        if re.search(r"[^A-Z0-9<]", line):
            yield Warning(code="alphabet", field=f"line {place}", message="only A to Z, 0 to 9 and < belong in a zone")


def _doubts(fields: Fields, today: date | None) -> Iterator[Warning]:
    for name, code in (("issuer", fields.issuer), ("nationality", fields.nationality)):
        if not countries.is_zone_state(code):
            yield Warning(code="unknown_state", field=name, message="neither ISO 3166-1 nor ICAO knows this state")
    for name, day, text in (
        ("birth_date", fields.birth_date, fields.birth_text),
        ("expiry_date", fields.expiry_date, fields.expiry_text),
    ):
        if day is None:
            yield _no_date(name, text)
    if today and fields.expiry_date and fields.expiry_date < today:
        yield Warning(code="expired", field="expiry_date", message="the document has expired")
    if fields.sex not in "MF<X":
        yield Warning(code="unknown_sex", field="sex", message="M, F or < is written here")
    if not fields.surname:
        yield Warning(code="no_surname", field="names", message="the primary identifier is empty")
    if fields.name_truncated:
        yield Warning(code="name_truncated", field="names", message="the name fills its field and may be cut")


def _no_date(name: str, text: str) -> Warning:
    if re.fullmatch(r"(?:[0-9]{2}|<<){3}", text) and "<" in text:
        return Warning(code="incomplete_date", field=name, message="parts of the date are unknown")
    return Warning(code="impossible_date", field=name, message="there is no such day")
