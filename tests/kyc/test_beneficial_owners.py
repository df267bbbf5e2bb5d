"""Who is a beneficial owner and why; trusts."""

from fractions import Fraction

import pytest

from kyc.ownership.policy import OwnershipCategoryUnknown, OwnershipPolicyUnknown
from tests.kyc.holdings import AFTER, BEFORE, capital, gaps, grounds, judged


def test_ownership_needs_more_than_a_quarter_before_the_regulation_and_a_quarter_after() -> None:
    holdings = [("p", "S", "25%"), ("q", "S", "75%")]

    assert set(grounds(judged(holdings, BEFORE))) == {"q"}
    assert set(grounds(judged(holdings, AFTER))) == {"p", "q"}
    assert judged(holdings, BEFORE).policy.name == "eu-amld"


def test_a_policy_may_be_named() -> None:
    assert set(grounds(judged([("p", "S", "25%"), ("q", "S", "75%")], BEFORE, "eu-amlr"))) == {"p", "q"}
    with pytest.raises(OwnershipPolicyUnknown):
        judged([], AFTER, "us")


def test_a_category_of_higher_risk_needs_fifteen_percent() -> None:
    holdings = [("p", "S", "15%"), ("q", "S", "85%")]

    assert set(grounds(judged(holdings))) == {"q"}
    assert set(grounds(judged(holdings, category="higher_risk"))) == {"p", "q"}
    with pytest.raises(OwnershipCategoryUnknown):
        judged(holdings, category="odd")


def test_who_controls_a_direct_holder_is_an_owner_by_control() -> None:
    result = judged([("p", "A", "51%"), ("r", "A", "49%"), ("A", "S", "30%"), ("q", "S", "70%")])

    assert capital(result)["p"] == Fraction(153, 1000)
    assert grounds(result)["p"] == {"controls_direct_holder"}
    assert "r" not in grounds(result)


def test_direct_holders_under_one_control_count_together() -> None:
    small = [("p", "A", "51%"), ("p", "B", "51%"), ("A", "S", "15%"), ("B", "S", "10%"), ("q", "S", "75%")]

    assert grounds(judged(small))["p"] == {"controls_direct_holder"}


def test_who_owns_a_quarter_of_a_controller_is_an_owner() -> None:
    result = judged([("p", "A", "30%"), ("r", "A", "70%"), ("A", "S", "60%"), ("q", "S", "40%")])

    assert capital(result)["p"] == Fraction(18, 100)
    assert grounds(result)["p"] == {"owns_controller"}


def test_control_is_never_a_product() -> None:
    chain = [("p", "A", "51%"), ("A", "B", "51%"), ("B", "C", "51%"), ("C", "S", "51%"), ("x", "S", "49%")]
    result = judged(chain)

    assert capital(result)["p"] < Fraction(7, 100)
    assert {"control", "controls_direct_holder"} & grounds(result)["p"]


def test_control_adds_what_is_held_directly_and_through_the_controlled() -> None:
    result = judged([("p", "A", "60%"), ("A", "S", "30%"), ("p", "S", "21%"), ("q", "S", "49%")])

    assert "control" in grounds(result)["p"]


def test_half_is_no_control() -> None:
    result = judged([("p", "S", "50%"), ("q", "S", "50%")])

    assert grounds(result) == {"p": {"ownership"}, "q": {"ownership"}}


def test_two_companies_that_hold_each_other_do_not_control_themselves() -> None:
    result = judged([("p", "A", "40%"), ("B", "A", "60%"), ("A", "B", "60%"), ("q", "B", "40%"), ("A", "S", 1)])

    assert all("control" not in found for found in grounds(result).values())


def test_a_stated_means_is_control_without_any_share() -> None:
    result = judged([("q", "S", "100%")], control=[["p", "S", "veto"]])

    assert grounds(result)["p"] == {"control"}
    assert capital(result).get("p") is None
    step = next(owner for owner in result.owners if owner.person == "p").reasons[0].steps[-1]
    assert (step.party, step.by, step.means) == ("S", ("p",), "veto")


def test_who_acts_together_controls_together() -> None:
    holdings = [(name, "S", "20%") for name in "pqrst"]

    assert grounds(judged(holdings)) == {}
    assert set(grounds(judged(holdings, together=[["p", "q", "r"]]))) == {"p", "q", "r"}


def test_a_nominee_holds_for_the_nominator() -> None:
    result = judged([("n", "S", "60%"), ("q", "S", "40%")], control=[["p", "n", "nominee"]])

    assert capital(result) == {"p": Fraction(3, 5), "q": Fraction(2, 5)}
    assert "n" not in grounds(result)


def test_senior_managers_are_named_where_nobody_is_found() -> None:
    holdings = [(name, "S", "10%") for name in "abcdefghij"]
    result = judged(holdings, managers=["m"], control=[["b", "S", "managing director"]])

    assert grounds(result) == {"m": {"senior_manager"}, "b": {"senior_manager"}}
    assert result.managers_only


def test_no_manager_is_named_where_somebody_is_found() -> None:
    assert grounds(judged([("p", "S", 1)], managers=["m"])) == {"p": {"ownership", "control"}}


# Trusts


def test_each_party_of_a_trust_has_the_whole_holding() -> None:
    trust = {"kind": "trust", "settlor": "a", "trustees": ["b"], "beneficiaries": ["c", "d"]}
    result = judged([("T", "S", "30%"), ("q", "S", "70%")], parties={"T": trust})

    assert {person: share for person, share in capital(result).items() if person != "q"} == dict.fromkeys(
        "abcd", Fraction(3, 10)
    )
    assert set(grounds(result)) == set("abcdq")


def test_holders_of_a_trust_are_its_parties_whatever_share_is_said() -> None:
    result = judged([("a", "T", "100%"), ("b", "T", "100%"), ("T", "S", 1)], parties={"T": "trust"})

    assert capital(result) == {"a": Fraction(1), "b": Fraction(1)}


def test_a_party_twice_in_a_trust_counts_once() -> None:
    trust = {"kind": "trust", "settlor": "a", "beneficiaries": ["a"]}

    assert capital(judged([("T", "S", "30%")], parties={"T": trust})) == {"a": Fraction(3, 10)}


def test_a_company_that_is_a_trustee_stands_for_its_own_owners() -> None:
    result = judged([("T", "S", "30%"), ("p", "C", "80%"), ("q", "C", "20%")], parties={"T": {"trustee": "C"}})

    assert capital(result) == {"p": Fraction(3, 10)}


def test_trusts_that_are_parties_of_each_other_do_not_run_for_ever() -> None:
    parties = {"T": {"kind": "trust", "parties": ["U", "a"]}, "U": {"kind": "trust", "parties": ["T"]}}

    assert capital(judged([("U", "S", 1)], parties=parties)) == {"a": Fraction(1)}


def test_a_trust_without_parties_is_a_gap() -> None:
    assert gaps(judged([("T", "S", 1)], parties={"T": "trust"})) == {("T",): ("trust_without_parties", Fraction(1))}


def test_the_parties_of_a_trust_are_its_owners() -> None:
    result = judged([], parties={"S": {"kind": "trust", "settlor": "a", "beneficiary": "b"}})

    assert grounds(result) == {"a": {"trust_party"}, "b": {"trust_party"}}
