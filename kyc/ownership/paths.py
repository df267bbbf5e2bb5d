"""The simple paths by which a party holds of a company, the heaviest first."""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush

from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest

STEPS = 20_000  # of the search; a layered structure has more simple paths than anybody reads


@dataclass
class Paths:
    """`to[party]` are the paths from the party down to the company with their shares; `complete` says whether all
    simple paths are among them."""

    to: dict[str, list[tuple[tuple[str, ...], Fraction]]] = field(default_factory=lambda: defaultdict(list))
    complete: bool = True


def simple_paths(structure: Structure, company: str, interest: Interest, steps: int = STEPS) -> Paths:
    """Every simple path upwards from the company, by falling share, as far as the steps reach."""
    holders = structure.holders[interest]
    found = Paths()
    heap: list[tuple[Fraction, tuple[str, ...]]] = [(Fraction(-1), (company,))]
    while heap:
        if steps == 0:
            found.complete = False
            return found
        steps -= 1
        share, path = heappop(heap)
        if len(path) > 1 and not structure.is_passed_through(path[0]):
            found.to[path[0]].append((path, -share))
            continue
        for holder, part in holders.get(path[0], {}).items():
            if holder not in path:
                heappush(heap, (share * part, (holder, *path)))
    return found
