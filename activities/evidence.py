"""What is known of each party, compared: the findings that a reviewer must judge, with the evidence they rest on.

Evidence holds personal data and is sealed at once; codes and keys hold none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from activities import offices, owners
from activities.parties import Party, is_identity, item_of
from kyc import evidence, mrz, ownership
from kyc.evidence import Finding, Matrix, Statement
from kyc.lists import Entry
from kyc.ownership.control import Step
from kyc.rating import RiskFacts
from kyc.screening import Hit
from kyc.screening.replay import Past
from onboarding.case import Client, Company, Entity, Person
from records.handed_in import StoredDocument
from records.signals import SignalRow, SignalState

OFFICE = "pep_hit"  # the kind of signal that wants a senior's approval once it is confirmed
SANCTION = "list_hit"  # a party is listed
OWNED = "sanctioned_ownership"  # a company falls under the sanctions on those who own it
REGISTRY = "registry"  # a company's record in a public registry is not in order
MEDIA = "adverse_media"  # an article that a reviewer must read
ANOMALY = "anomaly"  # something unusual that a reviewer must judge
SANCTIONS = frozenset({SANCTION, OWNED})  # the kinds of signals that forbid an approval once they are confirmed
_QUALITY = (  # the worst that was found tells how good the documents are
    (
        "conflict",
        ("_differs", "identity_failed", "registry_inactive", "registry_retired", "lei_not_in_registry"),
    ),
    ("expired", ("document_expired", "registry_lapsed")),
    (
        "unverified",
        (
            "zone_not_read",
            "zone_invalid",
            "zone_doubtful",
            "document_expiry_unknown",
            "identity_needs_review",
            "identity_not_checked",
            "registry_ambiguous",
            "registry_standing_unknown",
        ),
    ),
    ("near", ("_near",)),
)


_DOUBTS = {"review": "identity_needs_review", "failed": "identity_failed", "expired": "identity_not_checked"}


class Paper(NamedTuple):
    """An accepted document, the lines of its zone, none when it has or shows none, and the page that they stand on."""

    document: StoredDocument
    lines: list[str]
    page: int = 1


class Checked(NamedTuple):
    """What an identity vendor made of a party; `said` is what it read, `reasons` why it decided so."""

    id: str
    state: str
    said: dict[str, str]
    reasons: list[str]


@dataclass(frozen=True)
class Found:
    """One finding of one party. The same `key` is the same finding, in whatever round it is found again."""

    key: str
    party: str
    kind: str
    code: str
    evidence: dict[str, object]


def table_of(
    party: Party, papers: Sequence[Paper], today: date, checked: Checked | None = None, beside: Sequence[Statement] = ()
) -> Matrix | None:
    """What was declared of a party beside what its documents, an identity vendor and others say; None for entities of
    which nobody but the client says anything: no document of theirs is asked."""
    if isinstance(party.said, Entity) and not any(statement.values for statement in beside):
        return None
    vendor = [evidence.of_vendor(checked.said, checked.id)] if checked else []
    return evidence.matrix(party.said, [*_statements(_of_party(party, papers), today), *vendor, *beside])


def compared(
    party: Party,
    papers: Sequence[Paper],
    today: date,
    checked: Checked | None = None,
    registry: Statement | None = None,
) -> Iterator[Found]:
    """Declared data against the documents of a party and a registry, field by field, and what each says of itself; and
    what an identity vendor made of it. An identity that the vendor vouches for needs no zone that a machine could
    read."""
    table = table_of(party, papers, today, checked, [registry] if registry else [])
    found = [*evidence.findings(table, today)] if table else []
    found += _alone(party.said)
    if checked is None or checked.state != "passed":
        found += _unread(party, _of_party(party, papers))
    for each in found:
        key = f"{party.code}:{each.code}:{each.field}:{each.document or ''}"
        yield Found(key, party.code, "evidence", each.code, _shown(table, each))
    if checked and (doubt := doubted(party.code, checked.id, checked.state, checked.reasons)):
        yield doubt


def doubted(party: str, check: str, state: str, reasons: Sequence[str]) -> Found | None:
    """What a reviewer must judge of an identity check; None where the vendor vouches, or has not come to an end."""
    if state not in _DOUBTS:
        return None
    shown: dict[str, object] = {"check": check, "reasons": [*reasons]}
    return Found(f"{party}:identity:{check}:{state}", party, "identity_check", _DOUBTS[state], shown)


def _of_party(party: Party, papers: Sequence[Paper]) -> list[Paper]:
    return [paper for paper in papers if party.item and item_of(paper.document) == party.item]


def owned(company: Company, on: date) -> Iterator[Found]:
    """What the ownership leaves open and a reviewer must judge: shares that may hide a beneficial owner."""
    found = owners.ownership_of(company, on)
    report = ownership.as_json(found)
    for gap in owners.doubts(found):
        parties = "+".join(gap.parties)
        key = f"company:ownership:{gap.code}:{parties}:{gap.share}"
        shown: dict[str, object] = {"gap": gap.code, "parties": [*gap.parties], "share": str(gap.share)}
        yield Found(key, "company", "ownership", f"ownership_{gap.code}", shown | {"ownership": report})


def blocked(company: Company, hits: Mapping[str, Sequence[Hit]]) -> Iterator[Found]:
    """Sanctions on the owners that reach a company behind which they stand; `hits` by the code of the listed party."""
    listed: dict[str, set[str]] = {}
    for party, found in hits.items():
        for regime in {regime for hit in found for regime in owners.regimes_of(hit.source)}:
            listed.setdefault(regime, set()).add(party)
    for reach in owners.blocked_through(company, {regime: sorted(who) for regime, who in listed.items()}):
        yield from _reached(reach, sorted(listed[reach.regime]))


def _reached(reach: owners.Reach, listed: list[str]) -> Iterator[Found]:
    """A company that is blocked, and one of which nobody can say because a share is unknown."""
    who, shown = "+".join(listed), dict[str, object](regime=reach.regime, listed=listed)
    if reach.steps:
        whose = "" if any(step.party == "company" for step in reach.steps) else "holder_"
        key = f"company:sanctioned:{reach.regime}:{who}:{'+'.join(step.party for step in reach.steps)}"
        steps = [_step(step) for step in reach.steps]
        yield Found(key, "company", OWNED, f"{whose}owned_by_sanctioned", shown | {"steps": steps})
    if "company" in reach.undecided:
        key = f"company:may_be_sanctioned:{reach.regime}:{who}:{'+'.join(reach.undecided)}"
        yield Found(key, "company", OWNED, "may_be_owned_by_sanctioned", shown | {"undecided": reach.undecided})


def _step(step: Step) -> dict[str, object]:
    share = str(step.share) if step.share else None
    return {"party": step.party, "by": [*step.by], "share": share, "means": step.means}


def listed(past: Past) -> Iterator[Found]:
    """The entries that match a party, in the order of the hits: a new version of an entry is a new finding."""
    for hit in past.screening.hits:
        key = f"{past.screening.subject}:hit:{hit.entry}:{hit.content}"
        shown: dict[str, object] = hit.model_dump(mode="json") | {"words": hit.explanation.words}
        kind, code = _kind(hit, _entry(past, hit))
        yield Found(key, past.screening.subject, kind, code, shown)


def _kind(hit: Hit, entry: Entry | None) -> tuple[str, str]:
    """Kind and code of the signal: sanctions, a public office, or another reason that needs a look."""
    if "sanction" in hit.topics:
        return SANCTION, SANCTION
    office = offices.code_of(hit, entry)
    return (OFFICE, office) if office else ("other_hit", "other_hit")


def _entry(past: Past, hit: Hit) -> Entry | None:
    return Entry.from_raw(past.records[hit.entry]) if hit.entry in past.records else None


def file_of(
    client: Client,
    parties: Sequence[Party],
    papers: Sequence[Paper],
    today: date,
    checked: Mapping[str, Checked] | None = None,
    beside: Mapping[str, Sequence[Statement]] | None = None,
) -> dict[str, object]:
    """What a reviewer reads beside the signals: each party's evidence matrix, and the ownership with its paths.
    `beside` is what registries and lists say, by party."""
    known, others = checked or {}, beside or {}
    tables = {
        party.code: table
        for party in parties
        if (table := table_of(party, papers, today, known.get(party.code), others.get(party.code, ())))
    }
    company = client.company
    return {
        "matrices": {code: table.model_dump(mode="json") for code, table in tables.items()},
        "ownership": ownership.as_json(owners.ownership_of(company, today)) if company else None,
    }


def of_lists(past: Past) -> Iterator[Statement]:
    """What the lists say of the entries that match a party."""
    for hit in past.screening.hits:
        if entry := _entry(past, hit):
            yield evidence.of_entry(entry, hit.name)


def risk_facts(
    client: Client, standing: Sequence[SignalRow], product: str | None, on: date, home: Collection[str] = ()
) -> RiskFacts:
    """What the rating rests on. `standing` are all signals that nobody cleared; `home` the countries whose offices
    are domestic to the policy."""
    codes, kinds = [row.code for row in standing], {row.kind for row in standing}
    confirmed = {row.kind for row in standing if row.state is SignalState.CONFIRMED}
    return RiskFacts(
        on=on,
        countries=sorted(_countries(client)),
        client_type=client.kind,
        product=product,
        channel="remote_unverified" if "zone_not_read" in codes else "remote_verified",
        pep=offices.rated((row.code for row in standing if row.kind == OFFICE), home),
        adverse_information=_adverse(kinds, confirmed),
        ownership=owners.fact(client.company, on) if client.company else None,
        document_quality=_quality(codes),
        open_signals=sum(row.state is SignalState.OPEN for row in standing),
    )


def _adverse(kinds: set[str], confirmed: set[str]) -> str:
    """A sanctions match that nobody cleared is of high risk, whatever else is known. What two reviewers stand behind,
    a report in the news or a conduct that nobody could explain, is no longer mere talk."""
    if SANCTIONS & kinds:
        return "sanctions_match"
    if "other_hit" in kinds or {MEDIA, ANOMALY} & confirmed:
        return "credible"
    return "unverified" if MEDIA in kinds else "none"


def _statements(papers: Sequence[Paper], today: date) -> Iterator[Statement]:
    for paper in papers:
        if paper.lines:
            yield evidence.of_zone(mrz.read(paper.lines, today), paper.document.id, paper.page)


def _alone(said: Person | Company | Entity) -> list[Finding]:
    if isinstance(said, Person):
        return evidence.contact_findings(said)
    return evidence.company_findings(said)


def _unread(party: Party, papers: Sequence[Paper]) -> Iterator[Finding]:
    """An identity that nothing vouches for: no document at all, or one whose zone a machine could not read."""
    if not party.item or not is_identity(party.item):
        return
    if not papers:
        yield Finding(code="identity_missing", field="zone")
    for paper in papers:
        if not paper.lines:
            yield Finding(code="zone_not_read", field="zone", document=paper.document.id)


def _shown(table: Matrix | None, finding: Finding) -> dict[str, object]:
    row = table.row(finding.field) if table else None
    return {"finding": finding.model_dump(mode="json"), "row": row.model_dump(mode="json") if row else None}


def _countries(client: Client) -> Iterator[str]:
    yield client.country
    people = [client.person]
    if client.company:
        yield client.company.country
        people += [owner.person for owner in client.company.owners]
        yield from (entity.country for entity in _entities(client.company) if entity.country)
    for person in people:
        if person.nationality:
            yield person.nationality
        if person.address:
            yield person.address.country


def _entities(company: Company) -> list[Entity]:
    return company.structure.entities if company.structure else []


def _quality(codes: Sequence[str]) -> str:
    for quality, endings in _QUALITY:
        if any(code.endswith(endings) for code in codes):
            return quality
    return "verified" if "identity_missing" not in codes else "unverified"
