"""Whether two sources name the same person or company: aware of scripts, of truncation and of the order of parts."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rapidfuzz.fuzz import ratio, token_sort_ratio

from kyc.transliteration import skeleton, variants

Likeness = Literal["match", "near", "conflict"]

ALIKE = 87  # of 100: one letter in eight; below it a reviewer sees a conflict instead of a near miss
_SHORTEST_SKELETON = 3  # consonants; two agree by chance


class NameText(BaseModel):
    """A name as one source gives it. Parts are used where they are known; `truncated` says that its end may be cut."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    full: str = ""
    given: str = ""
    family: str = ""
    truncated: bool = False

    @property
    def text(self) -> str:
        return self.full or f"{self.given} {self.family}".strip()

    @property
    def orders(self) -> tuple[str, ...]:
        """The name in the orders it may be written in: as given, and family name first or last."""
        parts = (f"{self.given} {self.family}", f"{self.family} {self.given}") if self.given and self.family else ()
        return tuple(dict.fromkeys(text for text in (self.full, *parts, self.given or self.family) if text.strip()))


def compare(one: NameText, other: NameText) -> Likeness:
    """`match` when a rendering of one is the other, or its cut beginning; `near` when a reviewer should look."""
    ones, others = _written(one), _written(other)
    if not ones or not others:
        return "conflict"
    if _same(ones, others) or _cut(one, other, ones, others):
        return "match"
    return "near" if _near(ones, others, across=_scripts(one) != _scripts(other)) else "conflict"


def _written(name: NameText) -> list[list[str]]:
    return [words for text in name.orders for form in variants(text) if (words := form.split())]


def _joined(names: Iterable[list[str]]) -> set[str]:
    return {"".join(words) for words in names}


def _same(ones: list[list[str]], others: list[list[str]]) -> bool:
    return not _joined(ones).isdisjoint(_joined(others))


def _cut(one: NameText, other: NameText, ones: list[list[str]], others: list[list[str]]) -> bool:
    if other.truncated and any(_begins(long, short) for long in ones for short in others):
        return True
    return one.truncated and any(_begins(long, short) for long in others for short in ones)


def _begins(long: list[str], short: list[str]) -> bool:
    """Whether `short` is `long` with its last words left off and the last one kept possibly cut; two words at least,
    or ten letters, so that a mere first name is no cut name."""
    if len(short) > len(long) or (len(short) < 2 and len("".join(short)) < 10):
        return False
    rest = list(long)
    for word in short[:-1]:
        if word not in rest:
            return False
        rest.remove(word)
    return any(word.startswith(short[-1]) for word in rest)


def _near(ones: list[list[str]], others: list[list[str]], *, across: bool) -> bool:
    for first in ones:
        for second in others:
            if _contained(first, second) or _alike(first, second):
                return True
            if across and _sounds(first) == _sounds(second) and len("".join(_sounds(first))) >= _SHORTEST_SKELETON:
                return True
    return False


def _contained(first: list[str], second: list[str]) -> bool:
    """The same words in another order, or with some left out, such as a middle name or a legal form."""
    short, long = sorted((set(first), set(second)), key=len)
    return short <= long and (len(short) > 1 or len("".join(short)) > 3)


def _alike(first: list[str], second: list[str]) -> bool:
    return max(token_sort_ratio(" ".join(first), " ".join(second)), ratio("".join(first), "".join(second))) >= ALIKE


def _sounds(words: list[str]) -> list[str]:
    return sorted(filter(None, map(skeleton, words)))


def _scripts(name: NameText) -> bool:
    return all(ord(char) < 0x250 for char in name.text)
