"""Sanctioned ownership: a cascade of direct holdings to a fixpoint. It has nothing to do with beneficial owners."""

from kyc.ownership.control import Step, dominated, ties
from kyc.ownership.policy import Regime, regimes
from kyc.ownership.structure import Structure


def cascade(structure: Structure, regime: str) -> list[Step]:
    """The parties that fall under the regime through those blocked by it, in the order in which they do.

    `structure.blocked[regime]` are the listed ones. A company whose blocked holders reach the threshold with their
    direct holdings is blocked itself and counts as such; where the regime does not add up strangers, each listed
    party, and each group that acts together, is followed alone.
    """
    rules = regimes()[regime]
    listed = structure.blocked.get(regime, set())
    bars = {interest: bar.exact for interest, bar in rules.interests.items()}
    found: dict[str, Step] = {}
    by = ties(structure)
    for seeds in _seeds(structure, listed, rules):
        for party, step in dominated(seeds, by, bars, means=rules.control).items():
            if party not in listed:
                found.setdefault(party, step)
    return list(found.values())


def _seeds(structure: Structure, listed: set[str], rules: Regime) -> list[frozenset[str]]:
    if rules.together == "always":
        return [frozenset(listed)]
    groups = [group & listed for group in structure.together]
    return [*(frozenset([party]) for party in sorted(listed)), *(group for group in groups if len(group) > 1)]
