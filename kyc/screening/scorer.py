"""How similar two names are: what agrees, what differs and what is missing, part by part, priced by policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kyc.lists import Kind
from kyc.screening.names import parse
from kyc.screening.parsed import SHORTEST_INITIALS, Parsed, Part, Role, initials
from kyc.screening.parts import Likenesses
from kyc.screening.policy import Losses, Policy

LONGEST_JOIN = 4  # "Plat Ono Vich" for Platonovich; more pieces than that are another name
ALIKE_JOINED = 0.8  # neighbours joined must come nearer to a word than a single word must
ABJADS = ("arabic", "hebrew")
SYLLABIC = ("han", "hangul")
MISSING = "missing"
_LOOSE = {("hangul", "hangul-plain"), ("hangul-plain", "hangul"), ("hangul-plain", "hangul-plain")}
NEVER_JOINED = (Role.INITIAL, Role.NUMBER)

Places = tuple[int, ...]
Pair = tuple[Places, Places, float, str]  # parts asked for, parts listed, how alike, and why


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the alignment. `how`: same, spelling, sound, equivalent, consonants, initial, joined, or missing."""

    asked: str
    listed: str
    how: str
    likeness: float
    weight: float


@dataclass(frozen=True, slots=True)
class Comparison:
    score: float
    tokens: tuple[Token, ...] = ()
    swapped_father: bool = False


NOTHING = Comparison(0.0)


class Sums(NamedTuple):
    """Weights of an alignment: what agrees, what is spelled otherwise, and what is left on each side."""

    agreed: float
    differing: float
    left_asked: float
    left_listed: float


def price(tokens: Sequence[Token], swapped: bool, losses: Losses) -> float:
    """The score of an alignment as its tokens tell it."""
    matched = [token for token in tokens if token.how != MISSING]
    missing = [token for token in tokens if token.how == MISSING]
    sums = Sums(
        sum(t.likeness * t.weight for t in matched),
        sum((1 - t.likeness) * t.weight for t in matched),
        sum(t.weight for t in missing if t.asked),
        sum(t.weight for t in missing if t.listed),
    )
    return worth(sums, swapped, losses)


def worth(sums: Sums, swapped: bool, losses: Losses) -> float:
    """What agrees, against what is spelled otherwise, contradicts or is left out."""
    agreed, differing, left_asked, left_listed = sums
    if not agreed:
        return 0.0
    conflict = min(left_asked, left_listed)
    omission = max(left_asked, left_listed) - conflict
    lost = losses.spelling * differing + losses.conflict * conflict
    lost += (losses.omission + losses.few * max(0.0, 2 - agreed)) * omission
    score = agreed / (agreed + lost) * (1 - losses.conflict_factor * min(1.0, conflict))
    return round(score * (1 - losses.swapped_father * swapped), 4)


class Scorer:
    """Scores pairs of names under one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.likenesses = Likenesses(policy.likeness)
        self._weights = {
            side: {role: getattr(weights, role.value) or 0.5 for role in Role}  # particles alone must weigh something
            for side, weights in policy.weights.items()
        }

    def names(self, asked: str, listed: str, kind: Kind) -> Comparison:
        """The best comparison among the readings of both names."""
        found = [self.parsed(a, b, kind) for a in parse(asked, kind) for b in parse(listed, kind)]
        return max(found, key=lambda c: c.score, default=NOTHING)

    def losses(self, kind: Kind) -> Losses:
        return self.policy.losses["person" if kind == Kind.PERSON else "company"]

    def parsed(self, asked: Parsed, listed: Parsed, kind: Kind) -> Comparison:
        """Two readings against each other, with the alignment that made the score."""
        if whole := self._whole(asked, listed, kind):
            return whole
        mine, theirs = self._weigh(asked.parts, kind), self._weigh(listed.parts, kind)
        pairs = self._pair(asked, listed, mine, theirs)
        if not pairs:
            return self._as_one(asked, listed, kind)
        tokens = tuple(_tokens(asked.parts, listed.parts, pairs, mine, theirs))
        swapped = _swapped(asked.parts, listed.parts, pairs)
        return Comparison(price(tokens, swapped, self.losses(kind)), tokens, swapped)

    def score(self, asked: Parsed, listed: Parsed, kind: Kind) -> float:
        """The score alone, without the words for it: a screening looks at many names and explains few."""
        if whole := self._whole(asked, listed, kind):
            return whole.score
        mine, theirs = self._weigh(asked.parts, kind), self._weigh(listed.parts, kind)
        pairs = self._pair(asked, listed, mine, theirs)
        if not pairs:
            return self._as_one(asked, listed, kind).score
        return worth(_sums(pairs, mine, theirs), _swapped(asked.parts, listed.parts, pairs), self.losses(kind))

    def weights(self, kind: Kind) -> Mapping[Role, float]:
        return self._weights["person" if kind == Kind.PERSON else "company"]

    def _weigh(self, parts: tuple[Part, ...], kind: Kind) -> list[float]:
        weights = self.weights(kind)
        return [weights[part.role] for part in parts]

    def _whole(self, asked: Parsed, listed: Parsed, kind: Kind) -> Comparison | None:
        """Names that are the same, or the same when written without blanks."""
        if (asked.script, listed.script) in _LOOSE:
            return NOTHING  # two names in Hangul are compared by their exact reading alone
        if asked.words == listed.words:
            weighed = zip(asked.parts, self._weigh(asked.parts, kind), strict=True)
            return Comparison(1.0, tuple(Token(part.text, part.text, "same", 1.0, weight) for part, weight in weighed))
        if asked.joined == listed.joined:
            joined = self.policy.likeness.joined
            return Comparison(joined, (Token(asked.words, listed.words, "joined", joined, 1.0),))
        return None

    def _as_one(self, asked: Parsed, listed: Parsed, kind: Kind) -> Comparison:
        """Names without a part in common: the whole written otherwise, or one the initials of the other."""
        likeness = self.policy.likeness
        like, _ = self.likenesses.words(asked.joined, listed.joined, False)
        if like >= ALIKE_JOINED:
            score = round(like * likeness.joined, 4)
            return Comparison(score, (Token(asked.words, listed.words, "joined", score, 1.0),))
        if kind != Kind.PERSON and _initials(asked, listed):
            score = likeness.initials if min(len(asked.joined), len(listed.joined)) > 3 else likeness.few_initials
            return Comparison(score, (Token(asked.words, listed.words, "initials", score, 1.0),))
        return NOTHING

    def _pair(self, asked: Parsed, listed: Parsed, mine: list[float], theirs: list[float]) -> list[Pair]:
        """The same words first, then the most alike of what is left, neighbours joined among them."""
        a, b = asked.parts, listed.parts
        pairs, free_a, free_b = _same(a, b)
        if not free_a or not free_b:
            return pairs
        abjad = asked.script in ABJADS or listed.script in ABJADS
        if asked.script in SYLLABIC and asked.script == listed.script:
            return pairs  # one syllable more or less is another name
        possible = self._near(a, b, free_a, free_b, abjad)
        if len(free_a) > 1:
            possible += self._joins(a, b, free_a, free_b, abjad)
        if len(free_b) > 1:
            possible += [(j, i, like, how) for i, j, like, how in self._joins(b, a, free_b, free_a, abjad)]
        if len(possible) > 1:
            possible.sort(key=lambda p: (-p[2] * (_sum(mine, p[0]) + _sum(theirs, p[1])), p))
        return pairs + _disjoint(possible)

    def _near(
        self, a: tuple[Part, ...], b: tuple[Part, ...], free_a: list[int], free_b: list[int], abjad: bool
    ) -> list[Pair]:
        found = []
        for i in free_a:
            found += [((i,), (j,), *self.likenesses.of(a[i], b[j], abjad)) for j in free_b]
        return [pair for pair in found if pair[2]]

    def _joins(
        self, many: tuple[Part, ...], one: tuple[Part, ...], free_many: list[int], free_one: list[int], abjad: bool
    ) -> Iterator[Pair]:
        """Neighbours on one side that are one word on the other."""
        for start in free_many:
            word, end = many[start].text, start + 1
            while end in free_many and end - start < LONGEST_JOIN and many[start].role not in NEVER_JOINED:
                if many[end].role in NEVER_JOINED:
                    break
                word, end = word + many[end].text, end + 1
                for at in free_one:
                    text = one[at].text
                    if text[0] == word[0] and abs(len(text) - len(word)) <= 2:
                        like, _ = self.likenesses.words(word, text, abjad)
                        if like >= ALIKE_JOINED:
                            yield tuple(range(start, end)), (at,), like * self.policy.likeness.joined, "joined"


def _initials(one: Parsed, other: Parsed) -> bool:
    """Whether one name is three initials or more of the other's words."""
    return any(
        len(short.parts) == 1 and len(long.parts) >= SHORTEST_INITIALS and initials(long) == short.joined
        for short, long in ((one, other), (other, one))
    )


def _disjoint(ranked: Sequence[Pair]) -> list[Pair]:
    """The pairs in their order, without those of which a part is taken already."""
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    pairs = []
    for pair in ranked:
        if taken_a.isdisjoint(pair[0]) and taken_b.isdisjoint(pair[1]):
            taken_a.update(pair[0])
            taken_b.update(pair[1])
            pairs.append(pair)
    return pairs


def _same(a: tuple[Part, ...], b: tuple[Part, ...]) -> tuple[list[Pair], list[int], list[int]]:
    """Parts that are the same word, and the places left on each side.

    Of several, the one that stands for the same person (oneself or one's father).
    """
    texts = [part.text for part in b]
    pairs: list[Pair] = []
    free_a, free_b = [], list(range(len(b)))
    for i, part in enumerate(a):
        if part.text not in texts or not (found := [j for j in free_b if texts[j] == part.text]):
            free_a.append(i)
            continue
        j = found[0] if len(found) == 1 else min(found, key=lambda j: (b[j].father != part.father, abs(i - j)))
        free_b.remove(j)
        pairs.append(((i,), (j,), 1.0, "same"))
    return pairs, free_a, free_b


def _swapped(a: tuple[Part, ...], b: tuple[Part, ...], pairs: list[Pair]) -> bool:
    """Whether a name stands for the son on one side and for the father on the other, and both name a father."""
    if not any(p.father for p in a) or not any(p.father for p in b):
        return False
    return any(a[i[0]].father != b[j[0]].father for i, j, like, _ in pairs if like == 1.0)


def _sums(pairs: list[Pair], mine: list[float], theirs: list[float]) -> Sums:
    agreed = differing = 0.0
    left_a, left_b = sum(mine), sum(theirs)
    for these, those, like, how in pairs:
        one, other = _sum(mine, these), _sum(theirs, those)
        left_a, left_b = left_a - one, left_b - other
        weight = min(one, other) if how == "initial" else (one + other) / 2
        like = round(like, 4)
        agreed += like * weight
        differing += (1 - like) * weight
    return Sums(agreed, differing, max(0.0, round(left_a, 6)), max(0.0, round(left_b, 6)))


def _tokens(
    a: tuple[Part, ...], b: tuple[Part, ...], pairs: list[Pair], mine: list[float], theirs: list[float]
) -> Iterator[Token]:
    free_a = set(range(len(a))).difference(*(p[0] for p in pairs))
    free_b = set(range(len(b))).difference(*(p[1] for p in pairs))
    for these, those, like, how in sorted(pairs):
        sums = _sum(mine, these), _sum(theirs, those)
        weight = min(sums) if how == "initial" else sum(sums) / 2
        yield Token(_text(a, these), _text(b, those), how, round(like, 4), round(weight, 4))
    for i in sorted(free_a):
        yield Token(a[i].text, "", MISSING, 0.0, mine[i])
    for j in sorted(free_b):
        yield Token("", b[j].text, MISSING, 0.0, theirs[j])


def _sum(weights: list[float], places: Places) -> float:
    return weights[places[0]] if len(places) == 1 else sum([weights[place] for place in places])


def _text(parts: tuple[Part, ...], places: Places) -> str:
    return " ".join(parts[place].text for place in places)
