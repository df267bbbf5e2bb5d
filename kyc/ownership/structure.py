"""An ownership structure as somebody declared it, checked and made exact."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from kyc.ownership.policy import Words, plain_word, regimes, words
from kyc.ownership.words import Interest, Kind, ShareBroken, share_of
from onboarding.errors import Invalid

Holders = dict[str, dict[str, Fraction]]  # of each company: holder -> share


class StructureBroken(Invalid):
    """This is no ownership structure: it takes a subject, and holdings as [owner, owned, share]."""

    code = "structure_broken"


class OverAssigned(StructureBroken):
    """More than all of a company is held."""

    code = "over_assigned"


@dataclass
class Structure:
    """`holders[interest][company][holder]` is the holder's direct share; `stated[controller]` lists whom it controls
    by which means; `trusts[trust]` its parties with their roles; `together` those who act as one."""

    subject: str
    kinds: dict[str, Kind] = field(default_factory=dict)
    holders: dict[Interest, Holders] = field(default_factory=lambda: {each: defaultdict(dict) for each in Interest})
    stated: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    trusts: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    nominees: set[str] = field(default_factory=set)
    managers: dict[str, str] = field(default_factory=dict)
    together: list[frozenset[str]] = field(default_factory=list)
    blocked: dict[str, set[str]] = field(default_factory=dict)
    unsized: list[tuple[str, str]] = field(default_factory=list)
    category: str | None = None
    notes: list[str] = field(default_factory=list)

    def is_passed_through(self, party: str) -> bool:
        """Whether the holdings of this party are those of its own holders: companies, and nominees."""
        if party in self.nominees or party == self.subject:
            return self.kinds[party] is not Kind.TRUST
        kind = self.kinds[party]
        if kind in (Kind.LISTED, Kind.UNKNOWN):
            return any(party in self.holders[interest] for interest in Interest)
        return kind is Kind.COMPANY

    def holdings_of(self, interest: Interest) -> dict[str, dict[str, Fraction]]:
        """The other way round: of each holder, what it holds."""
        held: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for company, holders in self.holders[interest].items():
            for holder, share in holders.items():
                held[holder][company] = share
        return held


_KNOWN = {"subject", "holdings", "control", "parties", "managers", "together", "blocked", "category", "policy", "on"}


def parse(data: object) -> Structure:
    """A structure from JSON: `subject`, `holdings` [[owner, owned, share, interest?]], `control`
    [[controller, controlled, means]], `parties` {id: kind or {kind, trust roles}}, `managers` [id or [id, role]],
    `together` [[id, …]], `blocked` [id] or {regime: [id]}, `category`. Raises StructureBroken, ShareBroken."""
    if not isinstance(data, Mapping):
        raise StructureBroken
    structure = Structure(subject=_id(data.get("subject"), "subject"))
    structure.notes += [f"not used: {str(key)[:60]}" for key in data if key not in _KNOWN]
    structure.category = data.get("category")
    parties = _mapping(data.get("parties"), "parties")
    vocabulary = words()
    declared = {_id(party, "parties"): _kind(value, vocabulary) for party, value in parties.items()}
    for edge in _rows(data.get("control"), "control"):
        _control(structure, edge, vocabulary)
    _holdings(structure, _rows(data.get("holdings"), "holdings"))
    _settle_kinds(structure, declared)
    _trusts(structure, parties, vocabulary)
    _people(structure, data)
    _check(structure)
    return structure


def _id(value: object, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise StructureBroken(f"{where}: an id is a text that is not empty")
    return value


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise StructureBroken(f"{where}: an object is expected")
    return value


def _rows(value: object, where: str) -> Iterator[list[object]]:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise StructureBroken(f"{where}: a list of lists is expected")
    yield from value


def _kind(value: object, vocabulary: Words) -> Kind | None:
    word = value.get("kind", value.get("type")) if isinstance(value, Mapping) else value
    if word is None:
        roles = {plain_word(str(key)) for key in value} if isinstance(value, Mapping) else set()
        return None if roles.isdisjoint(vocabulary.trust_roles) else Kind.TRUST
    kind = vocabulary.kind(word) if isinstance(word, str) else None
    if kind is None:
        raise StructureBroken(f"parties: a kind is one of {', '.join(Kind)}")
    return kind


def _holdings(structure: Structure, rows: Iterable[list[object]]) -> None:
    """Shares without an interest count for all three; one with an interest stands for this one instead."""
    plain: Holders = defaultdict(lambda: defaultdict(Fraction))
    special: dict[Interest, Holders] = {each: defaultdict(lambda: defaultdict(Fraction)) for each in Interest}
    for place, row in enumerate(rows, start=1):
        if len(row) not in (3, 4):
            raise StructureBroken(f"holdings: entry {place} is not [owner, owned, share]")
        owner, owned = _id(row[0], f"holdings: entry {place}"), _id(row[1], f"holdings: entry {place}")
        if row[2] is None:
            structure.unsized.append((owner, owned))
            continue
        try:
            share = share_of(row[2])
        except ShareBroken as error:
            raise ShareBroken(f"holdings: entry {place}: {error.message}") from error
        (special[_interest(row[3], place)] if len(row) == 4 else plain)[owned][owner] += share
    for interest in Interest:
        merged = structure.holders[interest]
        for source in (plain, special[interest]):
            for owned, holders in source.items():
                merged.setdefault(owned, {}).update(holders)


def _interest(word: object, place: int) -> Interest:
    try:
        return Interest(str(word))
    except ValueError:
        raise StructureBroken(f"holdings: entry {place}: an interest is one of {', '.join(Interest)}") from None


def _control(structure: Structure, row: list[object], vocabulary: Words) -> None:
    """A stated means of control; a manager is none, and a nominee's holdings are the nominator's own."""
    if len(row) not in (2, 3):
        raise StructureBroken("control: an entry is [controller, controlled, means]")
    controller, controlled = _id(row[0], "control"), _id(row[1], "control")
    means = str(row[2]) if len(row) == 3 else "stated"
    if plain_word(means) in vocabulary.managers:
        if controlled == structure.subject:
            structure.managers[controller] = means
    elif plain_word(means) in vocabulary.nominees:
        structure.nominees.add(controlled)
        for interest in Interest:
            structure.holders[interest].setdefault(controlled, {})[controller] = Fraction(1)
    else:
        structure.stated[controller].append((controlled, means))


def _settle_kinds(structure: Structure, declared: Mapping[str, Kind | None]) -> None:
    """What was declared; else the subject, and what somebody owns, is a company, and the rest are persons."""
    owned = {company for interest in Interest for company in structure.holders[interest]} - structure.nominees
    owned |= {company for _, company in structure.unsized}
    named = {holder for interest in Interest for row in structure.holders[interest].values() for holder in row}
    named |= (
        {owner for owner, _ in structure.unsized} | owned | structure.nominees | set(declared) | {structure.subject}
    )
    named |= set(structure.stated) | {controlled for rows in structure.stated.values() for controlled, _ in rows}
    for party in sorted(named | set(structure.managers)):
        natural = Kind.COMPANY if party in owned or party == structure.subject else Kind.PERSON
        structure.kinds[party] = declared.get(party) or natural
        if structure.kinds[party] in (Kind.PERSON, Kind.STATE) and (party in owned or party == structure.subject):
            raise StructureBroken(f"{party}: a {structure.kinds[party]} cannot be owned")
    controlled = {each for rows in structure.stated.values() for each, _ in rows}
    for party in sorted(controlled - set(declared)):
        if structure.kinds[party] is Kind.PERSON:
            structure.notes.append(f"{party} is controlled, yet taken for a person: say in parties what it is")


def _trusts(structure: Structure, parties: Mapping[str, object], vocabulary: Words) -> None:
    """The parties of a trust: who is named in a role, who holds of it, who controls it. Each has the whole of it."""
    for trust in [party for party, kind in structure.kinds.items() if kind is Kind.TRUST]:
        roles = structure.trusts[trust]
        for interest in Interest:
            roles.update(dict.fromkeys(structure.holders[interest].pop(trust, {}), "party"))
        for controller, rows in structure.stated.items():
            for means in [means for controlled, means in rows if controlled == trust]:
                roles[controller] = means
        value = parties.get(trust)
        for role, named in value.items() if isinstance(value, Mapping) else ():
            if plain_word(str(role)) in vocabulary.trust_roles:
                listed = named if isinstance(named, list) else [named]
                roles.update({_id(each, "parties"): str(role) for each in listed})
        for party in roles:
            structure.kinds.setdefault(party, Kind.PERSON)


def _people(structure: Structure, data: Mapping[str, object]) -> None:
    managers = data.get("managers") or []
    groups = list(_rows(data.get("together"), "together"))
    if not isinstance(managers, list):
        raise StructureBroken("managers: a list is expected")
    for manager in managers:
        named = manager if isinstance(manager, list) else [manager]
        structure.managers[_id(named[0] if named else None, "managers")] = (
            str(named[1]) if len(named) > 1 else "manager"
        )
    structure.together = [frozenset(_id(each, "together") for each in group) for group in groups]
    listed = data.get("blocked") or {}
    by_regime = listed if isinstance(listed, Mapping) else dict.fromkeys(regimes(), listed)
    for regime, ids in by_regime.items():
        if regime not in regimes() or not isinstance(ids, list):
            raise StructureBroken(f"blocked: a list of ids, or lists by regime: {', '.join(regimes())}")
        structure.blocked[regime] = {_id(each, "blocked") for each in ids}
    for party in [*structure.managers, *(each for group in structure.together for each in group)]:
        structure.kinds.setdefault(party, Kind.PERSON)
    for party in sorted(set().union(*structure.blocked.values()) - set(structure.kinds)):
        raise StructureBroken(f"blocked: nobody in the structure has the id {party[:60]!r}; capitals count")


def _check(structure: Structure) -> None:
    if structure.category is not None and not isinstance(structure.category, str):
        raise StructureBroken("category: a text is expected")
    for interest in Interest:
        for company, holders in structure.holders[interest].items():
            held = sum(holders.values())
            if held > 1:
                raise OverAssigned(f"{company}: {float(held) * 100:.10g} % of the {interest} is held")
            for holder in [holder for holder, share in holders.items() if share == 0]:
                del holders[holder]
