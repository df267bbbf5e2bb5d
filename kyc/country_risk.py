"""Country risk as a dated data set that a compliance officer replaces; no country is named in the code."""

import hashlib
import json
import re
from datetime import date, timedelta
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from kyc import countries
from onboarding.case import Strict
from onboarding.errors import Invalid

NO_LIST = "not_listed"


class CountryUnknown(Invalid):
    """This is no country: ISO 3166-1 alpha-2 is expected."""

    code = "country_unknown"


class CountryRiskBroken(Invalid):
    """The country risk data set cannot be used."""

    code = "country_risk_broken"


class CountryRiskTooNew(Invalid):
    """The country risk data set begins after the day that is asked for."""

    code = "country_risk_too_new"


class Change(Strict):
    """A plenary's outcome: the whole list the first time, then what was added and removed."""

    as_of: date
    list: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class CountryRisk(Strict):
    """`call_for_action` has the black list by what is asked for; `categories` has lists of one's own; both hold as
    of the last change. The history is what makes a past rating repeatable."""

    note: str = ""
    sources: dict[str, str] = Field(min_length=1)
    call_for_action: dict[str, frozenset[str]]
    categories: dict[str, frozenset[str]] = Field(default_factory=dict)
    history: list[Change] = Field(min_length=1)
    hash: str = ""

    @property
    def as_of(self) -> date:
        return self.history[-1].as_of

    def category(self, country: str, on: date) -> str:
        """The list that a country stands on at that day: the first that names it, `not_listed` where none does."""
        if not countries.is_country(country):
            named = country if re.fullmatch(r"[A-Z]{2}", country) else "this"
            raise CountryUnknown(f"{named} is no country: ISO 3166-1 alpha-2 is expected")
        for name, members in (self.call_for_action | self.categories).items():
            if country in members:
                return name
        return "increased_monitoring" if country in self.increased_monitoring(on) else NO_LIST

    def increased_monitoring(self, on: date) -> frozenset[str]:
        if on < self.history[0].as_of:
            raise CountryRiskTooNew
        members: frozenset[str] = frozenset()
        for change in self.history:
            if change.as_of <= on:
                members = ((members if change.list is None else change.list) | change.added) - change.removed
        return members

    def is_old(self, on: date, limit: timedelta) -> bool:
        return on - self.as_of > limit

    @model_validator(mode="after")
    def _ordered_and_known(self) -> "CountryRisk":
        days = [change.as_of for change in self.history]
        if days != sorted(set(days)) or self.history[0].list is None:
            raise ValueError("the history begins with a whole list and goes forward in time")
        named = [*self.call_for_action.values(), *self.categories.values(), self.increased_monitoring(self.as_of)]
        unknown = sorted(code for codes in named for code in codes if not countries.is_country(code))
        if unknown:
            raise ValueError(f"no countries: {', '.join(unknown)}")
        return self


def load(path: Path) -> CountryRisk:
    """Read the data set; its closing list, where it gives one, must be what the history leads to."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CountryRiskBroken(f"{path.name}: {type(error).__name__}") from error
    return parse(content, path.name)


def parse(content: bytes, name: str) -> CountryRisk:
    """The data set from the bytes of its file, which `name` names in errors."""
    try:
        data = json.loads(content)
        closing = {name: data.pop(name) for name in list(data) if name.startswith("increased_monitoring_as_of_")}
        history = data.pop("increased_monitoring_history", None)
        risk = CountryRisk.model_validate(data | {"history": history, "hash": hashlib.sha256(content).hexdigest()})
    except (ValueError, AttributeError, TypeError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else type(error).__name__
        raise CountryRiskBroken(f"{name}: {why}") from error
    for closes, members in closing.items():
        if frozenset(members) != risk.increased_monitoring(date.fromisoformat(closes[-10:])):
            raise CountryRiskBroken(f"{name}: {closes} is not what the history leads to")
    return risk
