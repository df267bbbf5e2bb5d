"""How similar two names are: what agrees, what differs and what is missing, part by part, priced by policy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kyc.lists import Kind
from kyc.screening.names import Parsed, Part, Role, parse
from kyc.screening.parts import Likenesses
from kyc.screening.policy import Losses, Policy, Weights

LONGEST_JOIN = 4  # "Plat Ono Vich" for Platonovich; more pieces than that are another name
ABJADS = ("arabic", "hebrew")


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
MISSING = "missing"


def price(tokens: Sequence[Token], swapped: bool, losses: Losses) -> float:
    """The score of an alignment: what agrees, against what is spelled otherwise, contradicts or is left out."""
    matched = [t for t in tokens if t.how != MISSING]
    agreed = sum(t.likeness * t.weight for t in matched)
    if not agreed:
        return 0.0
    left_asked = sum(t.weight for t in tokens if t.how == MISSING and t.asked)
    left_listed = sum(t.weight for t in tokens if t.how == MISSING and t.listed)
    conflict = min(left_asked, left_listed)
    omission = max(left_asked, left_listed) - conflict
    lost = losses.spelling * sum((1 - t.likeness) * t.weight for t in matched) + losses.conflict * conflict
    lost += (losses.omission + losses.few * max(0.0, 2 - agreed)) * omission
    score = agreed / (agreed + lost) * (1 - losses.conflict_factor * min(1.0, conflict))
    return round(score * (1 - losses.swapped_father * swapped), 4)


class Scorer:
    """Scores pairs of names under one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._likenesses = Likenesses(policy.likeness)

    def names(self, asked: str, listed: str, kind: Kind) -> Comparison:
        """The best comparison among the readings of both names."""
        found = [self.parsed(a, b, kind) for a in parse(asked, kind) for b in parse(listed, kind)]
        return max(found, key=lambda c: c.score, default=NOTHING)

    def parsed(self, asked: Parsed, listed: Parsed, kind: Kind) -> Comparison:
        person = kind == Kind.PERSON
        weights = self.policy.weights["person" if person else "company"]
        losses = self.policy.losses["person" if person else "company"]
        return _Alignment(asked, listed, self._likenesses, weights, losses, self.policy.likeness.joined).result()


class _Alignment:
    """Pairs the parts of two names, the most alike first, and prices what is left."""

    def __init__(
        self, asked: Parsed, listed: Parsed, likenesses: Likenesses, weights: Weights, losses: Losses, joined: float
    ) -> None:
        self._a, self._b = asked.telling, listed.telling
        self._likenesses, self._losses, self._joined = likenesses, losses, joined
        self._abjad = asked.script in ABJADS or listed.script in ABJADS
        self._weigh_a = [_weight(p, weights) for p in self._a]
        self._weigh_b = [_weight(p, weights) for p in self._b]
        self._free_a, self._free_b = set(range(len(self._a))), set(range(len(self._b)))

    def result(self) -> Comparison:
        if [p.text for p in self._a] == [p.text for p in self._b]:
            tokens = [Token(p.text, p.text, "same", 1.0, w) for p, w in zip(self._a, self._weigh_a, strict=True)]
            return Comparison(1.0, tuple(tokens))
        pairs = self._pair()
        tokens = list(self._tokens(pairs))
        swapped = self._swapped(pairs)
        return Comparison(price(tokens, swapped, self._losses), tuple(tokens), swapped)

    def _swapped(self, pairs: list["_Pair"]) -> bool:
        """Whether a name stands for the son on one side and for the father on the other, and both name a father."""
        if not any(p.father for p in self._a) or not any(p.father for p in self._b):
            return False
        return any(self._a[a[0]].father != self._b[b[0]].father for a, b, like, _ in pairs if like == 1.0)

    def _pair(self) -> list["_Pair"]:
        taken = []
        for a, b, like, how in sorted(self._possible(), key=self._order):
            if self._free_a.issuperset(a) and self._free_b.issuperset(b):
                self._free_a.difference_update(a)
                self._free_b.difference_update(b)
                taken.append((a, b, like, how))
        return taken

    def _order(self, pair: "_Pair") -> tuple[float, int, tuple[int, ...]]:
        a, b, like, _ = pair
        weight = (self._sum_a(a) + self._sum_b(b)) / 2
        return -like * weight, abs(a[0] - b[0]), a

    def _possible(self) -> Iterator["_Pair"]:
        for i, p in enumerate(self._a):
            for j, q in enumerate(self._b):
                like, how = self._likenesses.of(p, q, self._abjad)
                if like:
                    yield (i,), (j,), like, how
        yield from self._joins(self._a, self._b, flip=False)
        yield from self._joins(self._b, self._a, flip=True)

    def _joins(self, many: tuple[Part, ...], one: tuple[Part, ...], flip: bool) -> Iterator["_Pair"]:
        """Neighbours on one side that are one word on the other."""
        for start in range(len(many) - 1):
            for end in range(start + 2, min(start + LONGEST_JOIN, len(many)) + 1):
                word = "".join(p.text for p in many[start:end])
                group = tuple(range(start, end))
                for at, part in enumerate(one):
                    if abs(len(part.text) - len(word)) > 2 or part.role == Role.INITIAL:
                        continue
                    like, _ = self._likenesses.words(word, part.text, self._abjad)
                    if like >= 0.8:
                        a, b = ((at,), group) if flip else (group, (at,))
                        yield a, b, like * self._joined, "joined"

    def _tokens(self, pairs: list["_Pair"]) -> Iterator[Token]:
        for a, b, like, how in sorted(pairs):
            sums = self._sum_a(a), self._sum_b(b)
            weight = min(sums) if how == "initial" else sum(sums) / 2
            yield Token(_text(self._a, a), _text(self._b, b), how, round(like, 4), round(weight, 4))
        for i in sorted(self._free_a):
            yield Token(self._a[i].text, "", MISSING, 0.0, self._weigh_a[i])
        for j in sorted(self._free_b):
            yield Token("", self._b[j].text, MISSING, 0.0, self._weigh_b[j])

    def _sum_a(self, places: tuple[int, ...]) -> float:
        return sum(self._weigh_a[i] for i in places)

    def _sum_b(self, places: tuple[int, ...]) -> float:
        return sum(self._weigh_b[j] for j in places)


_Pair = tuple[tuple[int, ...], tuple[int, ...], float, str]


def _weight(part: Part, weights: Weights) -> float:
    weight: float = getattr(weights, part.role.value)
    return weight or 0.5  # a name of particles alone still has to be compared


def _text(parts: tuple[Part, ...], places: tuple[int, ...]) -> str:
    return " ".join(parts[i].text for i in places)
