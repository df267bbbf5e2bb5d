"""Shares of a company in the end: x = d + A x, solved exactly, so that cycles are solved and not cut.

Seen from one company, the weight of every party above it is one row of (I - A)^-1. It is computed group by group
(strongly connected companies), so that only true cycles cost a linear system.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest


@dataclass
class Weights:
    """`of[party]` is the share of the company that runs through or ends at the party; `circular` lists groups that
    own only themselves with the share that is lost in them; `cyclic` says whether any cycle was met."""

    of: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    circular: list[tuple[list[str], Fraction]] = field(default_factory=list)
    cyclic: bool = False


def weights(structure: Structure, company: str, interest: Interest) -> Weights:
    """The weight of every party above the company."""
    holders = structure.holders[interest]
    result = Weights()
    result.of[company] = Fraction(1)
    for group in reversed(_groups(structure, company, interest)):
        members = set(group)
        inside = {each: {o: s for o, s in holders.get(each, {}).items() if o in members} for each in group}
        if any(inside.values()):
            result.cyclic = True
            _turn(group, inside, holders, result)
        for each in group:
            for holder, share in holders.get(each, {}).items():
                if holder not in members:
                    part = result.of[each] * share
                    result.of[holder] = result.of[holder] + part if holder in result.of else part
    return result


def _turn(
    group: list[str], inside: Mapping[str, Mapping[str, Fraction]], holders: Mapping[str, Mapping[str, Fraction]],
    result: Weights,
) -> None:  # fmt: skip
    """Let what flows into a group of companies run round in it."""
    if all(sum(inside[each].values()) == 1 for each in group):
        result.circular.append((sorted(group), sum((result.of[each] for each in group), Fraction())))
        return
    for each, weight in zip(group, _solve(group, inside, [result.of[each] for each in group]), strict=True):
        result.of[each] = weight


def _solve(group: list[str], inside: Mapping[str, Mapping[str, Fraction]], inflow: list[Fraction]) -> list[Fraction]:
    """w = inflow + A^T w by elimination on sparse rows of whole numbers; the group leaks, so there is one solution."""
    size, place = len(group), {each: number for number, each in enumerate(group)}
    rows: list[dict[int, Fraction]] = [{number: Fraction(1), size: inflow[number]} for number in range(size)]
    for owned, owners in inside.items():
        for owner, share in owners.items():
            row = rows[place[owner]]
            row[place[owned]] = row.get(place[owned], Fraction()) - share
    whole = [_whole(row) for row in rows]
    for pivot in range(size):
        _eliminate(whole, pivot)
    solved = [Fraction()] * size
    for number in reversed(range(size)):
        left = whole[number]
        rest = sum((value * solved[column] for column, value in left.items() if number < column < size), Fraction())
        solved[number] = (left.get(size, 0) - rest) / left[number]
    return solved


def _whole(row: Mapping[int, Fraction]) -> dict[int, int]:
    """The row times what all its parts go into: fractions would be shortened at every step, which costs most."""
    common = lcm(*(value.denominator for value in row.values()))
    return {column: int(value * common) for column, value in row.items() if value}


def _eliminate(rows: list[dict[int, int]], pivot: int) -> None:
    """No exchange of rows: I - A^T is diagonally dominant by columns, its pivots stay positive."""
    base = rows[pivot]
    for number in range(pivot + 1, len(rows)):
        factor = rows[number].get(pivot)
        if not factor:
            continue
        shared = gcd(factor, base[pivot])
        up, down = base[pivot] // shared, factor // shared
        row = {column: value * up for column, value in rows[number].items()}
        for column, value in base.items():
            row[column] = row.get(column, 0) - down * value
        content = gcd(*row.values())
        rows[number] = {column: value // content for column, value in row.items() if value}


def _groups(structure: Structure, company: str, interest: Interest) -> list[list[str]]:
    """Strongly connected companies above the company (Tarjan, without recursion), the topmost first."""
    holders = structure.holders[interest]
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    groups: list[list[str]] = []
    walk = [(company, iter(_above(structure, holders, company)))]
    index[company] = low[company] = 0
    open_[company] = None
    while walk:
        node, rest = walk[-1]
        following = next(rest, None)
        if following is None:
            walk.pop()
            if walk:
                low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
            if low[node] == index[node]:
                groups.append(_popped(open_, node))
        elif following not in index:
            index[following] = low[following] = len(index)
            open_[following] = None
            walk.append((following, iter(_above(structure, holders, following))))
        elif following in open_:
            low[node] = min(low[node], index[following])
    return groups


def _popped(open_: dict[str, None], until: str) -> list[str]:
    group = []
    while True:
        node, _ = open_.popitem()
        group.append(node)
        if node == until:
            return group


def _above(structure: Structure, holders: Mapping[str, Mapping[str, Fraction]], company: str) -> list[str]:
    return sorted(holder for holder in holders.get(company, {}) if structure.is_passed_through(holder))
