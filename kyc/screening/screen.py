"""One screening: candidates from the index, each scored and explained. Nothing clears silently."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kyc.lists import Entry, Kind, Name
from kyc.screening import corroborate, explain
from kyc.screening.names import Parsed, parse
from kyc.screening.policy import Policy
from kyc.screening.scorer import NOTHING, Comparison, Scorer
from kyc.screening.subject import Explanation, Hit, Line, ListUsed, Screening, Subject

if TYPE_CHECKING:
    from kyc.screening.index import Index

Best = tuple[Comparison, str, Name]  # the comparison, the name asked for, the listed one


def screen(
    index: "Index", subject: Subject, policy: Policy, now: datetime, checked: Mapping[str, datetime]
) -> Screening:
    scorer = Scorer(policy)
    found, gaps, looked_at = _search(index, subject, scorer)
    lists = index.used(now, checked)
    gaps += _lacking(lists, policy)
    hits = sorted(
        (_hit(subject, index.entry(number), best, scorer, now) for number, best in found.items()), key=_rank
    )
    matches = tuple(hit for hit in hits if hit.match)
    near = tuple(hit for hit in hits if not hit.match)
    outcome = "incomplete" if gaps else "hits" if matches else "clear"
    return Screening(
        subject=subject.id, outcome=outcome, hits=matches, near=near, not_covered=tuple(gaps), lists=tuple(lists),
        policy=policy.hash, candidates=looked_at,
    )  # fmt: skip


def _search(index: "Index", subject: Subject, scorer: Scorer) -> tuple[dict[int, Best], list[str], int]:
    """Entries worth showing by number, what could not be looked at, and how many names were."""
    policy, gaps = scorer.policy, []
    numbers = set(index.identified(corroborate.normal(i.value) for i in subject.identifiers))
    looked_at = 0
    for place, name in enumerate(subject.names):
        readings = [r for r in parse(name, subject.kind) if r.telling and r.joined]
        if not readings:
            gaps.append(f"name_{place}_has_no_letters")
        for reading in readings:
            near, cut, count = _near(index, subject, reading, scorer)
            numbers |= near
            looked_at += count
            gaps += ["candidates_cut"] if cut and "candidates_cut" not in gaps else []
    found = {number: best for number in sorted(numbers) if (best := _best(subject, index.entry(number), scorer))}
    shown = {n: b for n, b in found.items() if b[0].score >= policy.cutoff or _identified(subject, index.entry(n))}
    return shown, gaps, looked_at


def _near(index: "Index", subject: Subject, reading: Parsed, scorer: Scorer) -> tuple[set[int], bool, int]:
    """Entries whose retrieved name scores at the cutoff; more are fetched while the last ones still match."""
    policy = scorer.policy
    limit, done = policy.candidates, 0
    near: set[int] = set()
    while True:
        places = index.candidates(reading, limit)
        scores = [_score(index.entry(e), n, reading, subject, scorer) for e, n in places[done:]]
        near |= {e for (e, _), score in zip(places[done:], scores, strict=True) if score >= policy.cutoff}
        tail = scores[-max(10, limit // 10) :]
        if len(places) < limit or not any(score >= policy.threshold for score in tail):
            return near, False, len(places)
        if limit >= policy.most_candidates:
            return near, True, len(places)
        done, limit = len(places), min(limit * 4, policy.most_candidates)


def _score(entry: Entry, place: int, reading: Parsed, subject: Subject, scorer: Scorer) -> float:
    if not entry.kind.meets(subject.kind):
        return 0.0
    kind = _kind(entry, subject)
    listed = parse(entry.names[place].text, kind)
    return max((scorer.parsed(reading, name, kind).score for name in listed), default=0.0)


def _kind(entry: Entry, subject: Subject) -> Kind:
    return subject.kind if entry.kind == Kind.PARTY else entry.kind


def _best(subject: Subject, entry: Entry, scorer: Scorer) -> Best | None:
    """The best pair of names; a strong alias goes before a weak one of the same score."""
    if not entry.kind.meets(subject.kind):
        return None
    kind = _kind(entry, subject)
    pairs = ((scorer.names(asked, name.text, kind), asked, name) for asked in subject.names for name in entry.names)
    return max(pairs, key=lambda p: (p[0].score, not p[2].weak), default=(NOTHING, subject.names[0], entry.names[0]))


def _identified(subject: Subject, entry: Entry) -> bool:
    mine = {corroborate.normal(i.value) for i in subject.identifiers}
    return any(corroborate.normal(i.value) in mine for i in entry.identifiers)


def _hit(subject: Subject, entry: Entry, best: Best, scorer: Scorer, now: datetime) -> Hit:
    found, asked, name = best
    policy = scorer.policy
    points = corroborate.points(subject, entry, policy)
    remarks = _remarks(entry, name, points, policy, now)
    by_number = any(p.about == "identifier" and p.verdict == "for" for p in points)
    match = (found.score >= policy.threshold or by_number) and not remarks
    losses = policy.losses["person" if _kind(entry, subject) == Kind.PERSON else "company"]
    lines = (Line.of(token) for token in found.tokens)
    turn = "the same number is listed" if by_number else explain.flip(
        found, found.score >= policy.threshold, policy.threshold, losses
    )  # fmt: skip
    return Hit(
        entry=entry.id, source=entry.id.split(":", 1)[0], name=name.text, kind=entry.kind, topics=entry.topics,
        programmes=entry.programmes, score=found.score, strength=corroborate.strength(found.score, points, policy),
        match=match, weak_alias=name.weak, content=entry.hash,
        explanation=Explanation(asked=asked, listed=name.text, lines=tuple(lines), points=points,
                                remarks=tuple(remarks.values()), flip=turn),
    )  # fmt: skip


def _remarks(
    entry: Entry, name: Name, points: Iterable[corroborate.Point], policy: Policy, now: datetime
) -> dict[str, str]:
    """Why a similar name is no match all the same: reason → words."""
    agreeing = [p for p in points if p.verdict == "for" and p.about != "gender"]
    remarks = {}
    if name.weak and not agreeing:
        remarks["weak_alias"] = "a weak alias, and nothing else agrees: one agreeing attribute would make it a match"
    if entry.topics == ("pep",) and entry.offices and all(o.end is not None for o in entry.offices):
        left = max(o.end for o in entry.offices if o.end is not None)
        if (now.date() - left).days > policy.pep_days_after_office:
            remarks["office_ended"] = f"out of office since {left.isoformat()}, longer than the policy counts"
    return remarks


def _lacking(lists: list[ListUsed], policy: Policy) -> list[str]:
    """Lists that a screening needs and that are not there, or too old."""
    have = {used.source for used in lists}
    missing = [f"list_missing:{source}" for source in policy.lists.required if source not in have]
    old = [f"list_old:{used.source}" for used in lists if used.age_days > policy.lists.oldest_days]
    return [*(missing or ([] if lists else ["no_list"])), *old]


def _rank(hit: Hit) -> tuple[float, float, str]:
    """Evidence first, then similarity, then the id: the same order whatever else is in the index."""
    return -hit.strength, -hit.score, hit.entry
