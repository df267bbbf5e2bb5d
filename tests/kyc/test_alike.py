"""Words with two letters wrong are found among all the words of an index."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from kyc.lists import Entry, Kind, ListVersion, Name
from kyc.screening import Index, Policy, Scorer, Subject
from kyc.screening.alike import SHORTEST, Alike, write
from kyc.screening.quality import misspell
from kyc.screening.texts import Texts, WordWriter
from tests.kyc.samples import NOW

WORDS = st.text("abcdehkmost", min_size=SHORTEST, max_size=14)


@given(WORDS, st.lists(WORDS, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_a_word_with_two_letters_wrong_is_found(word: str, others: list[str], dice: random.Random) -> None:
    asked = misspell(misspell(word, dice), dice)
    assume(OSA.distance(asked, word) == 2 and len(asked) >= SHORTEST)
    with TemporaryDirectory() as folder:
        assert word in among([word, *others], Path(folder)).of([asked])[asked]


def test_a_word_alone_tells_nothing_of_words_that_are_unlike_it(tmp_path: Path) -> None:
    assert not any(among(["beltechexport", "transcontainer"], tmp_path).of(["kowalski", "li"]).values())


def test_an_index_without_words_answers(tmp_path: Path) -> None:
    assert among([], tmp_path).of(["kowalski"]) == {}


def test_a_name_of_one_word_with_two_letters_wrong_is_no_clear_one() -> None:
    listed = ("Beltechexport", "PJSC Transcontainer", "Divetechnoservices", "OOO Monitoring")
    asked = ("Belnecexport", "PJSC RTANSCONaAINER", "DIVETaCHNOSEsVICES", "OOO MNITOING")
    entries = [Entry(f"test:{n}", Kind.COMPANY, (Name(name),)) for n, name in enumerate(listed)]
    index, policy = Index.build([ListVersion("test", "own-csv", tuple(entries), NOW)]), Policy.read()

    for n, name in enumerate(asked):
        found = index.screen(Subject(id="s", kind=Kind.COMPANY, names=(name,)), policy, NOW)
        assert [hit.entry for hit in found.hits] == [f"test:{n}"]
        assert Scorer(policy).names(name, listed[n], Kind.COMPANY).score == found.hits[0].score


def among(words: list[str], folder: Path) -> Alike:
    writer = WordWriter(folder, "words")
    for word in words:
        writer.number(word)
    writer.close()
    write(folder, writer.words)
    return Alike(folder, Texts(folder, "words"))
