"""The reverse index: a change of a list concerns exactly the clients whom screening everybody again would find."""

import dataclasses
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Entry, Identifier, Kind, ListVersion, Name, diff
from kyc.screening import Index, Policy, Subject
from kyc.screening.changes import Changed, Holders
from kyc.screening.names import parse
from kyc.screening.quality import misspell
from kyc.screening.reverse import Hashing, Reading
from kyc.screening.scorer import Scorer
from tests.kyc.samples import NOW

HASHING = Hashing(bytes(32))
POLICY = Policy.read()
GIVEN = re.findall(
    r"\w+",
    "Maria Anna Ivan Petr Mohammed Ahmed Ali Fatima John William Elena Olga Sergei Yusuf Omar Carlos Juan Luis Wei "
    "Li Min Kim Park Hans Greta Lars Ingrid Pierre Marie Aleksandr Viktor Natalia Abdul Karim Hassan Robert James",
)
FAMILY = re.findall(
    r"\w+",
    "Petersen Ivanov Petrov Sidorov Kuznetsov Garcia Lopez Martinez Hernandez Khan Rahman Hussein Smith Jones Brown "
    "Muller Schmidt Schneider Dubois Moreau Bernard Rossi Bianchi Nguyen Tran Chen Wang Zhang Kowalski Nowak Novak",
)
SYLLABLES = re.findall(r"\w+", "ba be dor fa gri hin kel kra lin mar nor per qui rin sel sto tel tor vin zan")


def invented(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.choice((2, 3, 3)))).title()


def a_name(dice: random.Random) -> str:
    family = dice.choice(FAMILY) if dice.random() < 0.5 else invented(dice)
    middle = [dice.choice(GIVEN)] if dice.random() < 0.3 else []
    return " ".join([dice.choice(GIVEN), *middle, family])


def entries(count: int, dice: random.Random) -> list[Entry]:
    return [
        Entry(f"test:{n:05}", Kind.PERSON, tuple(Name(a_name(dice)) for _ in range(dice.choice((1, 1, 3)))))
        for n in range(count)
    ]


def version(found: Sequence[Entry]) -> ListVersion:
    return ListVersion("test", "own-csv", tuple(sorted(found, key=lambda e: e.id)), NOW)


def next_version(before: Sequence[Entry], dice: random.Random) -> ListVersion:
    """Forty entries say something else, forty are new, ten are gone."""
    chosen = dice.sample(list(before), 40)
    changed = {e.id: dataclasses.replace(e, names=(*e.names, Name(a_name(dice)))) for e in chosen}
    new = [dataclasses.replace(e, id=f"test:9{e.id[5:]}") for e in entries(40, dice)]
    gone = {e.id for e in dice.sample(list(before), 10)} - changed.keys()
    return version([changed.get(e.id, e) for e in before if e.id not in gone] + new)


def subjects(count: int, listed: Sequence[Entry], dice: random.Random) -> list[Subject]:
    """Clients of whom one in ten is called like somebody listed, or nearly so."""

    def name() -> str:
        if dice.random() > 0.1:
            return a_name(dice)
        real = dice.choice(dice.choice(listed).names).text
        return misspell(real, dice) if dice.random() < 0.7 else real

    return [Subject(id=f"client_{n}", kind=Kind.PERSON, names=(name(),)) for n in range(count)]


class Kept:
    """The reverse index in memory."""

    def __init__(self, clients: Sequence[Subject]) -> None:
        self._names: list[tuple[str, Kind, Reading]] = []
        self._keys: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for client in clients:
            readings, words = HASHING.readings(client)
            self._names += [(client.id, client.kind, reading) for reading in readings]
            for word, keys in words.items():
                for key, less in keys.items():
                    self._keys[key].add((word, less))

    def touched(self, keys: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        return ((key, word, less) for key in keys for word, less in self._keys.get(key, ()))

    def holders(self, words: Sequence[int]) -> list[Holders]:
        asked, found = set(words), defaultdict[tuple[Kind, str, int], list[tuple[int, int]]](list)
        for number, (_, kind, reading) in enumerate(self._names):
            for place, word in enumerate(reading.words):
                if word in asked:
                    found[kind, reading.marks, place].append((word, number))
        return [Holders(*where, *zip(*having, strict=True)) for where, having in found.items()]

    def clients(self, numbers: Iterable[int]) -> set[str]:
        return {self._names[number][0] for number in numbers}

    def whole(self, wholes: Sequence[int]) -> set[int]:
        return {number for number, (*_, reading) in enumerate(self._names) if set(wholes) & set(reading.wholes)}


def in_question(changed: Sequence[Entry], clients: Sequence[Subject]) -> set[str]:
    kept, change = Kept(clients), Changed(changed, HASHING, POLICY)
    holders = kept.holders(change.touch(kept.touched(change.keys)))
    return kept.clients(change.in_question(holders) | kept.whole(change.wholes))


Finding = tuple[str, str, str]


def findings(index: Index, clients: Sequence[Subject]) -> set[Finding]:
    """Of all clients; those who are called the same are screened once."""
    namesakes = defaultdict(list)
    for client in clients:
        namesakes[client.names].append(client)
    screened = ((same, index.screen(same[0], POLICY, NOW)) for same in namesakes.values())
    return {(client.id, hit.entry, hit.content) for same, found in screened for client in same for hit in found.hits}


def test_a_change_raises_exactly_what_screening_everybody_again_would() -> None:
    dice = random.Random(7)
    before = version(entries(200, dice))
    after = next_version(before.entries, dice)
    change = diff(before, after)
    changed = [entry for entry in after.entries if entry.id in {*change.added, *change.changed}]
    clients = subjects(10_000, [*changed, *before.entries[:100]], dice)
    old, new = Index.build([before]), Index.build([after])

    concerned = in_question(changed, clients)
    everything = findings(new, clients)
    raised = {finding for finding in everything if finding[0] in concerned}

    named = {client_id for client_id, _, _ in everything}
    ids = {entry.id for entry in changed}
    before_it = findings(old, [client for client in clients if client.id in named])
    fresh = everything - before_it
    assert {finding for finding in raised if finding[1] in ids} == {f for f in everything if f[1] in ids}
    assert fresh <= raised
    assert len(fresh) > 50
    assert len(concerned) < 3 * len({finding[0] for finding in raised})


def test_a_number_that_is_listed_is_enough() -> None:
    entry = Entry("test:1", Kind.PERSON, (Name("Quirin Zanvin"),), identifiers=(Identifier("passport", "AB 12-34"),))
    bearer = Subject.model_validate(
        {"id": "client_1", "kind": "person", "names": ("Maria Rossi",),
         "identifiers": ({"kind": "passport", "value": "ab1234"},)}
    )  # fmt: skip

    assert in_question([entry], [bearer]) == {"client_1"}


def test_one_common_name_alone_concerns_nobody() -> None:
    entry = Entry("test:1", Kind.PERSON, (Name("Maria Kovalenko"),))

    assert in_question([entry], [Subject(id="client_1", kind=Kind.PERSON, names=("Maria Rossi",))]) == set()


def test_the_hashes_tell_nothing_without_the_secret() -> None:
    subject = Subject(id="client_1", kind=Kind.PERSON, names=("Maria Rossi",))

    assert not set(Hashing(b"1" * 32).readings(subject)[1]) & set(Hashing(b"2" * 32).readings(subject)[1])


LETTERS = st.text("abcdehk", min_size=2, max_size=14)
NAMES = st.lists(
    st.one_of(LETTERS, st.sampled_from([*GIVEN, *FAMILY, "Bob", "Abdulrahman", "Rahman", "J", "bin"])),
    min_size=1,
    max_size=4,
).map(" ".join)
HEBREW = st.text("אבגדכלמנרשת", min_size=3, max_size=8)
COMPANIES = st.builds(
    "{} {}".format, NAMES, st.sampled_from(["Trading", "Ltd", "Bank of Africa", "2", "Group Trading LLC"])
)


def a_pair(names: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    """Two names, or one and what became of it: letters wrong, parts changed for others or left out."""

    @st.composite
    def pair(draw: st.DrawFn) -> tuple[str, str]:
        name = draw(names)
        if draw(st.booleans()):
            return name, draw(names)
        dice = draw(st.randoms(use_true_random=False))
        other = name
        for _ in range(dice.randrange(4)):
            other = misspell(other, dice)
        words = other.split()
        if len(words) > 1 and dice.random() < 0.3:
            words.pop(dice.randrange(len(words)))
        if dice.random() < 0.3:
            words.append(draw(LETTERS))
        return name, " ".join(words)

    return pair()


def reaches(asked: str, listed: str, kind: Kind) -> bool:
    """Whether the scorer calls them a match by their parts."""
    best = Scorer(POLICY).names(asked, listed, kind)
    single = len(best.tokens) == 1 and best.tokens[0].how == "joined"
    return best.score >= POLICY.threshold and not single


def found(asked: str, listed: str, kind: Kind) -> bool:
    return bool(in_question([Entry("test:1", kind, (Name(listed),))], [Subject(id="c", kind=kind, names=(asked,))]))


@given(a_pair(NAMES))
@settings(max_examples=500, deadline=None)
def test_two_persons_whom_the_scorer_matches_come_into_question(pair: tuple[str, str]) -> None:
    assert found(*pair, Kind.PERSON) or not reaches(*pair, Kind.PERSON)


@given(a_pair(COMPANIES))
@settings(max_examples=200, deadline=None)
def test_two_companies_that_the_scorer_matches_come_into_question(pair: tuple[str, str]) -> None:
    assert found(*pair, Kind.COMPANY) or not reaches(*pair, Kind.COMPANY)


@given(HEBREW, a_pair(NAMES), st.booleans())
@settings(max_examples=200, deadline=None)
def test_names_without_vowels_that_the_scorer_matches_come_into_question(
    written: str, pair: tuple[str, str], turned: bool
) -> None:
    spelt = parse(written, Kind.PERSON)[0].words
    here, there = f"{written} {pair[0]}", f"{misspell(spelt, random.Random(len(written)))} {pair[1]}"
    asked, listed = (there, here) if turned else (here, there)

    assert found(asked, listed, Kind.PERSON) or not reaches(asked, listed, Kind.PERSON)


@given(st.lists(LETTERS.filter(lambda word: len(word) < 9), min_size=2, max_size=3), st.integers(0, 3), st.randoms())
@settings(max_examples=300, deadline=None)
def test_neighbours_in_a_list_that_are_one_word_of_a_client_come_into_question(
    words: list[str], wrong: int, dice: random.Random
) -> None:
    joined = "".join(words)
    for _ in range(wrong):
        joined = misspell(joined, dice)
    asked, listed = f"{joined} Petersen", f"{' '.join(words)} Petersen"

    assert found(asked, listed, Kind.PERSON) or not reaches(asked, listed, Kind.PERSON)
