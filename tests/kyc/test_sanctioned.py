from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.ownership import StructureBroken, as_json, beneficial_owners, cascade, parse
from tests.kyc.holdings import AFTER


def blocked(regime: str, listed: list[str], holdings: list[Any], **rest: Any) -> list[str]:
    data = {"subject": "S", "holdings": [list(edge) for edge in holdings], "blocked": listed, **rest}
    return [step.party for step in cascade(parse(data), regime)]


@pytest.mark.parametrize(("regime", "companies"), [("ofac", ["S"]), ("eu", ["S"]), ("uk", [])])
def test_half_is_enough_but_in_the_united_kingdom(regime: str, companies: list[str]) -> None:
    assert blocked(regime, ["p"], [("p", "S", "50%"), ("q", "S", "50%")]) == companies


@pytest.mark.parametrize(("regime", "companies"), [("ofac", ["S"]), ("eu", ["S"]), ("uk", [])])
def test_strangers_count_together_but_in_the_united_kingdom(regime: str, companies: list[str]) -> None:
    assert blocked(regime, ["p", "q"], [("p", "S", "30%"), ("q", "S", "30%"), ("r", "S", "40%")]) == companies


def test_who_acts_jointly_counts_together_in_the_united_kingdom_too() -> None:
    holdings = [("p", "S", "30%"), ("q", "S", "30%"), ("r", "S", "40%")]

    assert blocked("uk", ["p", "q"], holdings, together=[["p", "q"]]) == ["S"]


def test_an_ally_who_is_not_listed_counts_in_the_united_kingdom() -> None:
    """Schedule 1 para. 3: each party of a joint arrangement is treated as holding the combined shares of both."""
    holdings = [("p", "S", "30%"), ("q", "S", "30%"), ("r", "S", "40%")]

    assert blocked("uk", ["p"], holdings, together=[["p", "q"]]) == ["S"]
    assert blocked("ofac", ["p"], holdings, together=[["p", "q"]]) == []


def test_a_step_says_that_an_ally_was_needed() -> None:
    structure = parse(
        {
            "subject": "S",
            "holdings": [["p", "S", "30%"], ["q", "S", "30%"], ["r", "S", "40%"]],
            "together": [["p", "q"]],
            "blocked": ["p"],
        }
    )

    step = cascade(structure, "uk")[0]

    assert (step.share, step.by, step.means) == (Fraction(3, 5), ("p", "q"), "acting jointly")


def test_nothing_is_combined_in_a_company_of_which_only_the_ally_holds() -> None:
    holdings = [("q", "A", "100%"), ("p", "S", "30%"), ("r", "S", "70%"), ("A", "B", "100%")]

    assert blocked("uk", ["p"], holdings, together=[["p", "q"]]) == []


@pytest.mark.parametrize("through", ["p", "q", "both"])
def test_an_arrangement_counts_what_its_parties_hold_through_their_companies(through: str) -> None:
    mine = [("p", "A", "60%"), ("A", "S", "30%")] if through != "q" else [("p", "S", "30%")]
    theirs = [("q", "B", "60%"), ("B", "S", "30%")] if through != "p" else [("q", "S", "30%")]

    assert "S" in blocked("uk", ["p"], [*mine, *theirs, ("r", "S", "40%")], together=[["p", "q"]])


def test_an_ally_of_an_ally_is_a_stranger() -> None:
    holdings = [("p", "S", "20%"), ("q", "S", "20%"), ("r", "S", "20%"), ("t", "S", "40%")]

    assert blocked("uk", ["p"], holdings, together=[["p", "q"], ["q", "r"]]) == []
    assert blocked("uk", ["p"], holdings, together=[["p", "q", "r"]]) == ["S"]


@pytest.mark.parametrize("regime", ["ofac", "eu", "uk"])
def test_a_blocked_company_blocks_further_and_nothing_is_multiplied(regime: str) -> None:
    chain = [("p", "A", "51%"), ("A", "B", "51%"), ("B", "S", "51%")]

    assert blocked(regime, ["p"], chain) == ["A", "B", "S"]


def test_a_minority_in_a_company_passes_nothing_on() -> None:
    assert blocked("ofac", ["p"], [("p", "A", "49%"), ("A", "S", "100%")]) == []


def test_direct_holdings_of_the_blocked_and_of_their_companies_add() -> None:
    assert blocked("ofac", ["p"], [("p", "A", "50%"), ("A", "S", "25%"), ("p", "S", "25%")]) == ["A", "S"]


@pytest.mark.parametrize(("regime", "companies"), [("ofac", []), ("eu", ["S"]), ("uk", ["S"])])
def test_control_counts_in_europe_and_not_for_ofac(regime: str, companies: list[str]) -> None:
    assert blocked(regime, ["p"], [("q", "S", "100%")], control=[["p", "S", "board"]]) == companies


@pytest.mark.parametrize(("regime", "companies"), [("ofac", []), ("eu", ["S"]), ("uk", ["S"])])
def test_a_majority_of_votes_counts_in_europe(regime: str, companies: list[str]) -> None:
    assert blocked(regime, ["p"], [("p", "S", "10%"), ("p", "S", "60%", "votes"), ("q", "S", "40%")]) == companies


def test_lists_may_differ_by_regime() -> None:
    data = {"subject": "S", "holdings": [["p", "S", "100%"]], "blocked": {"uk": ["p"], "eu": []}}

    assert [step.party for step in cascade(parse(data), "uk")] == ["S"]
    assert cascade(parse(data), "eu") == cascade(parse(data), "ofac") == []


def test_a_step_says_whose_holdings_did_it() -> None:
    data = {"subject": "S", "holdings": [["p", "S", "30%"], ["q", "S", "20%"]], "blocked": ["p", "q"]}

    step = cascade(parse(data), "ofac")[0]

    assert (step.share, step.by) == (Fraction(1, 2), ("p", "q"))


@pytest.mark.parametrize("listed", [["P"], {"uk": ["p "]}])
def test_a_blocked_id_that_nobody_has_is_refused(listed: Any) -> None:
    with pytest.raises(StructureBroken, match=r"blocked: nobody in the structure has the id '(P|p )'"):
        parse({"subject": "S", "holdings": [["p", "S", "100%"]], "blocked": listed})


def reached(data: dict[str, Any], regime: str = "ofac") -> tuple[bool | None, list[str]]:
    found: Any = as_json(beneficial_owners(parse({"subject": "S", **data}), AFTER))["sanctioned"]
    return found[regime]["subject_blocked"], found[regime]["may_be_blocked"]


@pytest.mark.parametrize("regime", ["ofac", "eu", "uk"])
def test_of_a_blocked_holder_whose_share_nobody_knows_nobody_can_say(regime: str) -> None:
    data = {"holdings": [["p", "A", None], ["A", "S", "60%"], ["q", "S", "40%"]], "blocked": ["p"]}

    assert reached(data, regime) == (None, ["A", "S"])


def test_what_is_left_for_an_unknown_share_may_be_too_little() -> None:
    assert reached({"holdings": [["p", "S", None], ["q", "S", "60%"]], "blocked": ["p"]}) == (False, [])
    assert reached({"holdings": [["p", "S", None], ["q", "S", "40%"]], "blocked": ["p"]}) == (None, ["S"])


def test_what_is_left_is_shared_by_all_whose_share_nobody_knows() -> None:
    holdings = [["p", "S", None], ["q", "S", None], ["r", "S", "60%"], ["t", "S", "5%"]]

    assert reached({"holdings": holdings, "blocked": ["p", "q"]}) == (False, [])
    assert reached({"holdings": holdings, "blocked": ["p", "q", "t"]}) == (False, [])


def test_an_unknown_share_of_a_stranger_leaves_nothing_open() -> None:
    assert reached({"holdings": [["p", "S", "30%"], ["q", "S", None]], "blocked": ["p"]}) == (False, [])


def test_a_party_of_a_trust_reaches_what_the_trust_holds_and_the_step_says_its_role() -> None:
    data = {
        "subject": "S",
        "holdings": [["T", "S", "60%"]],
        "parties": {"T": {"kind": "trust", "trustee": "q", "protector": "p"}},
        "blocked": ["p"],
    }

    assert [(step.party, step.means) for step in cascade(parse(data), "ofac")] == [("T", "protector"), ("S", None)]


NODES = ("S", "A", "B", "C", "p", "q", "r")


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.lists(st.integers(0, 4), min_size=8, max_size=8), min_size=4, max_size=4),
    listed=st.sets(st.sampled_from(["p", "q", "r", "A"])),
)
def test_the_cascade_of_ofac_agrees_with_a_plain_loop(parts: list[list[int]], listed: set[str]) -> None:
    edges = [
        (holder, owned, f"{part}/{sum(row)}")
        for owned, row in zip(NODES[:4], parts, strict=True)
        for holder, part in zip(NODES, row, strict=False)
        if part
    ]
    expected = set(listed)
    for _ in NODES:
        for owned in NODES[:4]:
            held = sum(Fraction(share) for holder, each, share in edges if each == owned and holder in expected)
            if held >= Fraction(1, 2):
                expected.add(owned)

    parties = {each: "person" if each.islower() else "company" for each in NODES}
    assert {*blocked("ofac", sorted(listed), edges, parties=parties), *listed} == expected
