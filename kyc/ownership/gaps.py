"""What a structure leaves open, by name: a share that nobody is known to have is never quietly dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kyc.ownership.shares import Weights
from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest, Kind


@dataclass(frozen=True)
class Gap:
    """`share` is what it takes of the subject. Codes: `unassigned` (nobody holds this part of a company), `circular`
    (companies that own only themselves), `unknown_holder`, `trust_without_parties`, `share_unknown` (somebody holds an
    unknown part), `free_float` (of a listed company: no search is due), `no_beneficial_owner`."""

    code: str
    parties: tuple[str, ...]
    share: Fraction
    interests: tuple[Interest, ...]


def find_gaps(
    structure: Structure, found: Mapping[Interest, Weights], people: Mapping[str, set[str]], *, nobody: bool
) -> list[Gap]:
    merged: dict[tuple[str, tuple[str, ...], Fraction], list[Interest]] = {}
    for interest in Interest:
        for code, parties, share in _open(structure, interest, found[interest], people):
            merged.setdefault((code, parties, share), []).append(interest)
    gaps = [Gap(code, parties, share, tuple(all_)) for (code, parties, share), all_ in merged.items()]
    for owner, owned in structure.unsized:
        gaps.append(Gap("share_unknown", (owner, owned), Fraction(), tuple(Interest)))
    if nobody:
        gaps.append(Gap("no_beneficial_owner", (structure.subject,), Fraction(1), tuple(Interest)))
    return sorted(gaps, key=lambda gap: (gap.code == "no_beneficial_owner", -gap.share, gap.code, gap.parties))


def _open(
    structure: Structure, interest: Interest, found: Weights, people: Mapping[str, set[str]]
) -> list[tuple[str, tuple[str, ...], Fraction]]:
    holders = structure.holders[interest]
    circular = {member for group, _ in found.circular for member in group}
    open_ = [("circular", tuple(group), share) for group, share in found.circular if share]
    for party, weight in sorted(found.of.items()):
        if not weight or party in circular:
            continue
        kind = structure.kinds[party]
        if structure.is_passed_through(party):
            missing = 1 - sum(holders.get(party, {}).values(), Fraction())
            code = {Kind.LISTED: "free_float", Kind.UNKNOWN: "unknown_holder"}.get(kind, "unassigned")
            if missing and not _follows(structure, interest, party):
                open_.append((code, (party,), weight * missing))
        elif kind is Kind.UNKNOWN:
            open_.append(("unknown_holder", (party,), weight))
        elif kind is Kind.TRUST and not people.get(party):
            open_.append(("trust_without_parties", (party,), weight))
    return open_


def _follows(structure: Structure, interest: Interest, company: str) -> bool:
    """Rights to profit follow the capital unless they are told apart: where nobody speaks of them nothing is open."""
    told = {each for each in Interest if structure.holders[each].get(company)}
    return interest is Interest.PROFIT and bool(told) and Interest.PROFIT not in told
