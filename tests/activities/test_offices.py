"""Politically exposed persons, their relatives and associates: which signal a hit is, and how it is rated."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from activities.evidence import OFFICE, listed, risk_facts
from kyc import rating
from kyc.lists import Entry, Kind, ListVersion
from kyc.lists.entry import Name, Office, Relation
from kyc.screening import Index, Policy, Subject
from kyc.screening.replay import Past
from onboarding.case import Band
from records.signals import SignalRow, SignalState
from tests.activities.desk import a_person

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def found(**said: object) -> tuple[str, str]:
    """Kind and code of the signal that an entry raises."""
    plain = Entry("own:1", Kind.PERSON, (Name("Ottilie Grunwater"),))
    entry = replace(plain, **said)  # type: ignore[arg-type]
    asked = Subject(id="person", kind=Kind.PERSON, names=("Ottilie Grunwater",))
    screening = Index.build([ListVersion("own", "own-csv", [entry], NOW)]).screen(asked, Policy.read(), NOW)
    past = Past(asked=asked, now=NOW, screening=screening, records={"own:1": json.loads(entry.to_json())})
    (signal,) = listed(past)
    return signal.kind, signal.code


def test_the_code_of_an_office_names_a_country_that_stands_alone() -> None:
    assert found(topics=("pep",), countries=("US",), offices=(Office("Mayor"),)) == (OFFICE, "pep_of_us")
    assert found(topics=("role.pep",), countries=("GB", "US")) == (OFFICE, "pep_hit")
    assert found(topics=("pep",)) == (OFFICE, "pep_hit")


@pytest.mark.parametrize("topic", ["pep.related", "role.rca"])
def test_relatives_and_close_associates_are_hits_that_a_senior_approves(topic: str) -> None:
    relatives = (Relation("family", "Casimir Grunwater"),)

    assert found(topics=(topic,), countries=("US",), relations=relatives) == (OFFICE, "pep_family")
    assert found(topics=(topic,)) == (OFFICE, "pep_associate")


def test_a_person_whose_listing_has_no_reason_counts_as_an_office_holder_until_somebody_looks() -> None:
    assert found(topics=("listed",)) == (OFFICE, "pep_hit")
    assert found(topics=("crime",)) == ("other_hit", "other_hit")


def test_sanctions_come_before_an_office() -> None:
    assert found(topics=("pep", "sanction")) == ("list_hit", "list_hit")


def signal(code: str, state: SignalState = SignalState.OPEN) -> SignalRow:
    return SignalRow(
        id="sig_1", case_id="case_1", round=1, party="person", kind=OFFICE, code=code, state=state, reason=None,
        judged_by=None, judged_at=None, created=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "jurisdiction", "value", "band"),
    [
        (["pep_of_gb"], "uk", "domestic", Band.MEDIUM),
        (["pep_of_us"], "uk", "foreign", Band.HIGH),
        (["pep_of_us"], "us", "domestic", Band.LOW),
        (["pep_of_de"], "eu", "foreign", Band.HIGH),
        (["pep_hit"], "us", "foreign", Band.HIGH),
        (["pep_family"], "us", "family", Band.HIGH),
        (["pep_associate"], "uk", "associate", Band.HIGH),
        (["pep_of_gb", "pep_family"], "uk", "family", Band.HIGH),
        ([], "uk", "none", Band.LOW),
    ],
)
def test_the_policy_gets_the_value_that_it_distinguishes(
    codes: list[str], jurisdiction: str, value: str, band: Band
) -> None:
    policy = rating.load("standard", jurisdiction)

    facts = risk_facts(
        a_person(), [signal(code) for code in codes], "software", date(2026, 3, 2), policy.home
    ).model_copy(update={"open_signals": 0})

    assert (facts.pep, rating.rate(facts, policy).band) == (value, band)
