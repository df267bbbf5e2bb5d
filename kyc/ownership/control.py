"""Who dominates whom: a least fixpoint over direct holdings and stated means, never a product of shares."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from kyc.ownership.policy import Threshold
from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest, Kind

JOINTLY = "acting jointly"  # of a step: some of the holdings are those of allies


@dataclass(frozen=True)
class Step:
    """How one party came under the seeds: by what they and those already under them hold of it, or by a means."""

    party: str
    interest: Interest | None
    share: Fraction
    by: tuple[str, ...]
    means: str | None = None


@dataclass(frozen=True)
class Ties:
    """The structure seen from the holders, built once for many questions."""

    held: dict[Interest, dict[str, dict[str, Fraction]]]
    stated: dict[str, list[tuple[str, str]]]
    party_of: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def ties(structure: Structure) -> Ties:
    party_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for trust, parties in structure.trusts.items():
        for party, role in parties.items():
            party_of[party].append((trust, role))
    held = {interest: structure.holdings_of(interest) for interest in Interest}
    return Ties(held=held, stated=dict(structure.stated), party_of=dict(party_of))


def dominated(
    seeds: Iterable[str],
    by: Ties,
    bars: Mapping[Interest, Threshold],
    *,
    means: bool = True,
    allies: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, Step]:
    """Everything that comes under the seeds together, in the order in which it does, with the step that did it.

    A party comes under them when their direct holdings and those of what is already under them reach the bar of an
    interest together, when one of them is a party of the trust, or by a stated means where `means` counts. In a
    company of which they hold something, the holdings of their `allies` count with theirs.
    """
    spread = _Spread(frozenset(seeds), by, bars, allies or {})
    for holder in spread.queue:  # grows while it runs
        spread.reach(holder, means=means)
    return spread.under


@dataclass
class _Pot:
    """What is held of a company so far, by those under the seeds (`own`) and by their allies."""

    shares: dict[str, Fraction] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    total: Fraction = Fraction()


class _Spread:
    """The seeds and what came under them."""

    def __init__(
        self,
        seeds: frozenset[str],
        by: Ties,
        bars: Mapping[Interest, Threshold],
        allies: Mapping[str, frozenset[str]],
    ) -> None:
        self.seeds, self.by, self.bars, self.allies = seeds, by, bars, allies
        self.under: dict[str, Step] = {}
        self.queue = sorted(seeds)
        self.pots: dict[tuple[Interest, str], _Pot] = defaultdict(_Pot)

    def reach(self, holder: str, *, means: bool) -> None:
        self._hold(holder, own=True)
        for trust, role in self.by.party_of.get(holder, ()):
            self._come(Step(trust, None, Fraction(1), (holder,), role))
        for controlled, how in self.by.stated.get(holder, ()) if means else ():
            self._come(Step(controlled, None, Fraction(), (holder,), how))
        for ally in sorted(self.allies.get(holder, ())):
            self._hold(ally, own=False)

    def _hold(self, holder: str, *, own: bool) -> None:
        for interest, bar in self.bars.items():
            for company, share in self.by.held[interest].get(holder, {}).items():
                pot = self.pots[interest, company]
                if holder not in pot.shares:
                    pot.shares[holder] = share
                    pot.total += share
                if own:
                    pot.own.add(holder)
                if pot.own and company not in self.under and bar.reached(pot.total):
                    jointly = None if pot.own == pot.shares.keys() else JOINTLY
                    self._come(Step(company, interest, pot.total, tuple(sorted(pot.shares)), jointly))

    def _come(self, step: Step) -> None:
        if step.party not in self.under and step.party not in self.seeds:
            self.under[step.party] = step
            self.queue.append(step.party)


def chain(under: Mapping[str, Step], party: str) -> list[Step]:
    """The steps that were needed to come to this party, in order."""
    needed, queue = {party}, [party]
    for each in queue:
        for holder in under[each].by if each in under else ():
            if holder not in needed:
                needed.add(holder)
                queue.append(holder)
    return [step for name, step in under.items() if name in needed]


def is_entity(structure: Structure, party: str) -> bool:
    """Whether control of it, and control by it, is a matter of Articles 52 to 54: all but persons and states."""
    return structure.kinds[party] not in (Kind.PERSON, Kind.STATE) or party in structure.nominees
