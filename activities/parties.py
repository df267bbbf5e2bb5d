"""Who is judged in a case: the client, or the company with its contact and everybody behind it; and the papers of each.

A party has a code (`person`, `company`, `owner_1`, `entity_1`), a document an item code (`identity`, `identity:1` for
owner 1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from activities.owners import to_verify
from kyc.lists import Kind
from kyc.screening import Subject
from kyc.screening.subject import Identifier
from onboarding.case import Client, Company, Entity, Person
from onboarding.plan import Collect
from records.handed_in import StoredDocument

_LINE = re.compile(r"[A-Z0-9<]{28,46}")  # a line of a zone has 30, 36 or 44; a few may be lost in reading
_NAMELESS = ("unknown", "state")  # kinds of entities of which there is no name to look for


@dataclass(frozen=True)
class Party:
    """`item` is the code of the identity document that is asked of this party; companies have none."""

    code: str
    said: Person | Company | Entity
    item: str | None = None

    def subject(self) -> Subject:
        if isinstance(self.said, Company):
            return Subject.of_company(self.code, self.said)
        if isinstance(self.said, Person):
            return Subject.of_person(self.code, self.said)
        return _subject_of(self.code, self.said)


def parties_of(client: Client, on: date) -> Iterator[Party]:
    """Everybody who is screened. Who proves who they are: the beneficial owners by the rules of that day, and a
    company's contact only where there is none."""
    company = client.company
    owners = to_verify(company, on) if company else []
    yield Party("person", client.person, None if owners else "identity")
    if company:
        yield Party("company", company)
        for place, owner in enumerate(company.owners, 1):
            yield Party(f"owner_{place}", owner.person, f"identity:{place}" if place in owners else None)
        for place, entity in enumerate(company.structure.entities if company.structure else [], 1):
            if entity.name and entity.kind not in _NAMELESS:
                yield Party(f"entity_{place}", entity)


def required(collect: Collect, client: Client, on: date) -> list[str]:
    """The items that are asked for: the form, and the documents of this kind of client, `identity` for each party."""
    identities = [party.item for party in parties_of(client, on) if party.item]
    documents = [
        item
        for code in collect.documents.get(client.kind, [])
        for item in (identities if code == "identity" else [code])
    ]
    return [collect.form, *documents]


def item_of(document: StoredDocument) -> str:
    """The item that a document was handed in for."""
    number = (document.party or "").removeprefix("owner_")
    return f"{document.kind}:{number}" if number.isdigit() else document.kind


def is_identity(item: str) -> bool:
    return item.partition(":")[0] == "identity"


def zone_in(text: str) -> list[str]:
    """The lines of a machine-readable zone within a text; empty where there is none."""
    run: list[str] = []
    for line in text.splitlines():
        bare = "".join(line.split())
        if _LINE.fullmatch(bare) and "<" in bare:
            run.append(bare)
        elif len(run) >= 2:
            break
        else:
            run = []
    return run[:3] if len(run) >= 2 else []


def _subject_of(code: str, entity: Entity) -> Subject:
    """A trust is looked for among all parties: lists write some as persons' affairs and some as companies."""
    number = entity.registration_number
    return Subject(
        id=code,
        kind=Kind.PARTY if entity.kind == "trust" else Kind.COMPANY,
        names=(entity.name or "",),
        countries=(entity.country,) if entity.country else (),
        identifiers=(Identifier(kind="registration", value=number),) if number else (),
    )
