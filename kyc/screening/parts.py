"""How alike two parts of names are, and why."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from kyc.screening.parsed import Part, Role
from kyc.screening.policy import Likeness
from kyc.screening.sounds import skeleton, sound
from kyc.screening.tables import table

SHORT = frozenset({Role.INITIAL, Role.NUMBER})  # what is compared by its letter, or as it stands
Alike = tuple[float, str]  # similarity from 0 to 1, and the reason in a word
NOT_ALIKE: Alike = (0.0, "")
ALIKE_WITHOUT_ABDUL = 0.9
REMEMBERED = 200_000  # pairs of words; names repeat, so most comparisons were made before


class Likenesses:
    """Compares parts of names under one policy and remembers what it found."""

    def __init__(self, policy: Likeness) -> None:
        self.policy = policy
        self._known: dict[str, float] = {}  # texts and numbers alone: the garbage collector need not look through these
        self._why: dict[str, str] = {}

    def of(self, a: Part, b: Part, abjad: bool) -> Alike:
        """How alike two parts are, and why. `abjad`: one side was written without vowels, so consonants may speak."""
        if a.text == b.text:
            return 1.0, "same"
        if a.role in SHORT or b.role in SHORT:
            initial = Role.INITIAL in (a.role, b.role)
            return (self.policy.initial, "initial") if initial and a.text[0] == b.text[0] else NOT_ALIKE
        if a.stem and b.stem:  # after "abdul" the name begins
            return self.words(a.stem, b.stem, abjad)
        if a.stem or b.stem:
            return self._without_abdul(a, b, abjad)
        return self.words(a.text, b.text, abjad)

    def _without_abdul(self, a: Part, b: Part, abjad: bool) -> Alike:
        """One side may leave the "abdul" out; then the rest has to be nearly the same."""
        whole = self.words(a.text, b.text, abjad)
        rest, _ = self.words(a.stem or a.text, b.stem or b.text, abjad)
        return max(whole, (rest * self.policy.sound, "sound")) if rest > ALIKE_WITHOUT_ABDUL else whole

    def words(self, a: str, b: str, abjad: bool) -> Alike:
        key = f"{a} {b}" if abjad else f"{a}-{b}"
        if (like := self._known.get(key)) is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
                self._why.clear()
            like, why = self._compare(a, b, abjad)
            self._known[key], self._why[key] = like, why
        return like, self._why[key]

    def _compare(self, a: str, b: str, abjad: bool) -> Alike:
        if a == b:
            return 1.0, "same"
        if _groups(a) & _groups(b):
            return self.policy.equivalent, "equivalent"
        best = max((_edits(a, b), "spelling"), (self._heard(a, b), "sound"))
        if abjad:
            best = max(best, (self._boned(skeleton(a), skeleton(b)), "consonants"))
        return best if best[0] >= self.policy.lowest else NOT_ALIKE

    def _heard(self, a: str, b: str) -> float:
        heard_a, heard_b = sound(a), sound(b)
        return self.policy.sound * (1.0 if heard_a == heard_b else _edits(heard_a, heard_b))

    def _boned(self, a: str, b: str) -> float:
        """Consonants alone: three that agree are good evidence, two are weak, one is none."""
        if a == b:
            return self.policy.across_scripts * (0.0, 0.0, 0.9, 1.0)[min(len(a), 3)]
        return self.policy.across_scripts * _edits(a, b) if min(len(a), len(b)) >= 4 else 0.0


def _edits(a: str, b: str) -> float:
    """1 less the share of letters edited; 0 beyond what a typing or transcription error explains."""
    longer, shorter = len(a), len(b)
    if longer < shorter:
        longer, shorter = shorter, longer
    allowed = 0 if longer <= 2 else 1 if longer <= 5 else 2 if longer <= 11 else 3
    if longer - shorter > allowed:
        return 0.0
    distance = OSA.distance(a, b, score_cutoff=allowed)
    return 1 - distance / longer if distance <= allowed else 0.0


def relatives(word: str) -> frozenset[str]:
    """The names of which a word is another form."""
    groups = table("nicknames")
    return frozenset(name for number in _groups(word) for name in groups[number])


@lru_cache(maxsize=65536)
def _groups(word: str) -> frozenset[int]:
    return _nicknames().get(word, _NO_GROUP)


_NO_GROUP: frozenset[int] = frozenset()


@lru_cache(maxsize=1)
def _nicknames() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(table("nicknames")):
        for name in group:
            found.setdefault(name, set()).add(number)
    return {name: frozenset(groups) for name, groups in found.items()}
