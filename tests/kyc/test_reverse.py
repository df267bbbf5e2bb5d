"""The reverse index: a change of a list concerns exactly the clients whom screening everybody again would find."""

import dataclasses
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Entry, Identifier, Kind, ListVersion, Name, diff
from kyc.screening import Index, Policy, Subject
from kyc.screening.changes import Changed
from kyc.screening.names import parse
from kyc.screening.quality import misspell
from kyc.screening.reverse import Hashing, Reading
from kyc.screening.scorer import Comparison, Scorer
from kyc.screening.shapes import APART, Holders
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
TRADES = ["Trading", "Shipping Ltd", "Bank", "2", "Group LLC", ""]
KINDS = [Kind.PERSON, Kind.PERSON, Kind.PERSON, Kind.COMPANY, Kind.PARTY]
LETTERS_HEBREW = "אבגדכלמנרשת"
SYLLABLES = re.findall(r"\w+", "ba be dor fa gri hin kel kra lin mar nor per qui rin sel sto tel tor vin zan")


def invented(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.choice((2, 3, 3)))).title()


def a_name(dice: random.Random, kind: Kind = Kind.PERSON) -> str:
    if kind != Kind.PERSON and dice.random() < 0.7:
        return f"{invented(dice)} {dice.choice(FAMILY)} {dice.choice(TRADES)}"
    family = dice.choice(FAMILY) if dice.random() < 0.5 else invented(dice)
    middle = [dice.choice(GIVEN)] if dice.random() < 0.3 else []
    return " ".join([dice.choice(GIVEN), *middle, family])


def entries(count: int, dice: random.Random) -> list[Entry]:
    kinds = [dice.choice(KINDS) for _ in range(count)]
    return [
        Entry(f"test:{n:05}", kind, tuple(Name(a_name(dice, kind)) for _ in range(dice.choice((1, 1, 3)))))
        for n, kind in enumerate(kinds)
    ]


def parted(name: str, dice: random.Random) -> str:
    """One of the words in two."""
    words = name.split()
    at = max(range(len(words)), key=lambda place: len(words[place]))
    cut = dice.randrange(2, max(3, len(words[at]) - 1))
    return " ".join([*words[:at], words[at][:cut], words[at][cut:], *words[at + 1 :]])


def joined(name: str, dice: random.Random) -> str:
    words = name.split()
    at = dice.randrange(max(1, len(words) - 1))
    return " ".join([*words[:at], "".join(words[at : at + 2]), *words[at + 2 :]])


def shortened(name: str, dice: random.Random) -> str:
    """Some of the words as initials."""
    return " ".join(word[0] if dice.random() < 0.5 else word for word in name.split())


def became(name: str, dice: random.Random) -> str:
    """What people make of a name that is listed."""
    for change, share in ((parted, 0.2), (joined, 0.2), (shortened, 0.1), (misspell, 0.7), (misspell, 0.3)):
        name = change(name, dice) if dice.random() < share else name
    return name


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

    def drawn() -> tuple[Kind, str]:
        if dice.random() > 0.1:
            kind = dice.choice(KINDS)
            name = a_name(dice, kind)
            return kind, name if dice.random() < 0.97 else f"{''.join(dice.choices(LETTERS_HEBREW, k=5))} {name}"
        entry = dice.choice(listed)
        return dice.choice((entry.kind, Kind.PARTY)), became(dice.choice(entry.names).text, dice)

    found = [drawn() for _ in range(count)]
    return [Subject(id=f"client_{n}", kind=kind, names=(name,)) for n, (kind, name) in enumerate(found)]


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

    def words(self, numbers: Iterable[int]) -> list[tuple[int, Sequence[int]]]:
        return [(number, self._names[number][2].words) for number in numbers]

    def clients(self, numbers: Iterable[int]) -> set[str]:
        return {self._names[number][0] for number in numbers}

    def whole(self, wholes: Sequence[int]) -> set[int]:
        return {number for number, (*_, reading) in enumerate(self._names) if set(wholes) & set(reading.wholes)}


def in_question(changed: Sequence[Entry], clients: Sequence[Subject]) -> set[str]:
    kept, change = Kept(clients), Changed(changed, HASHING, POLICY)
    holders = kept.holders(change.touch(kept.touched(change.keys)))
    alike = change.in_question(holders)
    return kept.clients(alike | change.closer(kept.words(change.doubtful)) | kept.whole(change.wholes))


Finding = tuple[str, str, str]


def findings(index: Index, clients: Sequence[Subject]) -> set[Finding]:
    """Of all clients; those who are called the same are screened once."""
    namesakes = defaultdict(list)
    for client in clients:
        namesakes[client.kind, client.names].append(client)
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
    """Whether the scorer calls them a match: by their parts, by neighbours joined, or by one word that is the whole."""
    best = Scorer(POLICY).names(asked, listed, kind)
    return best.score >= POLICY.threshold and not nearly_as_one(best)


def nearly_as_one(best: Comparison) -> bool:
    """Whether nothing but the whole is alike, written without blanks and otherwise than the other."""
    if len(best.tokens) != 1 or best.tokens[0].how != "joined" or best.score == POLICY.likeness.joined:
        return False
    one, other = best.tokens[0].asked, best.tokens[0].listed
    word, run = sorted((one, other), key=lambda text: text.count(" "))
    near = word[0] == run[0] and abs(len(word) - len(run.replace(" ", ""))) <= APART
    return " " in word or run.count(" ") > 3 or not near


def screened(asked: str, listed: str, kind: Kind) -> bool:
    """Whether a full screening finds it."""
    index = Index.build([version([Entry("test:1", kind, (Name(listed),))])])
    return bool(index.screen(Subject(id="c", kind=kind, names=(asked,)), POLICY, NOW).hits)


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


@given(st.lists(LETTERS.filter(lambda word: len(word) < 9), min_size=2, max_size=3), st.integers(0, 3), st.randoms())
@settings(max_examples=300, deadline=None)
def test_a_word_in_a_list_that_is_neighbours_of_a_client_comes_into_question(
    words: list[str], wrong: int, dice: random.Random
) -> None:
    joined = "".join(words)
    for _ in range(wrong):
        joined = misspell(joined, dice)
    asked, listed = f"{' '.join(words)} Petersen", f"{joined} Petersen"

    assert found(asked, listed, Kind.PERSON) or not reaches(asked, listed, Kind.PERSON)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Maria Li Torzan", "Maria Lintorzan"), ("Maria Torzan Li", "Maria Torzani"), ("Torzan Li", "Torzani"),
        ("Maria Tor Zan Lin", "Maria Torzanlim"), ("Se Eko Petersen", "Siko Petersen"),
        ("J R Smith", "John Robert S"), ("Jane R S Tolkien", "J Robert Simon T"),
    ],
)  # fmt: skip
def test_what_only_a_misspelled_join_or_initials_tell_comes_into_question(asked: str, listed: str) -> None:
    assert screened(asked, listed, Kind.PERSON)
    assert found(asked, listed, Kind.PERSON)


@pytest.mark.parametrize(
    ("asked", "listed"), [("Torzan Li", "Tor Zanla"), ("J Smith", "John S"), ("Li Torzan", "Litorzam")]
)
def test_what_the_index_has_no_key_for_is_no_match_of_a_full_screening_either(asked: str, listed: str) -> None:
    assert Scorer(POLICY).names(asked, listed, Kind.PERSON).score >= POLICY.threshold
    assert not screened(asked, listed, Kind.PERSON)
