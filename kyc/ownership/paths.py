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
    climb = _Climb(structure, interest)
    found = Paths()
    climb.go_on((company,), Fraction(1), 0)
    while climb.heap:
        if steps == 0:
            found.complete = False
            return found
        steps -= 1
        negative, path, below, place = heappop(climb.heap)
        climb.go_on(path[1:], below, place + 1)
        if structure.is_passed_through(path[0]):
            climb.go_on(path, -negative, 0)
        else:
            found.to[path[0]].append((path, -negative))
    return found


class _Climb:
    """Paths that wait, each with the share of the path below it and its rank among the holders there. A holder waits
    only until the heavier ones have gone: of a wide company they would all wait, most of them for nothing."""

    def __init__(self, structure: Structure, interest: Interest) -> None:
        self.heap: list[tuple[Fraction, tuple[str, ...], Fraction, int]] = []
        self._holders = structure.holders[interest]
        self._ranked: dict[str, list[tuple[Fraction, str]]] = {}

    def go_on(self, path: tuple[str, ...], share: Fraction, place: int) -> None:
        """Let the next holder of the path's end wait, from that rank on."""
        ranked = self._rank(path[0])
        for number in range(place, len(ranked)):
            part, holder = ranked[number]
            if holder not in path:
                heappush(self.heap, (share * part, (holder, *path), share, number))
                return

    def _rank(self, company: str) -> list[tuple[Fraction, str]]:
        if company not in self._ranked:
            self._ranked[company] = sorted((-part, holder) for holder, part in self._holders.get(company, {}).items())
        return self._ranked[company]
