from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc import ownership
from kyc.ownership import Ground, Interest, OverAssigned, ShareBroken, StructureBroken
from kyc.ownership.policy import OwnershipCategoryUnknown, OwnershipPolicyUnknown
from onboarding.case import Company, Owner, Person

BEFORE, AFTER = date(2027, 7, 9), date(2027, 7, 10)  # the day before the AMLR applies, and the day
Edge = tuple[str, str, Any]


def judged(holdings: list[Any], on: date = AFTER, policy: str | None = None, **rest: Any) -> ownership.Ownership:
    structure = ownership.parse({"subject": "S", "holdings": [list(edge) for edge in holdings], **rest})
    return ownership.beneficial_owners(structure, on, policy)


def grounds(result: ownership.Ownership) -> dict[str, set[str]]:
    return {owner.person: {reason.ground.value for reason in owner.reasons} for owner in result.owners}


def capital(result: ownership.Ownership) -> dict[str, Fraction]:
    return result.shares[Interest.CAPITAL]


def gaps(result: ownership.Ownership) -> dict[tuple[str, ...], tuple[str, Fraction]]:
    return {gap.parties: (gap.code, gap.share) for gap in result.gaps if gap.code != "no_beneficial_owner"}


# Shares


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


# Beneficial owners


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


# What comes in


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


def test_a_declared_company_is_a_structure() -> None:
    owners = [Owner(person=Person(name="Anna"), share="1/3"), Owner(person=Person(name="Bo"), share="25%")]
    structure = ownership.of_company(Company(name="Acme", country="DE", owners=owners))

    result = ownership.beneficial_owners(structure, AFTER)

    assert capital(result) == {"owner-1": Fraction(1, 3), "owner-2": Fraction(1, 4)}


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


# Against an independent solver: the shares by a power series, control by brute force

COMPANIES = ("S", "A", "B", "C", "D")
PEOPLE = ("p", "q", "r")
ALL_COMPANIES = dict.fromkeys(COMPANIES, "company")  # one that nobody owns would be a person


@st.composite
def structures(draw: st.DrawFn) -> list[Edge]:
    """Random holdings of at most 100 % each, cycles and own shares among them."""
    edges: list[Edge] = []
    for owned in COMPANIES:
        parts = draw(st.lists(st.integers(0, 5), min_size=9, max_size=9))  # eight holders, and nobody
        whole = sum(parts) or 1
        holders = (*COMPANIES, *PEOPLE)
        edges += [(h, owned, f"{part}/{whole}") for h, part in zip(holders, parts, strict=False) if part]
    return edges


def by_series(edges: list[Edge], rounds: int = 400) -> dict[str, float]:
    """x = d + A x by walking upwards from the subject again and again, in plain floating point."""
    flow, total = {"S": 1.0}, dict.fromkeys(PEOPLE, 0.0)
    plain = [(holder, owned, float(Fraction(share))) for holder, owned, share in edges]
    for _ in range(rounds):
        following: dict[str, float] = {}
        for holder, owned, share in plain:
            following[holder] = following.get(holder, 0.0) + flow.get(owned, 0.0) * share
        for person in PEOPLE:
            total[person] += following.pop(person, 0.0)
        flow = following
    return total


def by_brute_force(edges: list[Edge], person: str) -> set[str]:
    """The least set that is closed: add any company that what is in it holds more than half of."""
    under = {person}
    while True:
        more = {
            owned
            for owned in COMPANIES
            if sum(Fraction(share) for holder, each, share in edges if each == owned and holder in under)
            > Fraction(1, 2)
        } - under
        if not more:
            return under - {person}
        under |= more


@settings(max_examples=150, deadline=None)
@given(structures())
def test_shares_agree_with_a_power_series(edges: list[Edge]) -> None:
    shares, expected = capital(judged(edges, parties=ALL_COMPANIES)), by_series(edges)

    for person in PEOPLE:
        assert float(shares.get(person, 0)) == pytest.approx(expected[person], abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(structures())
def test_persons_and_gaps_make_up_the_whole(edges: list[Edge]) -> None:
    result = judged(edges, parties=ALL_COMPANIES)

    open_ = sum((gap.share for gap in result.gaps if gap.code != "no_beneficial_owner"), Fraction())
    assert sum(capital(result).values(), Fraction()) + open_ == 1


@settings(max_examples=150, deadline=None)
@given(structures())
def test_the_paths_of_every_owner_add_up_to_the_share(edges: list[Edge]) -> None:
    for owner in judged(edges, parties=ALL_COMPANIES).owners:
        listed = sum((share for _, share in owner.paths), Fraction())

        assert listed + owner.through_cycles + owner.further_paths == owner.share
        assert owner.through_cycles >= 0
        assert all(len(set(path)) == len(path) for path, _ in owner.paths)


@settings(max_examples=150, deadline=None)
@given(structures())
def test_owners_are_those_whom_the_articles_name(edges: list[Edge]) -> None:
    result, quarter = judged(edges, parties=ALL_COMPANIES), Fraction(1, 4)
    direct = {holder: Fraction(share) for holder, owned, share in edges if owned == "S"}

    expected = set()
    for person in PEOPLE:
        under = by_brute_force(edges, person)
        held = sum((share for holder, share in direct.items() if holder in under), Fraction())
        controllers = [each for each in COMPANIES if each != "S" and "S" in by_brute_force(edges, each)]
        owned = [Fraction(by_linear(edges, each).get(person, 0)) for each in controllers]
        if "S" in under or max(capital(result).get(person, Fraction()), held, *owned, Fraction()) >= quarter:
            expected.add(person)

    assert {owner.person for owner in result.owners if owner.ground is not Ground.SENIOR_MANAGER} == expected


def by_linear(edges: list[Edge], company: str) -> dict[str, Fraction]:
    """Each person's share of a company, from the same holdings with that company as the subject."""
    data = {"subject": company, "holdings": [list(edge) for edge in edges], "parties": ALL_COMPANIES}
    return capital(ownership.beneficial_owners(ownership.parse(data), AFTER))


def test_a_deep_chain_and_a_wide_company_are_answered() -> None:
    chain = [(f"c{n + 1}", f"c{n}", "99%") for n in range(150)]
    wide = [(f"p{n}", "c150", "1/300") for n in range(300)]
    result = judged([("c0", "S", 1), *chain, *wide])

    assert capital(result)["p0"] == Fraction(99, 100) ** 150 / 300
    assert ownership.as_json(result)["gaps"]


def test_more_paths_than_anybody_reads_are_summed_up() -> None:
    layers = [(f"l{layer + 1}{a}", f"l{layer}{b}", "1/4") for layer in range(12) for a in "wxyz" for b in "wxyz"]
    result = judged([*((f"l0{a}", "S", "1/4") for a in "wxyz"), *layers, *(("p", f"l12{a}", 1) for a in "wxyz")])

    owner = result.owners[0]
    assert (owner.share, owner.through_cycles) == (1, 0)
    assert owner.further_paths > 0
