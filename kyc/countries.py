"""Countries by ISO 3166-1 and by the codes of machine-readable zones; the table is kyc/tables/countries.yaml."""

from functools import cache
from importlib.resources import files
from typing import TypedDict, cast

import yaml


class _Table(TypedDict):
    countries: dict[str, str]
    icao: dict[str, str | None]
    user_assigned: dict[str, str]


@cache
def _table() -> _Table:
    text = files("kyc").joinpath("tables/countries.yaml").read_text(encoding="utf-8")
    return cast(_Table, yaml.safe_load(text))


@cache
def _by_alpha3() -> dict[str, str]:
    table = _table()
    return {three: two for two, three in (table["countries"] | table["user_assigned"]).items()}


def is_country(alpha2: str) -> bool:
    """Whether this is an ISO 3166-1 alpha-2 code (or XK, which is in daily use)."""
    table = _table()
    return alpha2 in table["countries"] or alpha2 in table["user_assigned"]


def is_zone_state(code: str) -> bool:
    """Whether a zone may name this as a state or organization: ISO alpha-3 or one of ICAO's own codes."""
    return code in _by_alpha3() or code in _table()["icao"]


def from_zone(code: str) -> str | None:
    """The alpha-2 of a zone's state code (`D`, `GBN`, `FRA`), None where it names no country (`UNO`, `XXA`)."""
    icao = _table()["icao"]
    return icao[code] if code in icao else _by_alpha3().get(code)


def to_zone(alpha2: str) -> str | None:
    """The code that a zone writes for a country; Germany is `D`."""
    table = _table()
    if alpha2 == "DE":
        return "D"
    return table["countries"].get(alpha2) or table["user_assigned"].get(alpha2)
