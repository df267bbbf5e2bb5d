"""Ownership against an independent solver: the shares by a power series, control by brute force."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc import ownership
from kyc.ownership import Ground
from tests.kyc.holdings import AFTER, Edge, capital, judged

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
    assert (owner.share, owner.through_cycles) == (Fraction(1), Fraction(0))
    assert owner.further_paths > 0


def test_companies_that_all_hold_each_other_are_solved_exactly() -> None:
    names = [f"c{number}" for number in range(60)]
    part = {name: Fraction(7 + place % 5, 1009) for place, name in enumerate(names)}  # of each other company
    across = [(one, other, str(part[one])) for one in names for other in names if one != other]
    result = judged([("c0", "S", 1), *across, *((f"p_{name}", name, "1/3") for name in names)])

    open_ = sum((gap.share for gap in result.gaps if gap.code == "unassigned"), Fraction())
    assert sum(capital(result).values(), Fraction()) + open_ == 1
    weight = {name: 3 * capital(result)[f"p_{name}"] for name in names}  # w = e + A^T w, put in again
    flow = sum(weight.values(), Fraction())
    assert all(weight[name] == (name == "c0") + part[name] * (flow - weight[name]) for name in names)


class Walked(dict[str, Fraction]):
    """Holders of a company, with how often somebody went through all of them."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


def walks(holdings: list[Edge]) -> int:
    """How often the holders of one company were gone through at most."""
    structure = ownership.parse({"subject": "S", "holdings": [list(edge) for edge in holdings]})
    walked = []
    for companies in structure.holders.values():
        for company, holders in companies.items():
            companies[company] = counted = Walked(holders)
            walked.append(counted)

    ownership.beneficial_owners(structure, AFTER)

    return max(holders.times for holders in walked)


def test_the_holders_of_a_wide_company_are_not_gone_through_for_each_of_them() -> None:
    assert walks([(f"p{n}", "S", "1/500") for n in range(500)]) < 20


def test_the_holders_of_a_company_are_not_gone_through_for_each_path() -> None:
    names = ["S", *(f"c{number}" for number in range(9))]
    across = [(one, other, "1/20") for one in names for other in names if one != other]

    assert walks([*across, ("p", "S", "1/2")]) < 200
