"""What comes in as a structure: a clear error, or an answer."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc import ownership
from kyc.ownership import OverAssigned, PartyUnknown, ShareBroken, StructureBroken
from kyc.ownership.policy import OwnershipCategoryUnknown
from onboarding.case import Company, Control, Entity, Holding, Owner, Person, Structure
from tests.kyc.holdings import AFTER, BEFORE, capital, grounds, judged


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"subject": ""},
        {"subject": "S", "holdings": {}},
        {"subject": "S", "holdings": [["p", "S"]]},
        {"subject": "S", "holdings": [["p", "S", 1, "dreams"]]},
        {"subject": "S", "holdings": [["p", None, 1]]},
        {"subject": "S", "parties": {"p": "wizard"}},
        {"subject": "S", "parties": {"S": "person"}},
        {"subject": "S", "holdings": [["q", "p", 1], ["p", "S", 1]], "parties": {"p": "person"}},
        {"subject": "S", "control": [["p"]]},
        {"subject": "S", "blocked": {"moon": ["p"]}},
    ],
)
def test_what_is_no_structure_is_a_clear_error(data: Any) -> None:
    with pytest.raises(StructureBroken):
        ownership.parse(data)


def test_what_was_not_used_is_said() -> None:
    assert judged([("p", "S", 1)], colour="blue").structure.notes == ["not used: colour"]


def a_company(*shares: str, **structure: Any) -> Company:
    owners = [Owner(person=Person(name=f"Owner {place}"), share=share) for place, share in enumerate(shares)]
    return Company(name="Acme", country="DE", owners=owners, structure=Structure(**structure) if structure else None)


def test_a_declared_company_is_a_structure() -> None:
    result = ownership.beneficial_owners(ownership.of_company(a_company("1/3", "25%")), AFTER)

    assert capital(result) == {"owner_1": Fraction(1, 3), "owner_2": Fraction(1, 4)}


def test_owners_behind_a_declared_company_are_found_through_it() -> None:
    company = a_company(
        "30%", "0%", entities=[Entity(name="Holding BV", country="NL")],
        holdings=[
            Holding(owner="owner_2", owned="entity_1", share="51%"),
            Holding(owner="entity_1", owned="company", share="40%"),
        ],
    )  # fmt: skip

    result = ownership.beneficial_owners(ownership.of_company(company), BEFORE)

    assert grounds(result) == {"owner_1": {"ownership"}, "owner_2": {"controls_direct_holder"}}
    assert result.owners[1].paths == ((("owner_2", "entity_1", "company"), Fraction(51, 250)),)


def test_a_declared_nominee_holds_for_somebody_else() -> None:
    company = a_company("60%", "40%", control=[Control(controller="owner_2", controlled="owner_1", means="nominee")])

    assert capital(ownership.beneficial_owners(ownership.of_company(company), AFTER)) == {"owner_2": Fraction(1)}


def test_a_structure_that_names_nobody_s_code_is_refused() -> None:
    company = a_company("60%", holdings=[Holding(owner="owner_2", owned="company", share="10%")])

    with pytest.raises(PartyUnknown):
        ownership.of_company(company)


def test_direct_shares_and_declared_holdings_count_together() -> None:
    company = a_company("60%", holdings=[Holding(owner="owner_1", owned="company", share="50%")])

    with pytest.raises(OverAssigned):
        ownership.of_company(company)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
loose = st.fixed_dictionaries(
    {"subject": st.sampled_from(["S", "T"]) | json_values},
    optional=dict.fromkeys(
        ("holdings", "control", "parties", "managers", "together", "blocked", "category"), json_values
    ),
)


@given(loose)
def test_any_json_gets_an_answer_or_a_clear_error(data: Any) -> None:
    try:
        ownership.as_json(ownership.beneficial_owners(ownership.parse(data), AFTER))
    except (StructureBroken, ShareBroken, OwnershipCategoryUnknown):
        return
