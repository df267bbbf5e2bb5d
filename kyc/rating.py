"""The rating of a client: points factor by factor, the band, what it asks for, and what would change it."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations

from pydantic import Field, field_validator

from kyc.country_risk import NO_LIST
from kyc.risk_policy import Diligence, RiskPolicy, Value, load
from onboarding.case import Band, Strict
from onboarding.errors import Invalid

__all__ = ["Change", "FactUnknown", "Factor", "Rating", "RiskFacts", "RiskPolicy", "floor", "load", "rate"]

BANDS = (Band.LOW, Band.MEDIUM, Band.HIGH)
MISSING = "missing"


class FactUnknown(Invalid):
    """The policy does not know this value."""

    code = "risk_fact_unknown"


class RiskFacts(Strict):
    """What is known of a client on a day. None means that nobody knows, and counts as the worst; what does not apply
    is left out by the policy. `open_signals` are those that nobody has judged yet; None counts as some."""

    on: date
    countries: list[str] | None = Field(default=None, description="ISO alpha-2: residence, nationality, seat, business")
    client_type: str | None = None
    product: str | None = None
    channel: str | None = None
    pep: str | None = None
    adverse_information: str | None = None
    ownership: str | None = None
    document_quality: str | None = None
    open_signals: int | None = Field(default=None, ge=0)

    @field_validator("countries")
    @classmethod
    def _none_is_none(cls, value: list[str] | None) -> list[str] | None:
        return value or None


class Factor(Strict):
    """`value` is the policy's value that counted, `detail` what it came from, `at_least` the lowest band left. `by_law`
    is the lowest band that the provision `law` leaves, whatever people agree on."""

    code: str
    value: str
    points: int
    why: str
    at_least: Band | None = None
    by_law: Band | None = None
    law: str | None = None
    detail: str | None = None


class Change(Strict):
    """Facts that, changed together, move the client into another band: one alone where one is enough."""

    facts: dict[str, str]
    points: int
    band: Band


class Rating(Strict):
    """`policy` is name and version, `policy_hash` covers the rules and the country data; `caveats` are codes. `floor`
    is the band that no override goes below, for the law sets it."""

    band: Band
    floor: Band
    points: int
    factors: list[Factor]
    changes: list[Change]
    diligence: Diligence
    approvals: int
    next_review: date
    policy: str
    policy_hash: str
    country_data: date
    caveats: list[str] = Field(default_factory=list)


def rate(facts: RiskFacts, policy: RiskPolicy) -> Rating:
    """Rate the facts by the policy. Raises CountryUnknown or FactUnknown; a missing fact never lowers the rating."""
    factors = list(_factors(facts, policy))
    band, points = _band(factors, policy), _points(factors)
    measures = policy.measures[band]
    has_open = facts.open_signals is None or facts.open_signals > 0
    return Rating(
        band=band,
        floor=floor(factors),
        points=points,
        factors=factors,
        changes=list(_changes(facts, factors, policy, band)),
        diligence=measures.diligence,
        approvals=measures.approvals_with_open_signal if has_open else measures.approvals,
        next_review=_months_later(facts.on, measures.review_months),
        policy=f"{policy.name}@{policy.version}",
        policy_hash=policy.hash,
        country_data=policy.countries.as_of,
        caveats=list(_caveats(facts, factors, policy)),
    )


def floor(factors: Iterable[Factor]) -> Band:
    """The lowest band that the law leaves."""
    return max((factor.by_law for factor in factors if factor.by_law), key=BANDS.index, default=Band.LOW)


def _factors(facts: RiskFacts, policy: RiskPolicy) -> Iterator[Factor]:
    for code, rule in policy.factors.items():
        if facts.client_type is not None and rule.only_for and facts.client_type not in rule.only_for:
            continue
        given: str | list[str] | None = getattr(facts, rule.fact)
        if given is None:
            yield _bound(_factor(code, MISSING, rule.missing), rule.values.values())
        elif isinstance(given, list):
            found = [_country(code, country, facts, policy) for country in given]
            yield _bound(max(found, key=_weight), [rule.values[each.value] for each in found])
        elif given in rule.values:
            yield _factor(code, given, rule.values[given])
        else:
            known = ", ".join(rule.values)
            raise FactUnknown(f"{rule.fact}: the policy {policy.name} knows {known}")


def _country(code: str, country: str, facts: RiskFacts, policy: RiskPolicy) -> Factor:
    category = policy.countries.category(country, facts.on)
    value = policy.factors[code].values.get(category)
    if value is None:
        raise FactUnknown(f"the policy {policy.name} gives no points for the country category {category}")
    return _factor(code, category, value, detail=None if category == NO_LIST else country)


def _factor(code: str, name: str, value: Value, detail: str | None = None) -> Factor:
    factor = Factor(
        code=code, value=name, points=value.points, why=f"{code}.{name}", at_least=value.at_least, detail=detail
    )
    return _bound(factor, [value])


def _bound(factor: Factor, values: Iterable[Value]) -> Factor:
    """With the highest floor that the law sets for any of these values."""
    floors = [(value.at_least, value.law) for value in values if value.at_least and value.law]
    by_law, law = max(floors, key=lambda each: BANDS.index(each[0]), default=(None, None))
    return factor.model_copy(update={"by_law": by_law, "law": law})


def _weight(factor: Factor) -> tuple[int, int, str]:
    return BANDS.index(factor.at_least or Band.LOW), factor.points, factor.detail or ""


def _points(factors: list[Factor]) -> int:
    return sum(factor.points for factor in factors)


def _band(factors: list[Factor], policy: RiskPolicy) -> Band:
    by_points = max(place for place, band in enumerate(BANDS) if _points(factors) >= policy.bands[band])
    floor = max((BANDS.index(factor.at_least or Band.LOW) for factor in factors), default=0)
    return BANDS[max(by_points, floor)]


def _changes(facts: RiskFacts, factors: list[Factor], policy: RiskPolicy, band: Band) -> Iterator[Change]:
    """Every single fact that would change the band; where none lowers it, the smallest number of facts that do."""
    lowered = False
    for factor in factors:
        for other in _others(factor, policy):
            change = _change(facts, factors, policy, [other])
            if change.band != band:
                lowered = lowered or BANDS.index(change.band) < BANDS.index(band)
                yield change
    if band is not Band.LOW and not lowered:
        yield _fewest(facts, factors, policy, band)


def _change(facts: RiskFacts, factors: list[Factor], policy: RiskPolicy, others: list[Factor]) -> Change:
    """The rating with these factors instead; another client type brings in or drops factors of its own."""
    kind = next((other.value for other in others if policy.factors[other.code].fact == "client_type"), None)
    base = factors if kind is None else list(_factors(facts.model_copy(update={"client_type": kind}), policy))
    instead = {other.code: other for other in others}
    changed = [instead.get(factor.code, factor) for factor in base]
    values = {code: other.value for code, other in instead.items()}
    return Change(facts=values, points=_points(changed), band=_band(changed, policy))


def _others(factor: Factor, policy: RiskPolicy) -> list[Factor]:
    values = policy.factors[factor.code].values
    return [_factor(factor.code, name, value) for name, value in values.items() if name != factor.value]


def _fewest(facts: RiskFacts, factors: list[Factor], policy: RiskPolicy, band: Band) -> Change:
    """The smallest number of facts that, put to their best values, lower the band."""
    for count in range(2, len(factors) + 1):
        for chosen in combinations(factors, count):
            change = _change(facts, factors, policy, [_best(factor, policy) for factor in chosen])
            if BANDS.index(change.band) < BANDS.index(band):
                return change
    raise AssertionError("the loader takes no policy whose best values are not of low risk")


def _best(factor: Factor, policy: RiskPolicy) -> Factor:
    rule = policy.factors[factor.code]
    return _factor(factor.code, rule.best, rule.values[rule.best])


def _caveats(facts: RiskFacts, factors: list[Factor], policy: RiskPolicy) -> Iterator[str]:
    if policy.countries.is_old(facts.on, policy.country_max_age):
        yield "country_data_old"
    if any(factor.value == MISSING for factor in factors):
        yield "facts_missing"


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or the last one there is."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
