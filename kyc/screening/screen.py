"""One screening: candidates from the index, each scored and explained. Nothing clears silently."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from kyc.lists import Entry, Kind, Name
from kyc.screening import corroborate, explain
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy
from kyc.screening.scorer import NOTHING, Comparison, Scorer
from kyc.screening.store import Listed
from kyc.screening.subject import Explanation, Hit, Line, ListUsed, Screening, Subject

if TYPE_CHECKING:
    from kyc.screening.index import Index

Best = tuple[Comparison, str, Name]  # the comparison, the name asked for, the listed one


def screen(
    index: "Index", subject: Subject, scorer: Scorer, now: datetime, checked: Mapping[str, datetime]
) -> Screening:
    policy = scorer.policy
    found, gaps, looked_at = _search(index, subject, scorer)
    lists = index.used(now, checked)
    gaps += _lacking(lists, policy)
    hits = sorted((_hit(subject, *index.entry(number), best, scorer, now) for number, best in found.items()), key=_rank)
    matches = tuple(hit for hit in hits if hit.match)
    near = tuple(hit for hit in hits if not hit.match)
    outcome = "incomplete" if gaps else "hits" if matches else "clear"
    return Screening(
        subject=subject.id, outcome=outcome, hits=matches, near=near, not_covered=tuple(gaps), lists=tuple(lists),
        policy=policy.hash, candidates=looked_at,
    )  # fmt: skip


def _search(index: "Index", subject: Subject, scorer: Scorer) -> tuple[dict[int, Best], list[str], int]:
    """Entries worth showing by number, what could not be looked at, and how many names were."""
    gaps: list[str] = []
    near: dict[int, float] = {}
    looked_at = 0
    for place, name in enumerate(subject.names):
        readings = [r for r in parse(name, subject.kind) if r.joined]
        if not readings:
            gaps.append(f"name_{place}_has_no_letters")
        for reading in readings:
            found, cut, count = _near(index, subject.kind, reading, scorer)
            near = {number: max(near.get(number, 0.0), found.get(number, 0.0)) for number in near | found}
            looked_at += count
            gaps += ["candidates_cut"] if cut and "candidates_cut" not in gaps else []
    identified = index.identified(corroborate.normal(i.value) for i in subject.identifiers)
    shown = {*identified, *_shown(near, scorer.policy)}
    return {number: _best(index, number, subject, scorer) for number in sorted(shown)}, gaps, looked_at


def _shown(near: dict[int, float], policy: Policy) -> list[int]:
    """All that match, and the nearest of the rest; ties by number, which follows the ids."""
    ranked = sorted(near, key=lambda number: (-near[number], number))
    matches = [number for number in ranked if near[number] >= policy.threshold]
    return ranked[: len(matches) + policy.near_shown]


def _near(index: "Index", kind: Kind, asked: Parsed, scorer: Scorer) -> tuple[dict[int, float], bool, int]:
    """Entries with a name that scores at the cutoff, and its score; more are fetched while the last ones match."""
    policy = scorer.policy
    near: dict[int, float] = {}
    done, limit = 0, policy.candidates
    while True:
        numbers = index.candidates(asked, limit)
        listed = [name for n in numbers[done:] if (name := index.store.name(n)).kind.meets(kind)]
        found = _scores(asked, listed, kind, scorer)
        for name, score in found:
            if score >= max(policy.cutoff, near.get(name.entry, 0.0)):
                near[name.entry] = score
        last = {id(name) for name in listed[-_TAIL:]}
        if len(numbers) < limit or not any(s >= policy.threshold for name, s in found if id(name) in last):
            return near, False, len(numbers)
        if limit >= policy.most_candidates:
            return near, True, len(numbers)
        done, limit = len(numbers), min(limit * 4, policy.most_candidates)


_TAIL = 10  # candidates at the end of a list: when one of these still matches, others may stand behind them


def _scores(asked: Parsed, listed: list[Listed], kind: Kind, scorer: Scorer) -> list[tuple[Listed, float]]:
    """Scores of the names, the likeliest first, until a whole batch of them is of no interest."""
    found: list[tuple[Listed, float]] = []
    ranked = _ranked(asked.words, listed)
    for start in range(0, len(ranked), _BATCH):
        batch = [(name, _score(asked, name, kind, scorer)) for name in ranked[start : start + _BATCH]]
        found += batch
        if not any(score >= scorer.policy.near_miss for _, score in batch):
            break
    return found


_ALIASES = 4  # of an entry that are compared to find its best one
_BATCH = 10  # names aligned at a time; the likeliest is among the first ten in 99.85 % of cases (kyc.md 1.3)


def _ranked(words: str, listed: list[Listed]) -> list[Listed]:
    """By likeness of the words as a whole; names of several readings go first: no one string stands for them."""
    several = [name for name in listed if not name.words]
    rest = [name for name in listed if name.words]
    order = process.extract(words, [name.words for name in rest], scorer=fuzz.token_ratio, limit=None)
    return several + [rest[place] for _, _, place in order]


def _score(asked: Parsed, name: Listed, kind: Kind, scorer: Scorer) -> float:
    kind = kind if name.kind == Kind.PARTY else name.kind
    return max(scorer.score(asked, reading, kind) for reading in name.parsed())


def _best(index: "Index", number: int, subject: Subject, scorer: Scorer) -> Best:
    """The best pair of names; a strong alias goes before a weak one of the same score."""
    entry, _ = index.entry(number)
    kind = _kind(entry, subject)
    best: tuple[float, bool, str, Parsed | None, Parsed | None, Name]
    best = (0.0, False, subject.names[0], None, None, entry.names[0])
    for text in subject.names:
        for asked in parse(text, subject.kind):
            for listed in _ranked(asked.words, index.store.names_of(number))[:_ALIASES]:
                strong = not entry.names[listed.place].weak
                for reading in listed.parsed():
                    score = scorer.score(asked, reading, kind)
                    if (score, strong) > best[:2]:
                        best = (score, strong, text, asked, reading, entry.names[listed.place])
    _, _, text, mine, theirs, name = best
    return (scorer.parsed(mine, theirs, kind) if mine and theirs else NOTHING), text, name


def _kind(entry: Entry, subject: Subject) -> Kind:
    return subject.kind if entry.kind == Kind.PARTY else entry.kind


def _hit(subject: Subject, entry: Entry, content: str, best: Best, scorer: Scorer, now: datetime) -> Hit:
    found, asked, name = best
    policy = scorer.policy
    points = corroborate.points(subject, entry, policy)
    remarks = _remarks(entry, name, points, policy, now)
    by_number = any(p.about == "identifier" and p.verdict == "for" for p in points)
    match = (found.score >= policy.threshold or by_number) and not remarks
    losses = scorer.losses(_kind(entry, subject))
    lines = (Line.of(token) for token in found.tokens)
    turn = "the same number is listed" if by_number else explain.flip(
        found, found.score >= policy.threshold, policy.threshold, losses
    )  # fmt: skip
    return Hit(
        entry=entry.id, source=entry.id.split(":", 1)[0], name=name.text, kind=entry.kind, topics=entry.topics,
        programmes=entry.programmes, score=found.score, strength=corroborate.strength(found.score, points, policy),
        match=match, weak_alias=name.weak, content=content,
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
