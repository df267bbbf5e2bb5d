"""Who holds how much of whom, as lines that a client fills in, and as the structure that the profile form takes.

What somebody holds of the company directly stands with the owners there and is a line like any other here; an owner
of whom nothing is said stays one of whom nothing is said. Control by a stated means has lines of its own, and senior
managers are marked. Parts of a structure that have no line (other means, who acts together, votes apart) are kept.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kyc import countries
from kyc.ownership.words import ShareBroken, share_of
from onboarding.case import Share

COMPANY = "company"
KINDS = ("company", "trust", "state", "listed", "unknown")  # of what stands between
MEANS = ("voting_agreement", "right_to_appoint", "other_means")  # of control that needs no holding
_LINES = (*MEANS, "", None)  # what has a line here, be it one to mend
MOST = 100  # lines of each kind
_SHARE = TypeAdapter(Share)
Said = Mapping[str, list[str]]


@dataclass
class Entity:
    """`faults` are codes of what is wrong with this line."""

    name: str = ""
    kind: str = COMPANY
    country: str = ""
    registration_number: str = ""
    faults: list[str] = field(default_factory=list)


@dataclass
class Holding:
    """`owner` holds `share` of `owned`; both are codes of parties."""

    owner: str = ""
    share: str = ""
    owned: str = COMPANY
    faults: list[str] = field(default_factory=list)


@dataclass
class Control:
    """`controller` has its way in `controlled` by one of MEANS."""

    controller: str = ""
    means: str = ""
    controlled: str = COMPANY
    faults: list[str] = field(default_factory=list)


@dataclass
class Lines:
    """`owners` are the persons of the profile form, in its order, `managers` the codes of those who run the company;
    `rest` is what has no line."""

    owners: list[dict[str, Any]]
    entities: list[Entity]
    holdings: list[Holding]
    control: list[Control]
    managers: list[str]
    rest: dict[str, Any]

    @classmethod
    def of(cls, company: Mapping[str, Any]) -> "Lines":
        """The lines of a company as the profile form has it."""
        owners, said = [*(company.get("owners") or [])], company.get("structure") or {}
        direct = [
            Holding(f"owner_{place}", _text(owner, "share"))
            for place, owner in enumerate(owners, 1)
            if owner.get("share")
        ]
        listed = _objects(said.get("holdings"))
        held = [
            Holding(_text(each, "owner"), _text(each, "share"), _text(each, "owned"))
            for each in listed
            if not each.get("interest")
        ]
        stated = _objects(said.get("control"))
        control = [
            Control(_text(each, "controller"), _text(each, "means"), _text(each, "controlled"))
            for each in stated
            if each.get("means") in _LINES
        ]
        managers = said.get("managers")
        running: list[Any] = managers if isinstance(managers, list) else []
        persons = [f"owner_{place}" for place in range(1, len(owners) + 1)]
        rest = {name: value for name, value in said.items() if value and isinstance(value, list)} | {
            "holdings": [each for each in listed if each.get("interest")],
            "control": [each for each in stated if each.get("means") not in _LINES],
            "managers": [each for each in running if each not in persons],
        }
        rest = {name: value for name, value in rest.items() if value and name != "entities"}
        entities = [
            Entity(_text(e, "name"), _text(e, "kind") or COMPANY, _text(e, "country"), _text(e, "registration_number"))
            for e in _objects(said.get("entities"))
        ]
        return cls(owners, entities, [*direct, *held], control, [p for p in persons if p in running], rest)

    @property
    def persons(self) -> list[str]:
        """The codes of the owners, in their order."""
        return [f"owner_{place}" for place in range(1, len(self.owners) + 1)]

    @property
    def mark(self) -> str:
        """Tells whether the codes of the owners still mean the same people, without telling who they are."""
        persons = json.dumps([owner.get("person") for owner in self.owners], sort_keys=True)
        return sha256(persons.encode()).hexdigest()[:16]

    def told(self, said: Said) -> "Lines":
        """The lines as the page says them. Empty ones are left out, and codes are those of what is left."""
        columns = [said.get(f"entity_{name}", []) for name in ("name", "kind", "country", "registration_number")]
        entities = [_entity(*each) for each in zip(*columns, strict=False)][:MOST]
        rows = zip(*(said.get(f"holding_{name}", []) for name in ("owner", "share", "owned")), strict=False)
        holdings = [Holding(owner, percent(share.strip()), owned) for owner, share, owned in rows]
        meant = [each for each in holdings if each.owner or each.share][:MOST]
        ruling = zip(*(said.get(f"control_{name}", []) for name in ("controller", "means", "controlled")), strict=False)
        control = [Control(who, how if how in MEANS else "", of) for who, how, of in ruling if who or how][:MOST]
        named = {each.owner for each in meant} | {each.owned for each in meant}
        named |= {each.controller for each in control} | {each.controlled for each in control}
        kept = [place for place, each in enumerate(entities, 1) if each != Entity() or f"entity_{place}" in named]
        codes = {f"entity_{old}": f"entity_{new}" for new, old in enumerate(kept, 1)}
        codes |= {f"entity_{place}": "" for place in range(1, MOST + 1) if place not in kept}
        moved = [Holding(codes.get(e.owner, e.owner), e.share, codes.get(e.owned, e.owned)) for e in meant]
        ruled = [
            Control(codes.get(e.controller, e.controller), e.means, codes.get(e.controlled, e.controlled))
            for e in control
        ]
        managers = [code for code in self.persons if code in said.get("manager", [])]
        left = [entities[place - 1] for place in kept]
        return Lines(self.owners, left, moved, ruled, managers, renumbered(self.rest, codes))

    def form(self) -> dict[str, Any]:
        """The part of the profile form that this is: its owners, with what they hold directly, and its structure. Who
        has no line is without a share: nobody has said that it is none."""
        persons = self.persons
        direct: dict[str, str] = {}
        between: list[dict[str, str]] = []
        for each in self.holdings:
            if each.owned == COMPANY and each.owner in persons and each.owner not in direct and each.share:
                direct[each.owner] = each.share
            else:
                between.append(_filled(owner=each.owner, share=each.share, owned=each.owned))
        owners = [
            {name: value for name, value in owner.items() if name != "share"} | _filled(share=direct.get(code, ""))
            for code, owner in zip(persons, self.owners, strict=True)
        ]
        entities = [
            _filled(name=e.name, kind=e.kind, country=e.country, registration_number=e.registration_number)
            for e in self.entities
        ]
        control = [_filled(controller=e.controller, controlled=e.controlled, means=e.means) for e in self.control]
        here: dict[str, list[Any]] = {"holdings": between, "control": control, "managers": self.managers}
        joined = {name: [*lines, *self.rest.get(name, [])] for name, lines in here.items()}
        return {"owners": owners, "structure": self.rest | {"entities": entities} | joined}

    def check(self) -> bool:
        """Notes at each line what is wrong with it; whether nothing is."""
        for entity in self.entities:
            entity.faults = list(_faults_of_entity(entity))
        firms = {COMPANY, *(f"entity_{place}" for place in range(1, len(self.entities) + 1))}
        known = firms | set(self.persons)
        pairs = Counter((each.owner, each.owned) for each in self.holdings)
        for each in self.holdings:
            each.faults = list(_faults_of_holding(each, known, pairs))
        for each in _too_much(self.holdings):
            each.faults.append("shares_exceed_whole")
        ties = Counter((each.controller, each.controlled) for each in self.control)
        for tie in self.control:
            tie.faults = list(_faults_of_control(tie, known, firms, ties))
        every: list[Entity | Holding | Control] = [*self.entities, *self.holdings, *self.control]
        return not any(line.faults for line in every)


def renumbered(structure: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, Any]:
    """A structure whose parties have these codes now; what speaks of one that is gone (empty code) is left out."""
    moved: dict[str, Any] = {}
    for part, value in structure.items():
        if not isinstance(value, list):
            continue  # a draft may hold anything
        if part == "together":  # who is left of a group still acts together
            value = [left for group in value if len(left := _staying(group, codes)) > 1]
        moved[part] = [_moved(each, codes) for each in value if not _gone(each, codes)] if part != "entities" else value
    return moved


def _staying(group: Any, codes: Mapping[str, str]) -> list[Any]:
    return [each for each in group if not _gone(each, codes)] if isinstance(group, list) else []


def _moved(said: Any, codes: Mapping[str, str]) -> Any:
    if isinstance(said, dict):
        return {name: _moved(value, codes) for name, value in said.items()}
    if isinstance(said, list):
        return [_moved(each, codes) for each in said]
    return codes.get(said, said) if isinstance(said, str) else said


def _gone(said: Any, codes: Mapping[str, str]) -> bool:
    if isinstance(said, dict):
        return any(_gone(value, codes) for value in said.values())
    if isinstance(said, list):
        return any(_gone(each, codes) for each in said)
    return isinstance(said, str) and codes.get(said) == ""


def _objects(said: object) -> list[dict[str, Any]]:
    """A draft may hold anything: nobody checks it before it is sent."""
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _text(said: Mapping[str, Any], name: str) -> str:
    return str(said.get(name) or "")


def _entity(name: str, kind: str, country: str, number: str) -> Entity:
    return Entity(name.strip(), kind if kind in KINDS else COMPANY, country.strip().upper(), number.strip())


def _filled(**said: str) -> dict[str, str]:
    return {name: value for name, value in said.items() if value}


def percent(text: str) -> str:
    """A bare number is meant in percent; a comma is a point, and blanks mean nothing."""
    bare = text.replace(" ", "").replace(",", ".")
    return bare if not bare or bare.endswith("%") or "/" in bare else f"{bare}%"


def _faults_of_entity(entity: Entity) -> Iterator[str]:
    if not entity.name and entity.kind != "unknown":
        yield "entity_name_missing"
    if entity.country and not countries.is_country(entity.country):
        yield "unknown_country"


def _faults_of_holding(each: Holding, known: set[str], pairs: Counter[tuple[str, str]]) -> Iterator[str]:
    if each.owner not in known or each.owned not in known:
        yield "holder_missing"
    elif each.owner == each.owned:
        yield "holds_itself"
    elif pairs[each.owner, each.owned] > 1:
        yield "line_repeated"
    if not each.share:
        yield "share_missing"
    elif _fraction(each) is None:
        yield "share_invalid"


def _faults_of_control(
    each: Control, known: set[str], firms: set[str], ties: Counter[tuple[str, str]]
) -> Iterator[str]:
    if each.controller not in known or each.controlled not in firms:
        yield "controller_missing"
    elif each.controller == each.controlled:
        yield "controls_itself"
    elif ties[each.controller, each.controlled] > 1:
        yield "control_repeated"
    if each.means not in MEANS:
        yield "means_missing"


def _too_much(holdings: list[Holding]) -> list[Holding]:
    """The lines of every company of which more is held than there is."""
    held: dict[str, Fraction] = defaultdict(Fraction)
    for each in holdings:
        held[each.owned] += _fraction(each) or 0
    return [each for each in holdings if held[each.owned] > 1]


def _fraction(each: Holding) -> Fraction | None:
    try:
        return share_of(_SHARE.validate_python(each.share))
    except (ValidationError, ShareBroken):
        return None
