import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc import country_risk, rating
from kyc.country_risk import CountryRiskBroken, CountryRiskTooNew, CountryUnknown
from kyc.rating import FactUnknown, RiskFacts, RiskPolicy
from kyc.risk_policy import FOLDER, PolicyBroken, PolicyUnknown, load_file
from onboarding.case import Band

ON = date(2026, 7, 1)
POLICY = rating.load("standard", "eu")
BANDS = [Band.LOW, Band.MEDIUM, Band.HIGH]


def facts(**changes: Any) -> RiskFacts:
    known: dict[str, Any] = {
        "on": ON,
        "countries": ["DE"],
        "client_type": "person",
        "product": "software",
        "channel": "in_person",
        "pep": "none",
        "adverse_information": "none",
        "ownership": "transparent",
        "document_quality": "verified",
        "open_signals": 0,
    }
    return RiskFacts(**(known | changes))


def values(factor: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(POLICY.factors[factor].values))


any_facts = st.builds(
    facts,
    countries=st.lists(st.sampled_from(["DE", "FR", "MM", "KP", "VN", "IQ"]), min_size=1, max_size=3),
    client_type=values("client_type"),
    product=values("product"),
    channel=values("channel"),
    pep=values("pep"),
    adverse_information=values("adverse_information"),
    ownership=values("ownership"),
    document_quality=values("document_quality"),
    open_signals=st.integers(0, 3),
)


def test_a_plain_client_is_of_low_risk_and_needs_nobody() -> None:
    result = rating.rate(facts(), POLICY)

    assert (result.band, result.points, result.diligence, result.approvals) == (Band.LOW, 0, "simplified", 0)
    assert result.next_review == date(2031, 7, 1)


def test_an_open_signal_needs_one_person_even_at_low_risk() -> None:
    assert rating.rate(facts(open_signals=1), POLICY).approvals == 1
    assert rating.rate(facts(open_signals=None), POLICY).approvals == 1


@pytest.mark.parametrize(
    ("change", "band", "approvals"),
    [
        ({"countries": ["DE", "VN"]}, Band.MEDIUM, 1),
        ({"countries": ["MM"]}, Band.HIGH, 2),
        ({"pep": "foreign"}, Band.HIGH, 2),
        ({"adverse_information": "sanctions_match"}, Band.HIGH, 2),
        ({"client_type": "trust"}, Band.MEDIUM, 1),
        ({"channel": "intermediary", "product": "payments", "document_quality": "near"}, Band.MEDIUM, 1),
    ],
)
def test_the_facts_make_the_band(change: dict[str, Any], band: Band, approvals: int) -> None:
    result = rating.rate(facts(**change), POLICY)

    assert (result.band, result.approvals) == (band, approvals)


def test_the_worst_country_counts_and_is_named() -> None:
    result = rating.rate(facts(countries=["DE", "MM", "VN"]), POLICY)

    country = result.factors[0]
    assert (country.why, country.points, country.detail) == ("country.enhanced_due_diligence", 50, "MM")


def test_what_would_change_the_band_is_listed() -> None:
    result = rating.rate(facts(countries=["VN"]), POLICY)

    assert {"country": "not_listed"} in [change.facts for change in result.changes if change.band is Band.LOW]
    assert {"pep": "foreign"} in [change.facts for change in result.changes if change.band is Band.HIGH]


def test_where_no_single_fact_lowers_the_band_the_fewest_together_are_named() -> None:
    result = rating.rate(facts(countries=["MM"], pep="foreign"), POLICY)

    lower = [change.facts for change in result.changes if change.band is not Band.HIGH]
    assert lower == [{"country": "not_listed", "pep": "none"}]


@given(any_facts)
def test_the_points_are_the_sum_of_the_factors(known: RiskFacts) -> None:
    result = rating.rate(known, POLICY)

    assert result.points == sum(factor.points for factor in result.factors)


@given(any_facts, st.sampled_from([name for name in RiskFacts.model_fields if name != "on"]))
def test_a_missing_fact_never_lowers_the_rating(known: RiskFacts, name: str) -> None:
    before = rating.rate(known, POLICY)
    after = rating.rate(known.model_copy(update={name: None}), POLICY)

    assert BANDS.index(after.band) >= BANDS.index(before.band)
    assert after.points >= before.points
    assert after.approvals >= before.approvals


@given(any_facts)
def test_every_change_that_is_named_leads_to_the_band_it_names(known: RiskFacts) -> None:
    result = rating.rate(known, POLICY)
    country = {"not_listed": ["DE"], "increased_monitoring": ["VN"], "enhanced_due_diligence": ["MM"],
               "countermeasures": ["KP"]}  # fmt: skip

    for change in result.changes:
        update: dict[str, Any] = dict(change.facts)
        if "country" in update:
            update["countries"] = country[update.pop("country")]
        after = rating.rate(known.model_copy(update=update), POLICY)
        assert (after.band, after.points) == (change.band, change.points)


@given(any_facts)
def test_the_review_is_due_within_the_years_of_the_law(known: RiskFacts) -> None:
    result = rating.rate(known, POLICY)

    years = 1 if result.band is Band.HIGH else 5
    assert ON < result.next_review <= ON.replace(year=ON.year + years)


def test_a_review_falls_on_the_last_day_where_its_month_is_shorter() -> None:
    result = rating.rate(facts(on=date(2028, 2, 29), pep="foreign"), POLICY)

    assert result.next_review == date(2029, 2, 28)


@pytest.mark.parametrize("country", ["XX", "UK", "de", "", "Germany"])
def test_an_unknown_country_is_a_clear_error(country: str) -> None:
    with pytest.raises(CountryUnknown):
        rating.rate(facts(countries=["DE", country]), POLICY)


def test_an_unknown_value_is_a_clear_error() -> None:
    with pytest.raises(FactUnknown, match="product"):
        rating.rate(facts(product="time machines"), POLICY)


@pytest.mark.parametrize(
    ("changes", "floor", "law"),
    [
        ({"pep": "foreign"}, Band.HIGH, "AMLR Art. 42"),
        ({"pep": "family"}, Band.HIGH, "AMLR Art. 46"),
        ({"pep": "former"}, Band.MEDIUM, "AMLR Art. 45"),
        ({"countries": ["DE", "KP"]}, Band.HIGH, "AMLR Art. 29"),
        ({"product": "correspondent_banking"}, Band.HIGH, "AMLR Art. 36"),
        ({"pep": None}, Band.HIGH, "AMLR Art. 46"),  # whoever leaves a fact out does not escape the law by it
    ],
)
def test_a_floor_that_the_law_sets_is_told_with_the_law(changes: dict[str, Any], floor: Band, law: str) -> None:
    result = rating.rate(facts(**changes), POLICY)

    assert result.floor is floor
    assert law in [factor.law for factor in result.factors if factor.by_law is floor]


@pytest.mark.parametrize("changes", [{"client_type": "company", "ownership": "opaque"}, {"countries": ["VN"]}, {}])
def test_a_floor_of_the_house_is_none_of_the_law(changes: dict[str, Any]) -> None:
    assert rating.rate(facts(**changes), POLICY).floor is Band.LOW


def test_a_worse_country_by_the_house_does_not_hide_the_law_of_another(tmp_path: Path) -> None:
    file = copy_of_policies(tmp_path)
    file.write_text(
        file.read_text()
        .replace("high, law: AMLR Art. 29", "high")
        .replace("increased_monitoring: {points: 30, at_least: medium}",
                 "increased_monitoring: {points: 30, at_least: medium, law: Some Act}")
    )  # fmt: skip

    result = rating.rate(facts(countries=["KP", "VN"]), load_file(file))

    assert (result.band, result.floor) == (Band.HIGH, Band.MEDIUM)


def test_in_each_jurisdiction_a_sanctions_match_and_countermeasures_are_of_high_risk_by_its_own_law() -> None:
    for where, act in (("eu", "AMLR"), ("uk", "MLR 2017"), ("us", "31 CFR")):
        policy = rating.load("standard", where)
        assert rating.rate(facts(countries=["IR"]), policy).floor is Band.HIGH
        assert rating.rate(facts(adverse_information="sanctions_match"), policy).floor is Band.HIGH
        laws = {value.law for rule in policy.factors.values() for value in rule.values.values() if value.law}
        assert all(law.startswith((act, "Sanctions and Anti-Money Laundering Act 2018")) for law in laws), where


def test_ownership_is_no_factor_of_a_person() -> None:
    assert "ownership" not in {factor.code for factor in rating.rate(facts(ownership="opaque"), POLICY).factors}


@pytest.mark.parametrize("jurisdiction", ["eu", "uk", "us"])
def test_each_jurisdiction_has_a_policy_of_its_own(jurisdiction: str) -> None:
    policy = rating.load("standard", jurisdiction)

    assert policy.jurisdiction == jurisdiction
    assert rating.rate(facts(), policy).policy == f"standard-{jurisdiction}@1.0"


def test_a_domestic_official_is_judged_by_the_jurisdiction() -> None:
    bands = [rating.rate(facts(pep="domestic"), rating.load("standard", where)).band for where in ("eu", "uk", "us")]

    assert bands == [Band.HIGH, Band.MEDIUM, Band.LOW]


def copy_of_policies(folder: Path) -> Path:
    for name in ("risk-standard-eu.yaml", "country-risk.json"):
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    return folder / "risk-standard-eu.yaml"


def test_the_hash_changes_with_the_rules_and_with_the_country_data(tmp_path: Path) -> None:
    file = copy_of_policies(tmp_path)
    assert load_file(file).hash == POLICY.hash

    file.write_text(file.read_text().replace("points: 30, at_least: medium", "points: 31, at_least: medium", 1))
    rules = load_file(file).hash
    data = json.loads((tmp_path / "country-risk.json").read_text())
    (tmp_path / "country-risk.json").write_text(json.dumps(data))

    assert len({POLICY.hash, rules, load_file(file).hash}) == 3


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("review_months: 12}", "review_months: 13}", "later than the rules allow"),
        ("high: 50\n", "high: 10\n", "begin at 0 and rise"),
        ("approvals: 2, approvals_with_open_signal: 2", "approvals: 1, approvals_with_open_signal: 1", "two people"),
        ("not_listed: {points: 0}", "not_listed: {points: 25}", "low risk"),
        ("not_listed: {points: 0}", "not_listed: {points: 0, law: Some Act}", "sets no floor"),
        ("fact: pep", "fact: star_sign", "factors.pep.fact"),
        ("name: standard-eu", "name: [", "no YAML"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path: Path, before: str, after: str, why: str) -> None:
    file = copy_of_policies(tmp_path)
    file.write_text(file.read_text().replace(before, after))

    with pytest.raises(PolicyBroken, match=why):
        load_file(file)


@pytest.mark.parametrize("name", ["nothing", "../risk-standard", ""])
def test_a_policy_that_is_not_there_is_not_found(name: str) -> None:
    with pytest.raises(PolicyUnknown):
        rating.load(name, "eu")


def test_the_country_data_give_the_list_of_a_past_day() -> None:
    risk = country_risk.load(FOLDER / "country-risk.json")

    assert risk.category("IQ", date(2026, 6, 18)) == "not_listed"
    assert risk.category("IQ", date(2026, 6, 19)) == "increased_monitoring"
    assert risk.category("DZ", date(2026, 6, 18)) == "increased_monitoring"
    with pytest.raises(CountryRiskTooNew):
        risk.category("IQ", date(2025, 1, 1))


def test_old_country_data_are_said_to_be_old() -> None:
    assert rating.rate(facts(), POLICY).caveats == []
    assert rating.rate(facts(on=date(2026, 12, 1)), POLICY).caveats == ["country_data_old"]


@pytest.mark.parametrize(
    "change",
    [
        {"sources": {}},
        {"call_for_action": {"countermeasures": ["ZZ"]}},
        {"increased_monitoring_history": []},
        {"increased_monitoring_history": [{"as_of": "2026-01-01", "added": ["VN"]}]},
        {"increased_monitoring_as_of_2026-06-19": ["VN"]},
        {"colour": "grey"},
    ],
)
def test_country_data_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    data = json.loads((FOLDER / "country-risk.json").read_text())
    (tmp_path / "country-risk.json").write_text(json.dumps(data | change))

    with pytest.raises(CountryRiskBroken):
        country_risk.load(tmp_path / "country-risk.json")


@pytest.mark.skipif(not (Path(__file__).parents[3] / "shared/data").exists(), reason="the shared data are not here")
def test_the_shared_data_set_can_take_the_place_of_ours() -> None:
    risk = country_risk.load(Path(__file__).parents[3] / "shared/data/country_risk_fatf.json")

    assert risk.increased_monitoring(ON) == country_risk.load(FOLDER / "country-risk.json").increased_monitoring(ON)


def test_a_rating_survives_being_stored() -> None:
    result = rating.rate(facts(pep="family"), POLICY)

    assert rating.Rating.model_validate_json(result.model_dump_json()) == result
    assert RiskPolicy.model_validate_json(POLICY.model_dump_json()) == POLICY
