"""The most that two names can score when only this is known: the roles of their parts, and which may be how alike."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from kyc.screening.parsed import Role
from kyc.screening.policy import Policy
from kyc.screening.scorer import LONGEST_JOIN, Sums, worth

MARKS = {
    Role.NAME: "n", Role.COMMON: "c", Role.PLACE: "p", Role.NUMBER: "0", Role.INITIAL: "i", Role.PARTICLE: "x",
    Role.FORM: "f",
}  # fmt: skip
_MOST_PAIRS = 12  # beyond, every way to pair them would take too long

MayPair = tuple[int, int, float]  # the parts of one side and of the other, as bits, and how alike they are at most


class Ceiling:
    """Names are given as the marks of their parts, one letter each."""

    def __init__(self, policy: Policy) -> None:
        self._losses = policy.losses
        self._initial = policy.likeness.initial
        self._weights: dict[str, Mapping[str, float]] = {
            side: {mark: getattr(weights, role.value) or 0.5 for role, mark in MARKS.items()}
            for side, weights in policy.weights.items()
        }
        self._threshold = policy.threshold
        least = min(losses.spelling for losses in policy.losses.values()) * policy.threshold
        self.strong = least / (1 - policy.threshold + least)  # so alike the likest parts of two names must be
        self.score = lru_cache(maxsize=200_000)(self._score)
        self.beside = lru_cache(maxsize=100_000)(self._beside)
        self.needed = lru_cache(maxsize=100_000)(self._needed)

    def _score(
        self, side: str, asked: str, listed: str, pairs: tuple[MayPair, ...], standing: tuple[int, int] = (0, 0)
    ) -> float:
        """Over every way to pair the parts; never below what the scorer gives. So many initials of each side may be
        `standing` for parts of the other of which nothing is known."""
        weights = self._weights[side]
        mine, theirs = [weights[mark] for mark in asked], [weights[mark] for mark in listed]
        if len(pairs) > _MOST_PAIRS:
            return 1.0 if any(standing) else self._generous(side, mine, theirs, pairs)
        best, initials = 0.0, (_bits(asked, "i"), _bits(listed, "i"))
        for chosen in _disjoint(pairs):
            agreed = differing = 0.0
            for one, other, like in chosen:
                both = _weight(mine, one), _weight(theirs, other)
                initial = like < 1 and (one & initials[0] or other & initials[1])
                weight = min(both) if initial else sum(both) / 2
                agreed += round(like, 4) * weight
                differing += (1 - round(like, 4)) * weight
            used_a, used_b = sum(pair[0] for pair in chosen), sum(pair[1] for pair in chosen)
            left_a = [(mine[n], mark == "i") for n, mark in enumerate(asked) if not used_a >> n & 1]
            left_b = [(theirs[n], mark == "i") for n, mark in enumerate(listed) if not used_b >> n & 1]
            best = max(best, *self._finished(side, agreed, differing, left_a, left_b, standing))
        return best

    def _finished(
        self, side: str, agreed: float, differing: float, left_a: list["_Left"], left_b: list["_Left"],
        standing: tuple[int, int],
    ) -> Iterator[float]:  # fmt: skip
        """With none, some or all of so many initials standing for the weightiest parts that the other side has left."""
        own = self._initial * self._weights[side]["i"]
        most_a, most_b = min(standing[0], _initials(left_a)), min(standing[1], _initials(left_b))
        for mine in range(most_a + 1):
            for theirs in range(most_b + 1):
                a, b = _spent(left_a, mine, theirs), _spent(left_b, theirs, mine)
                yield worth(Sums(agreed + own * (mine + theirs), differing, a, b), False, self._losses[side])

    def _generous(self, side: str, mine: list[float], theirs: list[float], pairs: Sequence[MayPair]) -> float:
        """Everything that may agree agrees, as well as it may."""
        used_a = used_b = 0
        for one, other, _ in pairs:
            used_a, used_b = used_a | one, used_b | other
        whole_a, whole_b = _weight(mine, used_a), _weight(theirs, used_b)
        sums = Sums(max(whole_a, whole_b), 0.0, sum(mine) - whole_a, sum(theirs) - whole_b)
        return worth(sums, False, self._losses[side])

    def _beside(self, side: str, asked: str, listed: str, pair: MayPair) -> float:
        """With this pair, and everything beside it that agrees with anything."""
        weights, (one, other, like) = self._weights[side], pair
        mine, theirs = [weights[mark] for mark in asked], [weights[mark] for mark in listed]
        both = (_weight(mine, one) + _weight(theirs, other)) / 2
        left = sum(mine) - _weight(mine, one), sum(theirs) - _weight(theirs, other)
        rest = max(left) if min(left) > 0 else 0.0
        return worth(
            Sums(like * both + rest, (1 - like) * both, *((0.0, 0.0) if rest else left)), False, self._losses[side]
        )

    def _needed(self, side: str, asked: str, listed: str) -> int | None:
        """How many parts must agree, one with one, for the threshold; None: all of them would not do."""
        a, b = sorted(asked), sorted(listed)
        for count in range(1, min(len(a), len(b)) + 1):
            for mine in set(combinations(a, count)):
                for theirs in set(combinations(b, count)):
                    one, other = _less(a, mine), _less(b, theirs)
                    if self._agreeing(side, mine, theirs, one, other) >= self._threshold:
                        return count
        return None

    def _agreeing(
        self, side: str, mine: Sequence[str], theirs: Sequence[str], one: Sequence[str], other: Sequence[str]
    ) -> float:
        weights = self._weights[side]
        agreed = sum(weights[mark] for mark in (*mine, *theirs)) / 2
        left_a, left_b = ([(weights[mark], mark == "i") for mark in rest] for rest in (one, other))
        standing = len(one), len(other)
        return max(self._finished(side, agreed, 0.0, left_a, left_b, standing))


def runs(name: str) -> list[int]:
    """The places, as bits, of the neighbours in a name (by its marks) that may be written as one word."""
    return [
        ((1 << width) - 1) << start
        for width in range(2, LONGEST_JOIN + 1)
        for start in range(len(name) - width + 1)
        if not set(name[start : start + width]) & {"i", "0"}
    ]


def places(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


_Left = tuple[float, bool]  # what a part weighs, and whether it is an initial


def _spent(left: list[_Left], own: int, others: int) -> float:
    """The weight that is left when so many of its own initials, and others' as many parts, have found a fellow."""
    initials = [weight for weight, initial in left if initial][own:]
    rest = sorted([weight for weight, initial in left if not initial] + initials, reverse=True)
    return max(0.0, round(sum(rest[others:]), 6))


def _initials(left: list["_Left"]) -> int:
    return sum(initial for _, initial in left)


def _bits(marks: str, mark: str) -> int:
    return sum(1 << place for place, each in enumerate(marks) if each == mark)


def _weight(weights: list[float], places: int) -> float:
    return sum(weight for place, weight in enumerate(weights) if places >> place & 1)


def _less(marks: Sequence[str], taken: Sequence[str]) -> list[str]:
    left = list(marks)
    for mark in taken:
        left.remove(mark)
    return left


def _disjoint(pairs: Sequence[MayPair]) -> Iterator[tuple[MayPair, ...]]:
    """Every choice of pairs that share no part."""
    if not pairs:
        yield ()
        return
    first, rest = pairs[0], pairs[1:]
    yield from _disjoint(rest)
    for chosen in _disjoint([pair for pair in rest if not (pair[0] & first[0] or pair[1] & first[1])]):
        yield (first, *chosen)
