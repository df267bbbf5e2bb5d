"""Who is judged in a case: the client, or the company with its contact and its owners; and the papers of each.

A party has a code (`person`, `company`, `owner_1`), a document an item code (`identity`, `identity:1` for owner 1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kyc.screening import Subject
from onboarding.case import Client, Company, Person
from onboarding.plan import Collect
from records.handed_in import StoredDocument

_LINE = re.compile(r"[A-Z0-9<]{28,46}")  # a line of a zone has 30, 36 or 44; a few may be lost in reading


@dataclass(frozen=True)
class Party:
    """`item` is the code of the identity document that is asked of this party; companies have none."""

    code: str
    said: Person | Company
    item: str | None = None

    def subject(self) -> Subject:
        if isinstance(self.said, Company):
            return Subject.of_company(self.code, self.said)
        return Subject.of_person(self.code, self.said)


def parties_of(client: Client) -> Iterator[Party]:
    """Everybody who is screened. A company's contact proves who they are only where no owner does."""
    company = client.company
    owners = company.owners if company else []
    yield Party("person", client.person, None if owners else "identity")
    if company:
        yield Party("company", company)
    for number, owner in enumerate(owners, 1):
        yield Party(f"owner_{number}", owner.person, f"identity:{number}")


def required(collect: Collect, client: Client) -> list[str]:
    """The items that are asked for: the form, and the documents of this kind of client, `identity` for each party."""
    identities = [party.item for party in parties_of(client) if party.item]
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
