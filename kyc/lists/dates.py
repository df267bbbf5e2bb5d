"""Dates as lists give them: a day, a year, "circa 1962", "1960 to 1965". Each becomes the span it may lie in."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

CIRCA_YEARS = 2  # "circa" in the lists is an estimate; two years either way covers the corrections publishers made


@dataclass(frozen=True, slots=True)
class Span:
    """The days among which the true one lies, both ends included. A certain day has first == last."""

    first: date
    last: date

    def meets(self, other: "Span") -> bool:
        return self.first <= other.last and other.first <= self.last

    @property
    def exact(self) -> bool:
        return self.first == self.last

    def gap_years(self, other: "Span") -> int:
        """Whole years between two spans; 0 when they meet."""
        if self.meets(other):
            return 0
        later, earlier = (self, other) if self.first > other.last else (other, self)
        return max(1, later.first.year - earlier.last.year)

    def __str__(self) -> str:
        if self.exact:
            return self.first.isoformat()
        if (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31):
            same = self.first.year == self.last.year
            return str(self.first.year) if same else f"{self.first.year}–{self.last.year}"
        return f"{self.first.isoformat()}–{self.last.isoformat()}"


def day(value: date) -> Span:
    return Span(value, value)


def years(first: int, last: int | None = None) -> Span:
    return Span(date(first, 1, 1), date(last or first, 12, 31))


def read(text: str) -> Span | None:
    """The span that a publisher's words mean, or None when they name no year between 1800 and 2100."""
    words = re.sub(r"\s+", " ", text.strip().lower().rstrip(".;,"))
    around = CIRCA_YEARS if re.search(r"\b(circa|approximately|approx|about|c\.|between)\b|^c\s?\d", words) else 0
    words = re.sub(r"\b(circa|approximately|approx\.?|about|between|estimated)\b|^c\.? ?(?=\d)", "", words).strip()
    ends = re.split(r"\s+(?:to|and|-|–)\s+|(?<=\d{4})[-–](?=\d{4}$)", words)
    spans = [span for end in ends[:2] if (span := _one(end)) is not None]
    if not spans or len(ends) > 2:
        return None
    if len(ends) == 2:
        return Span(min(s.first for s in spans), max(s.last for s in spans)) if len(spans) == 2 else None
    return _widen(spans[0], around) if around else spans[0]


def _widen(span: Span, by: int) -> Span:
    return Span(date(span.first.year - by, 1, 1), date(span.last.year + by, 12, 31))


_MONTHS = {name.lower(): n for n in range(1, 13) for name in (calendar.month_name[n], calendar.month_abbr[n])}
_SHAPES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:t[\d:.]*z?)?"),
    re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})[ -](?P<n>[a-z]{3,9})[ -](?P<y>\d{4})"),
    re.compile(r"(?P<n>[a-z]{3,9}) (?P<d>\d{1,2}),? (?P<y>\d{4})"),
    re.compile(r"(?P<n>[a-z]{3,9})[ -](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})"),
    re.compile(r"(?P<m>\d{1,2})/(?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})"),
)


def _one(text: str) -> Span | None:
    """One day, month or year. An unknown day or month is written 00 or dd by some publishers."""
    text = re.sub(r"\b(dd|mm|00)[-/.]", "", text.strip())
    text = re.sub(r"[-/.]00\b", "", text)
    for shape in _SHAPES:
        if match := shape.fullmatch(text):
            return _span(match.groupdict())
    return None


def _span(found: dict[str, str | None]) -> Span | None:
    year = int(found["y"] or 0)
    month = _MONTHS.get(found["n"] or "") if "n" in found else int(found.get("m") or 0)
    if not 1800 <= year <= 2100 or month is None or month > 12:
        return None
    if not month:
        return years(year)
    last = calendar.monthrange(year, month)[1]
    number = int(found.get("d") or 0)
    if number > last:
        return None
    return day(date(year, month, number)) if number else Span(date(year, month, 1), date(year, month, last))
