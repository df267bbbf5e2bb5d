"""One screening: candidates from the index, each scored and explained. Nothing clears silently."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kyc.lists import Entry, Name
from kyc.screening import corroborate, explain
from kyc.screening.policy import Policy
from kyc.screening.scorer import Scorer
from kyc.screening.scripts import LIMITED, script_of
from kyc.screening.search import Best, Search, compared_as
from kyc.screening.subject import Explanation, Hit, ListUsed, Screening, Subject

if TYPE_CHECKING:
    from kyc.screening.index import Index


def screen(
    index: "Index", subject: Subject, scorer: Scorer, now: datetime, checked: Mapping[str, datetime]
) -> Screening:
    policy = scorer.policy
    search = Search(index, subject, scorer)
    found = search.run()
    lists = index.used(now, checked)
    gaps = (*search.gaps, *_lacking(lists, policy))
    hits = sorted((_hit(subject, *index.entry(number), best, scorer, now) for number, best in found.items()), key=_rank)
    matches = tuple(hit for hit in hits if hit.match)
    near = tuple(hit for hit in hits if not hit.match)
    outcome = "incomplete" if gaps else "hits" if matches else "clear"
    return Screening(
        subject=subject.id, outcome=outcome, hits=matches, near=near, not_covered=gaps, limits=_limits(subject),
        lists=tuple(lists), policy=policy.hash, candidates=search.looked_at,
    )  # fmt: skip


def _limits(subject: Subject) -> tuple[str, ...]:
    return tuple(sorted({f"script_{script}" for name in subject.names if (script := script_of(name)) in LIMITED}))


def _hit(subject: Subject, entry: Entry, content: str, best: Best, scorer: Scorer, now: datetime) -> Hit:
    found, asked, name = best
    policy = scorer.policy
    points = corroborate.points(subject, entry, policy)
    remarks = _remarks(entry, name, points, policy, now)
    by_number = any(p.about == "identifier" and p.verdict == "for" for p in points)
    match = (found.score >= policy.threshold or by_number) and not remarks
    losses = scorer.losses(compared_as(entry.kind, subject))
    turn = "the same number is listed" if by_number else explain.flip(
        found, found.score >= policy.threshold, policy.threshold, losses
    )  # fmt: skip
    return Hit(
        entry=entry.id, source=entry.id.split(":", 1)[0], name=name.text, kind=entry.kind, topics=entry.topics,
        programmes=entry.programmes, score=found.score, strength=corroborate.strength(found.score, points, policy),
        match=match, weak_alias=name.weak, content=content,
        explanation=Explanation(asked=asked, listed=name.text, lines=found.tokens, points=points,
                                remarks=(*remarks.values(), *explain.remarks(found)), flip=turn),
    )  # fmt: skip


def _remarks(
    entry: Entry, name: Name, points: Iterable[corroborate.Point], policy: Policy, now: datetime
) -> dict[str, str]:
    """Why a similar name is no match all the same: reason → words."""
    agreeing = [p for p in points if p.verdict == "for" and p.about != "gender"]
    remarks = {}
    if name.weak and not agreeing:
        remarks["weak_alias"] = "a weak alias, and nothing else agrees: one agreeing attribute would make it a match"
    if set(entry.topics) <= _BY_OFFICE and entry.offices and all(o.end is not None for o in entry.offices):
        left = max(o.end for o in entry.offices if o.end is not None)
        if (now.date() - left).days > policy.pep_days_after_office:
            remarks["office_ended"] = f"out of office since {left.isoformat()}, longer than the policy counts"
    return remarks


_BY_OFFICE = {"pep", "pep.related"}  # listed for an office alone, one's own or a relative's


def _lacking(lists: list[ListUsed], policy: Policy) -> list[str]:
    """Lists that a screening needs and that are not there, or too old."""
    have = {used.source for used in lists}
    missing = [f"list_missing:{source}" for source in policy.lists.required if source not in have]
    old = [f"list_old:{used.source}" for used in lists if used.age_days > policy.lists.oldest_days]
    return [*(missing or ([] if lists else ["no_list"])), *old]


def _rank(hit: Hit) -> tuple[float, float, str]:
    """Evidence first, then similarity, then the id: the same order whatever else is in the index."""
    return -hit.strength, -hit.score, hit.entry
