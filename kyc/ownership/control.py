"""Who dominates whom: a least fixpoint over direct holdings and stated means, never a product of shares."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from kyc.ownership.policy import Threshold
from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest, Kind


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
    seeds: Iterable[str], by: Ties, bars: Mapping[Interest, Threshold], *, means: bool = True
) -> dict[str, Step]:
    """Everything that comes under the seeds together, in the order in which it does, with the step that did it.

    A party comes under them when their direct holdings and those of what is already under them reach the bar of an
    interest together, when one of them is a party of the trust, or by a stated means where `means` counts.
    """
    under: dict[str, Step] = {}
    sums: dict[tuple[Interest, str], dict[str, Fraction]] = defaultdict(dict)
    started = frozenset(seeds)
    queue = sorted(started)
    for holder in queue:  # grows while it runs
        for step in _reach(holder, by, bars, sums, means=means):
            if step.party not in under and step.party not in started:
                under[step.party] = step
                queue.append(step.party)
    return under


def _reach(
    holder: str,
    by: Ties,
    bars: Mapping[Interest, Threshold],
    sums: dict[tuple[Interest, str], dict[str, Fraction]],
    *,
    means: bool,
) -> list[Step]:
    steps = []
    for interest, bar in bars.items():
        for company, share in by.held[interest].get(holder, {}).items():
            holders = sums[interest, company]
            holders[holder] = share
            total = sum(holders.values(), Fraction())
            if bar.reached(total):
                steps.append(Step(company, interest, total, tuple(sorted(holders))))
    for trust, role in by.party_of.get(holder, ()):
        steps.append(Step(trust, None, Fraction(1), (holder,), role))
    for controlled, how in by.stated.get(holder, ()) if means else ():
        steps.append(Step(controlled, None, Fraction(), (holder,), how))
    return steps


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
