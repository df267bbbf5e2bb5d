"""Shares of a company in the end, and what stays open."""

from fractions import Fraction
from typing import Any

import pytest

from kyc.ownership import Interest, OverAssigned, ShareBroken
from tests.kyc.holdings import capital, gaps, grounds, judged

CAPITAL_VOTES = ("capital", "votes")


def test_shares_multiply_along_a_chain_and_add_across_chains() -> None:
    result = judged([("p", "A", "60%"), ("A", "S", "50%"), ("p", "B", "1/2"), ("B", "S", 0.2), ("q", "S", "30%")])

    assert capital(result) == {"p": Fraction(2, 5), "q": Fraction(3, 10)}


def test_repeated_edges_add() -> None:
    assert capital(judged([("p", "S", "10%"), ("p", "S", "20%")])) == {"p": Fraction(3, 10)}


@pytest.mark.parametrize("share", ["1/3", "25%", "25 %", 0.25, "0.25", "0,25", 1, "33.333333%", 1e-7])
def test_shares_are_read_as_they_are_written(share: Any) -> None:
    exact = {"1/3": Fraction(1, 3), 1: Fraction(1), "33.333333%": Fraction(33333333, 10**8), 1e-7: Fraction(1, 10**7)}

    assert capital(judged([("p", "S", share)]))["p"] == exact.get(share, Fraction(1, 4))


@pytest.mark.parametrize("share", ["150%", 25, "-1/3", "1/0", "", "a third", True, [1], "1e3", float("nan"), 10**400])
def test_a_share_that_cannot_be_names_its_entry(share: Any) -> None:
    with pytest.raises(ShareBroken, match="entry 2"):
        judged([("p", "S", "1%"), ("q", "S", share)])


def test_more_than_all_of_a_company_is_an_error() -> None:
    with pytest.raises(OverAssigned, match=r"^A: 110 %"):
        judged([("p", "A", "60%"), ("q", "A", "50%"), ("A", "S", 1)])


def test_exactly_all_in_thirds_is_no_error() -> None:
    assert gaps(judged([(name, "S", "1/3") for name in "pqr"])) == {}


def test_a_cycle_is_solved_and_not_cut() -> None:
    result = judged([("p", "A", "1/2"), ("B", "A", "1/2"), ("A", "B", "1/3"), ("q", "B", "2/3"), ("A", "S", 1)])

    assert capital(result) == {"p": Fraction(3, 5), "q": Fraction(2, 5)}


def test_a_company_s_own_shares_belong_to_its_owners() -> None:
    assert capital(judged([("p", "S", "80%"), ("S", "S", "20%")])) == {"p": Fraction(1)}


def test_paths_and_what_runs_through_cycles_add_up() -> None:
    result = judged([("p", "A", "1/2"), ("B", "A", "1/2"), ("A", "B", "1/3"), ("q", "B", "2/3"), ("A", "S", 1)])

    owner = next(owner for owner in result.owners if owner.person == "p")
    assert owner.paths == ((("p", "A", "S"), Fraction(1, 2)),)
    assert owner.through_cycles == Fraction(1, 10)


def test_capital_votes_and_profit_are_solved_apart() -> None:
    result = judged([("p", "S", "10%"), ("p", "S", "60%", "votes"), ("q", "S", "40%"), ("q", "S", "90%", "profit")])

    shares = {interest: result.shares[interest]["p"] for interest in Interest}
    assert shares == {
        Interest.CAPITAL: Fraction(1, 10),
        Interest.VOTES: Fraction(3, 5),
        Interest.PROFIT: Fraction(1, 10),
    }
    assert {"ownership", "control"} <= grounds(result)["p"]


# What stays open


def test_unassigned_capital_is_a_gap_with_its_share_of_the_subject() -> None:
    result = judged([("A", "S", "1/2"), ("p", "A", "1/4"), ("q", "S", "1/2")])

    assert gaps(result) == {("A",): ("unassigned", Fraction(3, 8))}


def test_companies_that_own_only_themselves_are_a_named_gap() -> None:
    result = judged([("A", "S", "70%"), ("A", "B", 1), ("B", "A", 1), ("p", "S", "30%")])

    assert gaps(result) == {("A", "B"): ("circular", Fraction(7, 10))}
    assert capital(result) == {"p": Fraction(3, 10)}


def test_a_subject_that_only_owns_itself_has_nobody() -> None:
    result = judged([("S", "S", 1)])

    assert [gap.code for gap in result.gaps] == ["circular", "no_beneficial_owner"]


def test_a_subject_that_nobody_owns_is_all_gap() -> None:
    assert gaps(judged([])) == {("S",): ("unassigned", Fraction(1))}


def test_an_unknown_holder_and_an_unknown_share_are_gaps() -> None:
    result = judged([("X", "S", "40%"), ("p", "S", "50%"), ("q", "S", None)], parties={"X": "unknown"})

    assert gaps(result)["X",] == ("unknown_holder", Fraction(2, 5))
    assert gaps(result)["q", "S"][0] == "share_unknown"


def test_states_and_listed_companies_end_a_chain() -> None:
    result = judged([("N", "S", "1/2"), ("L", "S", "1/2")], parties={"N": "state", "L": {"kind": "listed"}})

    assert result.others == {"N": Fraction(1, 2), "L": Fraction(1, 2)}
    assert capital(result) == {}


def test_profit_that_nobody_speaks_of_is_no_gap() -> None:
    apart = [
        (who, company, "100%", interest) for who, company in (("A", "S"), ("p", "A")) for interest in CAPITAL_VOTES
    ]

    assert judged(apart).gaps == []
    assert judged([*apart[:2], ("p", "A", "100%")]).gaps == []


def test_profit_that_somebody_speaks_of_leaves_its_rest_open() -> None:
    apart = [("p", "S", "100%", interest) for interest in CAPITAL_VOTES]

    assert gaps(judged([*apart, ("q", "S", "90%", "profit")])) == {("S",): ("unassigned", Fraction(1, 10))}


def test_a_company_of_which_nothing_is_told_is_open_in_every_interest() -> None:
    (gap,) = [gap for gap in judged([]).gaps if gap.code == "unassigned"]

    assert gap.interests == tuple(Interest)
