"""After screenings: a sample of near misses each month, and an order for the open signals.

Neither changes a result: a near miss stays a near miss, and a suggestion is no verdict.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from kyc.screening.policy import Policy
from kyc.screening.subject import Hit, Screening


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class NearMiss(_Model):
    """A name just under the threshold. `ref` is the caller's id of the stored screening; `hit` names a person."""

    ref: str
    subject: str
    hit: Hit


def near_misses(stored: Iterable[tuple[str, Screening]], policy: Policy, month: date) -> list[NearMiss]:
    """The month's sample of what lies between `near_miss` and `threshold` of the policy, the nearest first.

    `stored` are screenings by the caller's id. Which ones are drawn follows from month, id and content of the entry
    alone: the same input in any order gives the same sample, and nobody can choose what is looked at.
    """
    found: dict[str, NearMiss] = {}
    for ref, screening in stored:
        for hit in (h for h in screening.near if policy.near_miss <= h.score < policy.threshold):
            lot = "\0".join((f"{month:%Y-%m}", ref, screening.subject, hit.entry, hit.content))
            miss = NearMiss(ref=ref, subject=screening.subject, hit=hit)
            found[hashlib.sha256(lot.encode()).hexdigest()] = miss
    drawn = [found[lot] for lot in sorted(found)[: policy.near_miss_sample]]
    return sorted(drawn, key=lambda n: (-n.hit.score, n.ref, n.subject, n.hit.entry))


class Category(StrEnum):
    """What a reviewer would look at first comes first."""

    INVESTIGATE = "investigate"
    INCONCLUSIVE = "inconclusive"
    PROBABLE_FALSE_POSITIVE = "probable_false_positive"


class Suggestion(_Model):
    """Where an open signal could stand in the queue, and why. It has no verdict: a reviewer gives that."""

    signal: str
    category: Category
    reasons: tuple[str, ...]
    strength: float


def suggest(signals: Iterable[tuple[str, Hit]], policy: Policy) -> list[Suggestion]:
    """Open signals (id and hit) in the order in which to look at them; none at all where the policy has triage off."""
    if not policy.triage:
        return []
    found = [_suggestion(signal, hit) for signal, hit in signals]
    order = list(Category)
    return sorted(found, key=lambda s: (order.index(s.category), -s.strength, s.signal))


def _suggestion(signal: str, hit: Hit) -> Suggestion:
    agree = tuple(f"{p.about}_agrees" for p in hit.explanation.points if p.verdict == "for" and p.about != "gender")
    differ = tuple(f"{p.about}_differs" for p in hit.explanation.points if p.verdict == "against")
    return Suggestion(
        signal=signal, category=_category(agree, differ, hit), strength=hit.strength,
        reasons=(*agree, *differ, *(("weak_alias",) if hit.weak_alias else ()),
                 *(("name_exact",) if hit.score == 1.0 else ()), *(() if agree or differ else ("name_alone",))),
    )  # fmt: skip


def _category(agree: tuple[str, ...], differ: tuple[str, ...], hit: Hit) -> Category:
    """A number, or a date that nothing contradicts, asks for a look; a contradiction alone makes a namesake likely."""
    if "identifier_agrees" in agree or ("birth_date_agrees" in agree and not differ):
        return Category.INVESTIGATE
    if "birth_date_differs" in differ and not agree:
        return Category.PROBABLE_FALSE_POSITIVE
    if hit.weak_alias and not agree and differ:
        return Category.PROBABLE_FALSE_POSITIVE
    return Category.INCONCLUSIVE
