"""What is known of each party, compared: the findings that a reviewer must judge, with the evidence they rest on.

Evidence holds personal data and is sealed at once; codes and keys hold none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from activities.parties import Party, is_identity, item_of
from activities.profile import share_of
from kyc import evidence, mrz
from kyc.evidence import Finding, Matrix, Statement
from kyc.rating import RiskFacts
from kyc.screening import Hit, Screening
from onboarding.case import Client, Company, Person
from records.handed_in import StoredDocument

SANCTION = "list_hit"  # the kind of signal that forbids an approval once it is confirmed
_QUALITY = (  # the worst that was found tells how good the documents are
    ("conflict", ("_differs",)),
    ("expired", ("document_expired",)),
    ("unverified", ("zone_not_read", "zone_invalid", "zone_doubtful", "document_expiry_unknown")),
    ("near", ("_near",)),
)


class Paper(NamedTuple):
    """An accepted document and the lines of its zone, none when it has or shows none."""

    document: StoredDocument
    lines: list[str]


@dataclass(frozen=True)
class Found:
    """One finding of one party. The same `key` is the same finding, in whatever round it is found again."""

    key: str
    party: str
    kind: str
    code: str
    evidence: dict[str, object]


def compared(party: Party, papers: Sequence[Paper], today: date) -> Iterator[Found]:
    """Declared data against the documents of a party, field by field, and what each says of itself."""
    mine = [paper for paper in papers if party.item and item_of(paper.document) == party.item]
    table = evidence.matrix(party.said, list(_statements(mine, today)))
    found = [*evidence.findings(table, today), *_alone(party.said), *_unread(party, mine)]
    for each in found:
        key = f"{party.code}:{each.code}:{each.field}:{each.document or ''}"
        yield Found(key, party.code, "evidence", each.code, _shown(table, each))


def listed(screening: Screening) -> Iterator[Found]:
    """The entries that match a party: a new version of an entry is a new finding."""
    for hit in screening.hits:
        key = f"{screening.subject}:hit:{hit.entry}:{hit.content}"
        shown: dict[str, object] = hit.model_dump(mode="json") | {"words": hit.explanation.words}
        yield Found(key, screening.subject, _kind(hit), f"{_kind(hit)}", shown)


def _kind(hit: Hit) -> str:
    """Listed for sanctions, or for another reason that needs a look, such as a public office."""
    return SANCTION if "sanction" in hit.topics else "pep_hit" if "pep" in hit.topics else "other_hit"


def risk_facts(
    client: Client, codes: Sequence[str], kinds: Sequence[str], open_signals: int, product: str | None, on: date
) -> RiskFacts:
    """What the rating rests on. `codes` and `kinds` are those of all signals that nobody cleared."""
    return RiskFacts(
        on=on,
        countries=sorted(_countries(client)),
        client_type=client.kind,
        product=product,
        channel="remote_unverified" if "zone_not_read" in codes else "remote_verified",
        pep="foreign" if "pep_hit" in kinds else "none",
        adverse_information="credible" if {SANCTION, "other_hit"} & set(kinds) else "none",
        ownership=_ownership(client),
        document_quality=_quality(codes),
        open_signals=open_signals,
    )


def _statements(papers: Sequence[Paper], today: date) -> Iterator[Statement]:
    for paper in papers:
        if paper.lines:
            yield evidence.of_zone(mrz.read(paper.lines, today), paper.document.id)


def _alone(said: Person | Company) -> list[Finding]:
    return evidence.company_findings(said) if isinstance(said, Company) else evidence.contact_findings(said)


def _unread(party: Party, papers: Sequence[Paper]) -> Iterator[Finding]:
    """An identity that nothing vouches for: no document at all, or one whose zone a machine could not read."""
    if not party.item or not is_identity(party.item):
        return
    if not papers:
        yield Finding(code="identity_missing", field="zone")
    for paper in papers:
        if not paper.lines:
            yield Finding(code="zone_not_read", field="zone", document=paper.document.id)


def _shown(table: Matrix, finding: Finding) -> dict[str, object]:
    row = table.row(finding.field)
    return {"finding": finding.model_dump(mode="json"), "row": row.model_dump(mode="json") if row else None}


def _countries(client: Client) -> Iterator[str]:
    yield client.country
    people = [client.person]
    if client.company:
        yield client.company.country
        people += [owner.person for owner in client.company.owners]
    for person in people:
        if person.nationality:
            yield person.nationality
        if person.address:
            yield person.address.country


def _ownership(client: Client) -> str | None:
    """Who holds the capital, as far as it was declared."""
    if client.company is None:
        return None
    owners = client.company.owners
    if not owners:
        return "opaque"
    if sum(share_of(owner.share) for owner in owners) < 1:
        return "gaps"
    abroad = any(owner.person.nationality not in (None, client.company.country) for owner in owners)
    return "cross_border" if abroad else "transparent"


def _quality(codes: Sequence[str]) -> str:
    for quality, endings in _QUALITY:
        if any(code.endswith(endings) for code in codes):
            return quality
    return "verified" if "identity_missing" not in codes else "unverified"
