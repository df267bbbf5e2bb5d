"""What a watch list says, in one shape for every publisher: an entry with its names, dates, numbers and reasons."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from kyc.lists.dates import Span


class Kind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"
    PARTY = "party"  # a person or a company: the source does not say which

    __hash__ = str.__hash__  # Enum's own is slow, and a kind is part of what readings of names are remembered by

    @classmethod
    def of(cls, word: str) -> "Kind":
        """Reads a publisher's word for what something is; a word that is not known means that it was not said."""
        return _KINDS.get(word.strip().casefold(), cls.PARTY)

    @classmethod
    def known(cls, word: str) -> bool:
        return word.strip().casefold() in _KINDS

    def meets(self, other: "Kind") -> bool:
        """Whether one thing can be both: a company is never a vessel, an undeclared party may be either."""
        legal = {Kind.PERSON, Kind.COMPANY}
        return self == other or (self == Kind.PARTY and other in legal) or (other == Kind.PARTY and self in legal)


_KINDS = {
    "person": Kind.PERSON, "individual": Kind.PERSON, "p": Kind.PERSON, "natural person": Kind.PERSON,
    "company": Kind.COMPANY, "organization": Kind.COMPANY, "organisation": Kind.COMPANY, "entity": Kind.COMPANY,
    "enterprise": Kind.COMPANY, "e": Kind.COMPANY, "publicbody": Kind.COMPANY, "business": Kind.COMPANY,
    "vessel": Kind.VESSEL, "ship": Kind.VESSEL, "aircraft": Kind.AIRCRAFT, "airplane": Kind.AIRCRAFT,
    "legalentity": Kind.PARTY, "party": Kind.PARTY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """`weak` marks an alias that the publisher calls low quality: it needs another agreeing attribute to match."""

    text: str
    type: str = "primary"  # primary, aka, fka, maiden, original
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Identifier:
    kind: str  # passport, national_id, tax_id, registration, lei, bic, imo, mmsi, tail, wallet, email, phone, other
    value: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    text: str
    country: str = ""  # ISO 3166-1 alpha-2, empty when it is not known


@dataclass(frozen=True, slots=True)
class Office:
    """A public office that makes its holder politically exposed, and until when."""

    title: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    role: str  # family, associate, linked
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`id` is the publisher's own, after the source: `ofac-sdn:2676`. `topics`: sanction, pep, pep.related, crime."""

    id: str
    kind: Kind
    names: tuple[Name, ...]
    born: tuple[Span, ...] = ()
    birth_places: tuple[Place, ...] = ()
    countries: tuple[str, ...] = ()
    gender: str = ""  # m, f or empty
    identifiers: tuple[Identifier, ...] = ()
    addresses: tuple[Place, ...] = ()
    programmes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ("sanction",)
    offices: tuple[Office, ...] = ()
    relations: tuple[Relation, ...] = ()
    listed: date | None = None
    note: str = field(default="")

    @property
    def name(self) -> str:
        return self.names[0].text

    @property
    def hash(self) -> str:
        """Hash over what the entry says, without the id under which it says it."""
        return hashlib.sha256(_canonical(self._said() | {"id": ""})).hexdigest()[:32]

    def to_json(self) -> bytes:
        return _canonical(self._said())

    def _said(self) -> dict[str, Any]:
        """What the entry says; `topics` always, since its default is not empty."""
        said = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in said.items() if value or name == "topics"}

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        return cls.from_raw(json.loads(text))

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> Self:
        """An entry from its parts, as `to_json` writes them."""
        parts: dict[str, Any] = {key: tuple(raw[key]) for key in _PLAIN if key in raw}
        parts |= {key: tuple([shape(**item) for item in raw[key]]) for key, shape in _NESTED.items() if key in raw}
        plain = {key: raw[key] for key in ("gender", "note") if key in raw}
        listed = date.fromisoformat(raw["listed"]) if raw.get("listed") else None
        return cls(id=raw.get("id", ""), kind=Kind(raw["kind"]), listed=listed, **parts, **plain)


def _span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


def _office(title: str, start: str | None, end: str | None) -> Office:
    return Office(title, date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)


_NESTED: dict[str, Callable[..., Any]] = {
    "names": Name, "born": _span, "birth_places": Place, "identifiers": Identifier,
    "addresses": Place, "offices": _office, "relations": Relation,
}  # fmt: skip
_PLAIN = ("countries", "programmes", "topics")


def _canonical(content: dict[str, Any]) -> bytes:
    return _ENCODER.encode(content).encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else {name: getattr(value, name) for name in value.__slots__}


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
