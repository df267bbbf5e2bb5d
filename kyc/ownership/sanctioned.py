"""Sanctioned ownership: a cascade of direct holdings to a fixpoint. It has nothing to do with beneficial owners."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from kyc.ownership.control import Step, Ties, dominated, ties
from kyc.ownership.policy import Regime, Threshold, regimes
from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest


def cascade(structure: Structure, regime: str) -> list[Step]:
    """The parties that fall under the regime through those blocked by it, in the order in which they do.

    `structure.blocked[regime]` are the listed ones. A company whose blocked holders reach the threshold with their
    direct holdings is blocked itself and counts as such. Where the regime does not add up strangers, each listed party
    is followed alone, and is treated as holding what those who act jointly with it hold beside it, listed or not.
    """
    return _followed(structure, regime, ties(structure))


def undecided(structure: Structure, regime: str) -> list[str]:
    """The parties that would fall under the regime besides, had whoever holds an unknown part of a company all that
    nobody else is known to hold of it: of these nobody can say."""
    if not structure.unsized:
        return []
    sure = structure.blocked.get(regime, set()) | {step.party for step in cascade(structure, regime)}
    at_worst = _followed(structure, regime, _with_the_rest(structure, ties(structure)))
    return [step.party for step in at_worst if step.party in structure.kinds and step.party not in sure]


def _with_the_rest(structure: Structure, by: Ties) -> Ties:
    """What nobody is known to hold of a company, as a party of its own behind all whose share is unknown."""
    held = {interest: dict(of) for interest, of in by.held.items()}
    behind = {party: [*of] for party, of in by.party_of.items()}
    for owner, owned in structure.unsized:
        rest = f"\0rest of {owned}"  # no id that anybody declared
        behind.setdefault(owner, []).append((rest, "share_unknown"))
        for interest in Interest:
            if left := 1 - sum(structure.holders[interest].get(owned, {}).values(), Fraction()):
                held[interest][rest] = {owned: left}
    return Ties(held=held, stated=by.stated, party_of=behind)


def _followed(structure: Structure, regime: str, by: Ties) -> list[Step]:
    rules = regimes()[regime]
    listed = structure.blocked.get(regime, set())
    bars = {interest: bar.exact for interest, bar in rules.interests.items()}
    allies = _allies(structure, by, rules, bars) if listed else {}
    together = rules.together == "always"
    found: dict[str, Step] = {}
    for seeds in [frozenset(listed)] if together else [frozenset([party]) for party in sorted(listed)]:
        for party, step in dominated(seeds, by, bars, means=rules.control, allies=allies).items():
            if party not in listed:
                found.setdefault(party, step)
    return list(found.values())


def _allies(
    structure: Structure, by: Ties, rules: Regime, bars: Mapping[Interest, Threshold]
) -> dict[str, frozenset[str]]:
    """Of each party of a joint arrangement, the others with the companies that are theirs: they hold indirectly."""
    allies: dict[str, frozenset[str]] = defaultdict(frozenset)
    for group in structure.together if rules.together == "jointly" else ():
        theirs = {party: {party, *dominated([party], by, bars, means=rules.control)} for party in group}
        for party in group:
            others = (theirs[other] for other in group if other != party)
            allies[party] = allies[party].union(*others) - {party}
    return dict(allies)
