"""Beneficial owners by ownership, by control, and where both meet in one chain (AMLR Art. 51 to 54)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypedDict, Unpack

from kyc.ownership.control import Step, chain, dominated, is_entity, ties
from kyc.ownership.gaps import Gap, find_gaps
from kyc.ownership.paths import Paths, simple_paths
from kyc.ownership.policy import MAJORITY, Ground, OwnershipPolicy
from kyc.ownership.policy import policy as policy_of
from kyc.ownership.shares import Weights, weights
from kyc.ownership.structure import Structure
from kyc.ownership.words import Interest, Kind

Path = tuple[tuple[str, ...], Fraction]
Shares = dict[Interest, dict[str, Fraction]]  # of the subject, by person


@dataclass(frozen=True)
class Reason:
    """One ground with what it rests on: the share that reaches the bar, whom it runs through, the steps of control."""

    ground: Ground
    article: str
    share: Fraction = Fraction()
    interest: Interest | None = None
    through: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class _Rest(TypedDict, total=False):
    """Of a reason: what it rests on."""

    share: Fraction
    interest: Interest | None
    through: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Owner:
    """A beneficial owner. `paths` are the simple ones of `interest`; with `through_cycles` and, where there are too
    many to list, `further_paths` they add up to `share`."""

    person: str
    reasons: tuple[Reason, ...]
    interest: Interest
    share: Fraction
    paths: tuple[Path, ...] = ()
    through_cycles: Fraction = Fraction()
    further_paths: Fraction = Fraction()

    @property
    def ground(self) -> Ground:
        return self.reasons[0].ground


@dataclass(frozen=True)
class Ownership:
    """What a structure comes to. `shares[interest][person]` is the share of the subject; `others` are states, listed
    companies and trusts that the holdings end at; `managers_only` says that nobody was found but the managers."""

    structure: Structure
    policy: OwnershipPolicy
    shares: Shares
    owners: list[Owner]
    others: dict[str, Fraction]
    gaps: list[Gap]

    @property
    def managers_only(self) -> bool:
        return any(owner.ground is Ground.SENIOR_MANAGER for owner in self.owners)


def beneficial_owners(structure: Structure, on: date, policy: str | None = None) -> Ownership:
    """The owners by the policy named, or the one in force on that day. Raises OwnershipPolicyUnknown."""
    inquiry = _Inquiry(structure, policy_of(on, policy))
    inquiry.settle_trusts()
    reasons = inquiry.reasons(structure.subject)
    shares = {interest: inquiry.shares(structure.subject, interest) for interest in Interest}
    owners = [inquiry.owner(person, tuple(grounds), shares) for person, grounds in sorted(reasons.items())]
    found = {interest: inquiry.weights(structure.subject, interest) for interest in Interest}
    return Ownership(
        structure=structure,
        policy=inquiry.policy,
        shares=shares,
        owners=sorted(owners, key=lambda owner: (-owner.share, owner.person)) or inquiry.managers(),
        others=_others(structure, found[Interest.CAPITAL]),
        gaps=find_gaps(structure, found, inquiry.people, nobody=not owners),
    )


@dataclass
class _Inquiry:
    """The questions about one structure under one policy, with what was worked out so far."""

    structure: Structure
    policy: OwnershipPolicy
    people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _weights: dict[tuple[str, Interest], Weights] = field(default_factory=dict)
    _found_paths: dict[Interest, Paths] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bar = self.policy.bar(self.structure.category)
        self.ties = ties(self.structure)
        plain = self.structure.holders[Interest.CAPITAL]
        self.like_capital = {each for each in Interest if self.structure.holders[each] == plain}
        self.distinct = [each for each in Interest if each is Interest.CAPITAL or each not in self.like_capital]
        self.control_bars = dict.fromkeys(self.policy.rules.control_interests, MAJORITY)

    def weights(self, company: str, interest: Interest) -> Weights:
        interest = Interest.CAPITAL if interest in self.like_capital else interest  # mostly all three are the same
        key = company, interest
        if key not in self._weights:
            self._weights[key] = weights(self.structure, company, interest)
        return self._weights[key]

    def shares(self, company: str, interest: Interest) -> dict[str, Fraction]:
        """Each person's share of the company; whoever is a party of a trust has the whole of what it holds."""
        shares: dict[str, Fraction] = defaultdict(Fraction)
        for party, weight in self.weights(company, interest).of.items():
            if self.structure.kinds[party] is Kind.TRUST:
                for person in self.people[party]:
                    shares[person] += weight
            elif self.is_person(party):
                shares[party] += weight
        return dict(shares)

    def is_person(self, party: str) -> bool:
        return self.structure.kinds[party] is Kind.PERSON and party not in self.structure.nominees

    def settle_trusts(self) -> None:
        """The natural persons of each trust; a company that is a party stands for its own beneficial owners."""
        changed = True
        while changed:
            changed = False
            for trust, parties in self.structure.trusts.items():
                found = {person for party in parties for person in self._persons_of(party)}
                changed = changed or not found <= self.people[trust]
                self.people[trust] |= found

    def _persons_of(self, party: str) -> Iterable[str]:
        if self.is_person(party):
            return [party]
        if self.structure.kinds[party] is Kind.TRUST:
            return self.people[party]
        return self.reasons(party) if is_entity(self.structure, party) else ()

    def reasons(self, company: str) -> dict[str, list[Reason]]:
        """The beneficial owners of a company and why; ownership first, then control, then where both meet."""
        if self.structure.kinds[company] is Kind.TRUST:
            party = self._reason(Ground.TRUST_PARTY, share=Fraction(1))
            return {person: [party] for person in sorted(self.people[company])}
        reasons: dict[str, list[Reason]] = defaultdict(list)
        found = [*self._owning(company), *self._controlling(company), *self._owning_controllers(company)]
        for person, reason in found:
            reasons[person].append(reason)
        return dict(reasons)

    def _reason(self, ground: Ground, **rest: Unpack[_Rest]) -> Reason:
        return Reason(ground=ground, article=self.policy.rules.articles[ground], **rest)

    def _owning(self, company: str) -> Iterator[tuple[str, Reason]]:
        for person, interest, share in self._interests(company):
            yield person, self._reason(Ground.OWNERSHIP, share=share, interest=interest)

    def _interests(self, company: str) -> Iterator[tuple[str, Interest, Fraction]]:
        """Who reaches the bar, by which interest; one that says the same as capital is not repeated."""
        seen: set[tuple[str, Fraction]] = set()
        for interest in self.distinct:
            for person, share in sorted(self.shares(company, interest).items()):
                if self.bar.reached(share) and (person, share) not in seen:
                    seen.add((person, share))
                    yield person, interest, share

    def _controlling(self, company: str) -> Iterator[tuple[str, Reason]]:
        """Who controls the company, alone or acting together; and who controls those that hold of it directly."""
        persons = [frozenset([party]) for party in sorted(self._above(company)) if self.is_person(party)]
        for seeds in [*persons, *self.structure.together]:
            under = dominated(seeds, self.ties, self.control_bars)
            reason = self._control(company, under) or self._direct(company, under)
            for person in sorted(seeds) if reason else ():
                if reason and self.is_person(person):
                    yield person, reason

    def _control(self, company: str, under: dict[str, Step]) -> Reason | None:
        if company not in under:
            return None
        steps = tuple(chain(under, company))
        return self._reason(Ground.CONTROL, share=under[company].share, interest=under[company].interest, steps=steps)

    def _direct(self, company: str, under: dict[str, Step]) -> Reason | None:
        """Entities under control that hold of the company directly, alone or taken together."""
        for interest in self.distinct:
            holders = self.structure.holders[interest].get(company, {})
            held = {holder: holders[holder] for holder in under if holder in holders}
            if self.bar.reached(total := sum(held.values(), Fraction())):
                steps = tuple(step for holder in sorted(held) for step in chain(under, holder))
                through = tuple(sorted(held))
                return self._reason(
                    Ground.CONTROLS_DIRECT_HOLDER, share=total, interest=interest, through=through, steps=steps
                )
        return None

    def _owning_controllers(self, company: str) -> Iterator[tuple[str, Reason]]:
        """Who has an ownership interest in an entity that controls the company."""
        entities = [
            each for each in sorted(self._above(company)) if is_entity(self.structure, each) and each != company
        ]
        for entity in entities:
            under = dominated([entity], self.ties, self.control_bars)
            if company not in under:
                continue
            steps = tuple(chain(under, company))
            for interest in Interest:
                for person, share in sorted(self.shares(entity, interest).items()):
                    if self.bar.reached(share):
                        yield (
                            person,
                            self._reason(
                                Ground.OWNS_CONTROLLER, share=share, interest=interest, through=(entity,), steps=steps
                            ),
                        )

    def _above(self, company: str) -> set[str]:
        """Everybody who has to do with the company through holdings, control or a trust."""
        upward: dict[str, set[str]] = defaultdict(set)
        for interest in Interest:
            for owned, holders in self.structure.holders[interest].items():
                upward[owned] |= set(holders)
        for trust, parties in self.structure.trusts.items():
            upward[trust] |= set(parties)
        for controller, rows in self.structure.stated.items():
            for controlled, _ in rows:
                upward[controlled].add(controller)
        above, queue = set(upward[company]), sorted(upward[company])
        for party in queue:
            queue += sorted(upward[party] - above)
            above |= upward[party]
        return above

    def owner(self, person: str, reasons: tuple[Reason, ...], shares: Shares) -> Owner:
        """With the paths of the interest that the person has most of; capital where they are equal."""
        held = {interest: shares[interest].get(person, Fraction()) for interest in self.distinct}
        interest = max(self.distinct, key=lambda each: held[each])
        found = self._paths(interest)
        paths = list(found.to[person])
        for trust in sorted(self.people):
            if person in self.people[trust]:
                paths += [((person, *path), share) for path, share in found.to[trust]]
        rest = held[interest] - sum((share for _, share in paths), Fraction())
        return Owner(
            person=person,
            reasons=reasons,
            interest=interest,
            share=held[interest],
            paths=tuple(paths),
            through_cycles=rest if found.complete else Fraction(),
            further_paths=Fraction() if found.complete else rest,
        )

    def _paths(self, interest: Interest) -> Paths:
        if interest not in self._found_paths:
            self._found_paths[interest] = simple_paths(self.structure, self.structure.subject, interest)
        return self._found_paths[interest]

    def managers(self) -> list[Owner]:
        """The fallback where nobody owns or controls enough."""
        reason = self._reason(Ground.SENIOR_MANAGER)
        return [
            Owner(person=person, reasons=(reason,), interest=Interest.CAPITAL, share=self._small(person))
            for person in sorted(self.structure.managers)
        ]

    def _small(self, person: str) -> Fraction:
        return self.shares(self.structure.subject, Interest.CAPITAL).get(person, Fraction())


def _others(structure: Structure, found: Weights) -> dict[str, Fraction]:
    ends = (Kind.STATE, Kind.LISTED, Kind.TRUST)
    return {
        party: weight
        for party, weight in sorted(found.of.items())
        if structure.kinds[party] in ends and not structure.is_passed_through(party) and party != structure.subject
    }
