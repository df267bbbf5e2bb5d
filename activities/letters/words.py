"""Words that letters and pages share: reason codes and dates, in every language."""

import functools
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import yaml

from onboarding.case import Language

LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True)
class Reason:
    """A reason code in plain words: why it is so, and what to do about it (may be empty)."""

    why: str
    mend: str


def explain(code: str, language: str) -> Reason:
    """The words for a reason code; `holiday:my` is explained as `holiday`, an unknown one as `other`."""
    reasons = _words()["reasons"]
    found = reasons.get(code) or reasons.get(code.partition(":")[0]) or reasons["other"]
    return Reason(**found[language])


def codes() -> frozenset[str]:
    """The reason codes that have words of their own."""
    return frozenset(_words()["reasons"])


def frame(part: str, language: str) -> str:
    return str(_words()["frame"][part][language])


def spoken_day(day: date, language: str) -> str:
    """`Monday, 9 March 2026`, as the language says it."""
    said = _words()["dates"][language]
    weekday, month = said["weekdays"][day.weekday()], said["months"][day.month - 1]
    return str(said["day"].format(weekday=weekday, day=day.day, month=month, year=day.year))


def spoken_time(moment: datetime, zone: str, language: str) -> str:
    """The day and time that the clocks of this zone show, with the zone's name."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{spoken_day(local.date(), language)}, {local:%H:%M} ({zone.replace('_', ' ')})"


@functools.cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return words
