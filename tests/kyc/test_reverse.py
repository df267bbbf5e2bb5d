"""The reverse index: a change of a list concerns exactly the clients whom screening everybody again would find."""

import dataclasses
import random
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Entry, Identifier, Kind, ListVersion, Name, diff
from kyc.screening import Index, Policy, Subject
from kyc.screening.parsed import Part, Role
from kyc.screening.parts import Likenesses
from kyc.screening.quality import misspell
from kyc.screening.reverse import Changed, Hashing, Watched, near
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


def watched(clients: Sequence[Subject]) -> tuple[list[Watched], dict[int, list[int]]]:
    found: list[Watched] = []
    words: dict[int, list[int]] = {}
    for client in clients:
        readings, its_words = HASHING.readings(client)
        found += [Watched(client.id, client.kind, reading) for reading in readings]
        words |= its_words
    return found, words


def in_question(changed: Sequence[Entry], clients: Sequence[Subject]) -> set[str]:
    names, words = watched(clients)
    change = Changed(changed, HASHING, POLICY)
    return change.clients(names, change.touched(words.items()))


Finding = tuple[str, str, str]


def findings(index: Index, clients: Sequence[Subject]) -> set[Finding]:
    return {(client.id, hit.entry, hit.content) for client in clients for hit in index.screen(client, POLICY, NOW).hits}


def test_a_change_raises_exactly_what_screening_everybody_again_would() -> None:
    dice = random.Random(7)
    before = version(entries(500, dice))
    after = next_version(before.entries, dice)
    change = diff(before, after)
    changed = [entry for entry in after.entries if entry.id in {*change.added, *change.changed}]
    clients = subjects(10_000, [*changed, *before.entries[:100]], dice)
    old, new = Index.build([before]), Index.build([after])

    concerned = in_question(changed, clients)
    raised = findings(new, [client for client in clients if client.id in concerned])
    everything = findings(new, clients)

    named = {client_id for client_id, _, _ in everything}
    fresh = everything - findings(old, [client for client in clients if client.id in named])
    ids = {entry.id for entry in changed}
    assert {finding for finding in raised if finding[1] in ids} == {f for f in everything if f[1] in ids}
    assert fresh <= raised
    assert len(fresh) > 50
    assert len(concerned) < len(clients)


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


@given(st.text("abcde", min_size=1, max_size=14), st.text("abcde", min_size=1, max_size=14))
@settings(max_examples=500, deadline=None)
def test_words_that_the_scorer_calls_alike_share_a_key(one: str, other: str) -> None:
    a, b = (Part(text, Role.NAME) for text in (one, other))
    alike, _ = Likenesses(POLICY.likeness).row(a, abjad=False)[b]

    assert not alike or near(a) & near(b)
