"""Lists of any size: the real ones, padded with invented people and companies made of real and invented words."""

import dataclasses
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kyc import lists
from kyc.lists import Entry, Kind, ListVersion, Name
from kyc.lists.dates import years
from kyc.screening.scripts import script_of

CHECKED = datetime(2026, 1, 1, tzinfo=UTC)
SYLLABLES = [
    "ba", "be", "bo", "da", "di", "dor", "el", "fa", "gri", "ha", "hin", "ja", "ka", "kel", "kra", "la",
    "lin", "lo", "ma", "mar", "mo", "na", "nor", "o", "pa", "per", "qui", "ra", "rin", "ro", "sa", "sel",
    "sto", "ta", "tel", "ti", "tor", "u", "va", "vin", "wo", "ya", "zan", "ze",
]  # fmt: skip
COMMON = 0.15  # of padding names take a family name that real lists hold; more would make them mostly namesakes
REAL = (
    ("un/consolidated_2026-02-27.xml",), ("ofac/sdn_2024-05-31.csv",), ("uk/FCDO_SL_2025-08-11.ods",),
    ("canada/sema_2025-05.xml",), ("pep/us_legislators-current.yaml",),
    tuple(f"ofac-consolidated/cons_{part}.csv" for part in ("prim", "alt", "add")),
    ("ofac-2021/sdn.csv", "ofac-2021/alt.csv", "ofac-2021/add.csv"),
)  # fmt: skip


def real_lists(data: Path) -> list[ListVersion]:
    """Every list at hand; the older OFAC set with its alias file goes under a name of its own."""
    found = [lists.load([data / "watchlists" / name for name in files], checked=CHECKED) for files in REAL]
    older = found.pop()
    moved = [dataclasses.replace(e, id=e.id.replace("ofac-sdn", "ofac-2021")) for e in older.entries]
    return [*found, dataclasses.replace(older, source="ofac-2021", entries=sorted(moved, key=lambda e: e.id))]


def latin_only(version: ListVersion) -> ListVersion:
    """The version without the names in other scripts, as a list is that does not give them."""
    kept = []
    for entry in version.entries:
        names = tuple(name for name in entry.names if script_of(name.text) == "latin")
        if names:
            kept.append(dataclasses.replace(entry, names=names))
    return dataclasses.replace(version, entries=kept)


@dataclasses.dataclass(frozen=True)
class Padding(Sequence[Entry]):
    """Invented entries by number, made when they are asked for: two million of them need no memory."""

    size: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> Entry:  # type: ignore[override]  # nobody slices it
        dice = random.Random(number)
        company = dice.random() < 0.3
        text = self._company(dice) if company else f"{dice.choice(self.given)} {self._family(dice)}"
        kind = Kind.COMPANY if company else Kind.PERSON
        born = () if company else (years(dice.randrange(1940, 2008)),)
        return Entry(id=f"zz-padding:{number:08}", kind=kind, names=(Name(text),), born=born)

    def __iter__(self) -> Iterator[Entry]:
        return (self[number] for number in range(self.size))

    def _family(self, dice: random.Random) -> str:
        return dice.choice(self.family) if dice.random() < COMMON else _invented(dice).title()

    def _company(self, dice: random.Random) -> str:
        trade = dice.sample(self.words, dice.choice((1, 2)))
        return " ".join([_invented(dice).title(), *trade, dice.choice(("Ltd", "LLC", "SA"))])


def _invented(dice: random.Random) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((2, 3, 3, 4))))


def padding(size: int, versions: Sequence[ListVersion]) -> ListVersion:
    """`size` invented entries whose given and some family names, and business words, are those of the real lists."""
    people = [e.name for v in versions for e in v.entries if e.kind == Kind.PERSON and "," in e.name]
    family = tuple(sorted({name.split(",")[0].title() for name in people}))
    given = tuple(sorted({name.split(",")[1].split()[0].title() for name in people if name.split(",")[1].split()}))
    firms = [e.name for v in versions for e in v.entries if e.kind == Kind.COMPANY]
    words = tuple(sorted({word.title() for name in firms for word in name.split() if word.isalpha() and len(word) > 4}))
    return Invented("zz-padding", "synthetic", Padding(size, given, family, words), CHECKED)


class Invented(ListVersion):
    """A list that nobody published: named by its size, since two million hashes would say no more."""

    @property
    def id(self) -> str:  # type: ignore[override]  # what is computed once elsewhere is known here
        return f"invented-{len(self.entries)}"
