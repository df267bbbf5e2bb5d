"""One screening: candidates from the index, each scored and explained. Nothing clears silently."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz, process

from kyc.lists import Entry, Kind, Name
from kyc.screening import corroborate, explain
from kyc.screening.bound import Bound
from kyc.screening.names import parse
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy
from kyc.screening.scorer import NOTHING, Comparison, Scorer
from kyc.screening.store import Listed
from kyc.screening.subject import Explanation, Hit, Line, ListUsed, Screening, Subject

if TYPE_CHECKING:
    from kyc.screening.index import Index

Best = tuple[Comparison, str, Name]  # the comparison, the name asked for, the listed one
Scored = tuple[float, int]  # the score of a listed name, and the place of the reading that gave it, negated
NO_LETTERS = "name_{}_has_no_letters"
CUT = "candidates_cut"
_TAIL = 10  # candidates at the end of a list: when one of these still matches, others may stand behind them
_BATCH = 12  # names aligned at a time: four of each order
_BEST = (1.0, True)  # the same name, and no weak alias
_ALIASES = 10  # of an entry that are compared to find its best one; few have more


def screen(
    index: "Index", subject: Subject, scorer: Scorer, now: datetime, checked: Mapping[str, datetime]
) -> Screening:
    policy = scorer.policy
    search = _Search(index, subject, scorer)
    found = search.run()
    lists = index.used(now, checked)
    gaps = (*search.gaps, *_lacking(lists, policy))
    hits = sorted((_hit(subject, *index.entry(number), best, scorer, now) for number, best in found.items()), key=_rank)
    matches = tuple(hit for hit in hits if hit.match)
    near = tuple(hit for hit in hits if not hit.match)
    outcome = "incomplete" if gaps else "hits" if matches else "clear"
    return Screening(
        subject=subject.id, outcome=outcome, hits=matches, near=near, not_covered=gaps, lists=tuple(lists),
        policy=policy.hash, candidates=search.looked_at,
    )  # fmt: skip


class _Asked(NamedTuple):
    """A way to read one of the names asked for."""

    number: int
    text: str
    reading: Parsed


class _Search:
    """One party looked for in the index. `gaps` is what could not be looked at, `looked_at` how many names were."""

    def __init__(self, index: "Index", subject: Subject, scorer: Scorer) -> None:
        self._index, self._subject, self._scorer = index, subject, scorer
        self._kinds = {kind for kind in Kind if kind.meets(subject.kind)}
        self._bounds: dict[tuple[int, Kind], Bound] = {}
        self._scored: dict[tuple[int, Kind, str, str], float] = {}
        self._comparisons: dict[tuple[int, Parsed, Kind], Comparison] = {}
        self.gaps: dict[str, None] = {}
        self.looked_at = 0

    def run(self) -> dict[int, Best]:
        """Entries worth showing, by number."""
        near: dict[int, float] = {}
        readings = self._readings()
        for asked in readings:
            for number, score in self._near(asked).items():
                near[number] = max(score, near.get(number, 0.0))
        identified = self._index.identified(corroborate.normal(i.value) for i in self._subject.identifiers)
        shown = sorted({*identified, *_shown(near, self._scorer.policy)})
        return {number: self._best(number, readings) for number in shown}

    def _readings(self) -> list[_Asked]:
        found: list[_Asked] = []
        for place, name in enumerate(self._subject.names):
            readings = [reading for reading in parse(name, self._subject.kind) if reading.joined]
            if not readings:
                self.gaps[NO_LETTERS.format(place)] = None
            found += [_Asked(number, name, reading) for number, reading in enumerate(readings, len(found))]
        return found

    def _near(self, asked: _Asked) -> dict[int, float]:
        """Entries with a name that scores at the cutoff, and its score; more are fetched while the last ones match."""
        policy, store = self._scorer.policy, self._index.store
        scores: dict[int, float] = {}
        near: dict[int, float] = {}
        limit = policy.candidates
        while True:
            found = self._index.candidates(asked.reading, limit)
            ways = [[number for number in way if store.kind(number) in self._kinds] for way in found]
            fresh = dict.fromkeys(number for way in ways for number in way if number not in scores)
            scores |= dict.fromkeys(fresh, 0.0)
            likeliest = _likeliest(asked.reading.words, {number: store.words(number) for number in fresh})
            for name, score in self._scores(asked, _in_turn(ways, likeliest)):
                scores[name.number] = score
                if score >= max(policy.cutoff, near.get(name.entry, 0.0)):
                    near[name.entry] = score
            full = [way for way, all_kinds in zip(ways, found, strict=True) if len(all_kinds) == limit // 2]
            more = any(scores[number] >= policy.threshold for way in full for number in way[-_TAIL:])
            if not more or limit >= policy.most_candidates:
                break
            limit = min(limit * 4, policy.most_candidates)
        if more:
            self.gaps[CUT] = None
        self.looked_at += len(scores)
        return near

    def _scores(self, asked: _Asked, listed: list[int]) -> Iterator[tuple[Listed, float]]:
        """Scores of the names that can reach the cutoff; after a batch of no interest, of those that can match."""
        policy, floor = self._scorer.policy, self._scorer.policy.cutoff
        for start in range(0, len(listed), _BATCH):
            names = map(self._index.store.name, listed[start : start + _BATCH])
            near = [name for name in names if self._most(asked, name) >= floor]
            batch = [(name, self._score(asked, name)[0]) for name in near]
            yield from batch
            if not any(score >= policy.near_miss for _, score in batch):
                floor = policy.threshold

    def _most(self, asked: _Asked, name: Listed) -> float:
        """What a listed name can score at most, in the best of its readings."""
        bound = self._bound(asked, name.kind)
        return max([bound.of(*reading).score for reading in zip(name.words, name.packed, strict=True)])

    def _score(self, asked: _Asked, name: Listed) -> Scored:
        """The best of the readings of a listed name; lists repeat each other's names, and each is scored once."""
        return max(self._scored_reading(asked, name, place) for place in range(len(name.words)))

    def _scored_reading(self, asked: _Asked, name: Listed, place: int) -> Scored:
        """The score, and the place of the reading negated: of equals the first."""
        words, packed = name.words[place], name.packed[place]
        most = self._bound(asked, name.kind).of(words, packed)
        if most.exact:
            return most.score, -place
        kind = _kind(name.kind, self._subject)
        key = (asked.number, kind, words, packed)
        if (known := self._scored.get(key)) is None:
            listed = Parsed.unpacked(packed, words)
            known = self._scored[key] = self._scorer.score(asked.reading, listed, kind)
        return known, -place

    def _bound(self, asked: _Asked, listed: Kind) -> Bound:
        if (bound := self._bounds.get((asked.number, listed))) is None:
            kind = _kind(listed, self._subject)
            bound = self._bounds[asked.number, listed] = Bound(asked.reading, kind, self._scorer)
        return bound

    def _compared(self, asked: _Asked, listed: Parsed, kind: Kind) -> Comparison:
        key = (asked.number, listed, kind)
        if (known := self._comparisons.get(key)) is None:
            known = self._comparisons[key] = self._scorer.parsed(asked.reading, listed, kind)
        return known

    def _best(self, number: int, readings: list[_Asked]) -> Best:
        """The best pair of names; a strong alias goes before a weak one of the same score."""
        entry, _ = self._index.entry(number)
        names = {name.number: name for name in self._index.store.names_of(number)}
        words = {name.number: name.words for name in names.values()}
        best: tuple[float, bool] = (0.0, False)
        pair: tuple[_Asked, Parsed, Name] | None = None
        for asked in readings:
            for listed in map(names.__getitem__, _likeliest(asked.reading.words, words)[:_ALIASES]):
                if best == _BEST or self._most(asked, listed) < best[0]:
                    continue
                score, place = self._score(asked, listed)
                name = entry.names[listed.place]
                if (score, not name.weak) > best:
                    best, pair = (score, not name.weak), (asked, listed.reading(-place), name)
        if pair is None:  # found by its number alone
            return NOTHING, self._subject.names[0], entry.names[0]
        asked, reading, name = pair
        return self._compared(asked, reading, _kind(entry.kind, self._subject)), asked.text, name


def _shown(near: dict[int, float], policy: Policy) -> list[int]:
    """All that match, and the nearest of the rest; ties by number, which follows the ids."""
    ranked = sorted(near, key=lambda number: (-near[number], number))
    matches = [number for number in ranked if near[number] >= policy.threshold]
    return ranked[: len(matches) + policy.near_shown]


def _likeliest(words: str, listed: Mapping[int, list[str]]) -> list[int]:
    """Names, given with the words of their readings, by likeness as a whole in the best of these."""
    if len(listed) < 2:
        return list(listed)
    owners = [number for number, readings in listed.items() for _ in readings]
    texts = list(chain.from_iterable(listed.values()))
    order = process.extract(words, texts, scorer=fuzz.token_sort_ratio, limit=None)
    return list(dict.fromkeys(owners[place] for _, _, place in order))


def _in_turn(ways: Iterable[Iterable[int]], likeliest: list[int]) -> list[int]:
    """The best by spelling, by sound and by likeness of the whole, one of each in turn: each order misjudges some."""
    known = set(likeliest)
    orders = ([number for number in way if number in known] for way in ways)
    turns = chain.from_iterable(zip_longest(*orders, likeliest))
    return [number for number in dict.fromkeys(turns) if number is not None]


def _kind(listed: Kind, subject: Subject) -> Kind:
    """As what two names are compared."""
    return subject.kind if listed == Kind.PARTY else listed


def _hit(subject: Subject, entry: Entry, content: str, best: Best, scorer: Scorer, now: datetime) -> Hit:
    found, asked, name = best
    policy = scorer.policy
    points = corroborate.points(subject, entry, policy)
    remarks = _remarks(entry, name, points, policy, now)
    by_number = any(p.about == "identifier" and p.verdict == "for" for p in points)
    match = (found.score >= policy.threshold or by_number) and not remarks
    losses = scorer.losses(_kind(entry.kind, subject))
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
