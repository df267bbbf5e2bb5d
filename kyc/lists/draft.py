"""Entries in the making: a loader adds what it reads, in any order, and gets the entry in the one shape."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from kyc.lists import countries, dates
from kyc.lists.dates import Span
from kyc.lists.entry import Entry, Identifier, Kind, Name, Office, Place, Relation
from kyc.lists.source import Gathered
from kyc.lists.version import Refused, Unread

_WEAK = ("weak", "low", "low quality", "low quality a.k.a", "false")


@dataclass
class Draft:
    """Words are taken as the publisher writes them; what is empty is ignored."""

    id: str
    kind: Kind
    file: str
    line: int
    names: list[Name] = field(default_factory=list)
    born: list[Span] = field(default_factory=list)
    birth_places: list[Place] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    genders: list[str] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    addresses: list[Place] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    offices: list[Office] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    listed: date | None = None
    notes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # what is there and could not be read

    def name(self, text: str | None, type: str = "aka", strength: str = "") -> None:
        """`strength` in the publisher's word: "Low", "weak", "false" are weak."""
        if clean := one_line(text):
            self.names.append(Name(clean, type, strength.strip().lower().rstrip(".") in _WEAK))

    def birth(self, text: str | None) -> None:
        if text and text.strip():
            span = dates.read(text)
            self.born += [span] if span else []
            self.unread += [] if span else ["birth_date"]

    def day(self, text: str | None, what: str) -> date | None:
        """The day that a text names, exactly."""
        found = on_day(text)
        self.unread += [what] if text and text.strip() and not found else []
        return found

    def birth_place(self, *parts: str | None) -> None:
        if place := _place(parts):
            self.birth_places.append(place)

    def address(self, *parts: str | None) -> None:
        if place := _place(parts):
            self.addresses.append(place)

    def country(self, *words: str | None) -> None:
        found = [countries.code(word) for word in words if word]
        self.countries += [code for code in found if code]
        self.unread += [] if all(found) else ["country"]

    def gender(self, word: str | None) -> None:
        if word and word[:1].lower() in ("m", "f"):
            self.genders.append(word[:1].lower())
        elif word:
            self.unread.append("gender")

    def number(self, kind: str, value: str | None, country: str | None = "") -> None:
        if (clean := one_line(value)) and any(c.isalnum() for c in clean):
            self.identifiers.append(Identifier(kind, clean, countries.code(country or "")))

    def note(self, text: str | None) -> None:
        if clean := one_line(text):
            self.notes.append(clean)

    def entry(self) -> Entry | None:
        """The entry, its names in the order given but the primary one first; None when it has no name."""
        names: dict[str, Name] = {}
        for name in sorted(self.names, key=lambda n: (n.type != "primary", n.weak)):
            names.setdefault(name.text, name)  # of two alike the stronger
        if not names:
            return None
        return Entry(
            id=self.id, kind=self.kind, names=tuple(names.values()), born=_once(self.born),
            birth_places=_once(self.birth_places), countries=tuple(sorted(set(self.countries))),
            gender=self.genders[0] if self.genders else "", identifiers=_once(self.identifiers),
            addresses=_once(self.addresses), programmes=_once(p for p in self.programmes if p),
            topics=_once(self.topics) or ("sanction",), offices=_once(self.offices), relations=_once(self.relations),
            listed=self.listed, note="; ".join(self.notes),
        )  # fmt: skip


def gathered(source: str, drafts: Iterable[Draft], refused: list[Refused], list_date: date | None = None) -> Gathered:
    """The entries of the drafts; one without a name is refused, and what is missing from the others is said."""
    entries: list[Entry] = []
    unread: list[Unread] = []
    for draft in drafts:
        entry = draft.entry()
        if entry:
            entries.append(entry)
            unread += [Unread(draft.file, draft.line, f"unreadable_{what}") for what in dict.fromkeys(draft.unread)]
        else:
            refused.append(Refused(draft.file, draft.line, "no_name"))
    return Gathered(source, entries, refused, list_date, unread)


_T = TypeVar("_T")


def _once(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))


def one_line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


def on_day(text: str | None) -> date | None:
    """The day that a text names, None when it names none exactly."""
    span = dates.read(text) if text else None
    return span.first if span and span.exact else None


def _place(parts: tuple[str | None, ...]) -> Place | None:
    """Parts from the smallest to the country, which is the last."""
    words = [clean for part in parts if (clean := one_line(part))]
    return Place(", ".join(words), countries.code(one_line(parts[-1]))) if words else None
