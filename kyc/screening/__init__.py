"""Screening of names against watch lists: found by keys, scored part by part, explained, never cleared silently."""

from functools import cache

from kyc.lists import Kind
from kyc.screening import explain
from kyc.screening.index import Index, NoIndex
from kyc.screening.policy import Policy
from kyc.screening.scorer import Scorer
from kyc.screening.subject import Compared, Explanation, Hit, Identifier, ListUsed, Point, Screening, Subject

__all__ = [
    "Compared", "Explanation", "Hit", "Identifier", "Index", "ListUsed", "NoIndex", "Point", "Policy",
    "Scorer", "Screening", "Subject", "compare",
]  # fmt: skip


def compare(name1: str, name2: str, schema: str, scorer: Scorer | None = None) -> Compared:
    """How similar two names of one kind are, whether that is a match, and why. `schema`: Person, Company, Vessel …"""
    scorer = scorer or _shipped()
    kind, policy = Kind.of(schema), scorer.policy
    found = scorer.names(name1, name2, kind)
    match = found.score >= policy.threshold
    turn = explain.flip(found, match, policy.threshold, scorer.losses(kind))
    reasons = Explanation(asked=name1, listed=name2, lines=found.tokens, remarks=explain.remarks(found), flip=turn)
    return Compared(score=found.score, match=match, explanation=reasons)


@cache
def _shipped() -> Scorer:
    return Scorer(Policy.read())
