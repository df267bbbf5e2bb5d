"""Risk policies: versioned data with a hash. The shipped ones lie in kyc/policies, one's own in any folder."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from kyc.country_risk import CountryRisk, CountryRiskBroken
from kyc.country_risk import parse as parse_countries
from onboarding.case import Band, Strict
from onboarding.errors import Invalid, NotFound

Diligence = Literal["simplified", "standard", "enhanced"]
FOLDER = Path(__file__).parent / "policies"
_BANDS = (Band.LOW, Band.MEDIUM, Band.HIGH)


class PolicyUnknown(NotFound):
    """There is no risk policy of this name for this jurisdiction."""

    code = "policy_unknown"


class PolicyBroken(Invalid):
    """The risk policy cannot be used."""

    code = "policy_broken"


class Value(Strict):
    """`law` is the provision that sets the floor `at_least`, which then no override goes below; a floor without one is
    the policy of the house."""

    points: int = Field(ge=0)
    at_least: Band | None = None
    law: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _law_sets_a_floor(self) -> "Value":
        if self.law and self.at_least is None:
            raise ValueError("a law that sets no floor: `law` goes with `at_least`")
        return self


class FactorRule(Strict):
    """`fact` is a field of RiskFacts; `only_for` the client types that the factor speaks of, all where it is empty."""

    fact: Literal["countries", "client_type", "product", "channel", "pep", "adverse_information", "ownership",
                  "document_quality"]  # fmt: skip
    values: dict[str, Value] = Field(min_length=1)
    only_for: list[str] = Field(default_factory=list)

    @property
    def missing(self) -> Value:
        """What counts when nobody knows the fact: the worst of everything."""
        floors = [value.at_least for value in self.values.values() if value.at_least]
        points = max(value.points for value in self.values.values())
        return Value(points=points, at_least=max(floors, key=_BANDS.index, default=None))

    @property
    def best(self) -> str:
        def weight(name: str) -> tuple[int, int]:
            value = self.values[name]
            return _BANDS.index(value.at_least or Band.LOW), value.points

        return min(self.values, key=weight)


class Measures(Strict):
    diligence: Diligence
    approvals: int = Field(ge=0, le=2)
    approvals_with_open_signal: int = Field(ge=0, le=2)
    review_months: int = Field(ge=1)


class RiskPolicy(Strict):
    """`bands` are the points from which each band begins; `home` the countries whose politically exposed persons are
    domestic; `hash` covers every rule and the country data."""

    name: str
    version: str
    jurisdiction: str
    valid_from: date
    authority: str
    country_risk: str
    country_max_age_days: int = Field(ge=1)
    factors: dict[str, FactorRule] = Field(min_length=1)
    bands: dict[Band, int]
    measures: dict[Band, Measures]
    longest_review_months: dict[Band, int]
    home: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = Field(default_factory=list)
    countries: CountryRisk
    hash: str
    package: str = Field(repr=False, description="the rules with what they extend, and the country data, as one text")

    @property
    def country_max_age(self) -> timedelta:
        return timedelta(days=self.country_max_age_days)

    @model_validator(mode="after")
    def _sound(self) -> "RiskPolicy":
        for named in (self.bands, self.measures, self.longest_review_months):
            if set(named) != set(_BANDS):
                raise ValueError("bands, measures and longest_review_months name low, medium and high")
        starts = [self.bands[band] for band in _BANDS]
        if starts != sorted(set(starts)) or starts[0] != 0:
            raise ValueError("the bands begin at 0 and rise")
        for band in _BANDS:
            if self.measures[band].review_months > self.longest_review_months[band]:
                raise ValueError(f"the review of {band} comes later than the rules allow")
        if self.measures[Band.HIGH].approvals < 2:
            raise ValueError("a client of high risk is approved by two people")
        best = [rule.values[rule.best] for rule in self.factors.values()]
        if any(value.at_least for value in best) or sum(value.points for value in best) >= self.bands[Band.MEDIUM]:
            raise ValueError("the best values of all factors must make a client of low risk")
        return self


def load(policy: str = "standard", jurisdiction: str = "eu", folder: Path = FOLDER) -> RiskPolicy:
    """The policy `risk-<policy>-<jurisdiction>.yaml` with its country data. Raises PolicyUnknown or PolicyBroken."""
    return load_file(folder / f"risk-{_plain(policy)}-{_plain(jurisdiction)}.yaml")


def load_file(path: Path) -> RiskPolicy:
    """A policy from its file; the policy it extends and the country data lie beside it."""
    rules = _rules(path, seen=())
    data = path.parent / str(rules.get("country_risk", ""))
    try:
        return _sealed(rules, data.read_bytes().decode(), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise CountryRiskBroken(f"{data.name}: {type(error).__name__}") from error


def unpack(package: str) -> RiskPolicy:
    """The policy of a `package`, with the hash that it has as a file. Raises PolicyBroken."""
    try:
        said = json.loads(package)
        rules, countries = dict(said["rules"]), str(said["countries"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyBroken("this is no package of a risk policy") from error
    return _sealed(rules, countries, str(rules.get("name", "policy")))


def _sealed(rules: Mapping[str, Any], data: str, name: str) -> RiskPolicy:
    countries = parse_countries(data.encode(), str(rules.get("country_risk", "")))
    package = json.dumps({"rules": rules, "countries": data}, sort_keys=True, default=str, ensure_ascii=False)
    sealed = json.dumps([rules, countries.hash], sort_keys=True, default=str, ensure_ascii=False)
    hash_ = hashlib.sha256(sealed.encode()).hexdigest()
    try:
        return RiskPolicy.model_validate({**rules, "countries": countries, "hash": hash_, "package": package})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PolicyBroken(f"{name}: {where}: {first['msg']}".replace(": :", ":")) from error


def _plain(word: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{1,60}", word):
        raise PolicyUnknown
    return word


def _rules(path: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    """The rules as written, laid over those of the policy that they extend."""
    try:
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyUnknown(f"there is no risk policy {path.name}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyBroken(f"{path.name} is no YAML") from error
    if not isinstance(rules, dict):
        raise PolicyBroken(f"{path.name}: a policy is a mapping")
    base = rules.pop("extends", None)
    if base is None:
        return rules
    if base in seen:
        raise PolicyBroken(f"{path.name} extends itself")
    return _laid_over(_rules(path.parent / f"risk-{_plain(str(base))}.yaml", (*seen, base)), rules)


def _laid_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merge key by key; everything else is replaced, `{points, at_least}` as one."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and "points" not in value:
            value = _laid_over(below, value)
        merged[key] = value
    return merged
