"""A bound never lies below the score, and where it says so it is the score."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Kind
from kyc.screening import Policy, Scorer
from kyc.screening.bound import Bound
from kyc.screening.listed import Names, NameWriter
from kyc.screening.names import parse

SCORER = Scorer(Policy.read())
WORDS = [
    "muhammad", "mohamed", "ahmad", "bin", "ali", "al", "abdul", "rahman", "abdulrahman", "van", "den", "berg",
    "vandenberg", "a", "jon", "john", "bank", "trading", "co", "ltd", "syria", "syrian", "2", "محمد", "김",
    "kim", "박정희", "salim", "hamdan", "youssef", "schulz", "sch", "qaddafi", "liz", "elizabeth",
]  # fmt: skip
MISSPELLED = st.builds(
    lambda word, at, letters: word[: at % len(word)] + letters + word[at % len(word) + 1 :],
    st.sampled_from(WORDS), st.integers(0, 9), st.text("aeklmsy", max_size=2),
).filter(str.strip)  # fmt: skip
NAMES = st.lists(st.sampled_from(WORDS) | MISSPELLED, min_size=1, max_size=6).map(" ".join)


@given(NAMES, st.lists(NAMES, min_size=1, max_size=4), st.sampled_from((Kind.PERSON, Kind.COMPANY)))
@settings(max_examples=400, deadline=None)
def test_a_bound_is_never_below_the_score_and_an_exact_one_is_it(asked: str, listed: list[str], kind: Kind) -> None:
    with TemporaryDirectory() as folder:
        names = kept(listed, kind, Path(folder))
        rows = names.rows(np.arange(len(names.entry) - 1))
        readings = names.parsed(rows, np.arange(len(rows.first)))
        for mine in parse(asked, kind):
            most = Bound(mine, kind, SCORER, names).of(rows)
            scores = np.array([SCORER.score(mine, theirs, kind) for theirs in readings])
            assert (most.score >= scores).all()
            assert (most.score == scores)[most.exact].all()


@given(st.lists(NAMES, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_listed_names_come_back_as_they_were_read(listed: list[str]) -> None:
    with TemporaryDirectory() as folder:
        names = kept(listed, Kind.PERSON, Path(folder))
        rows = names.rows(np.arange(len(names.entry) - 1))
        read = [reading for name in listed for reading in parse(name, Kind.PERSON)]
        assert names.parsed(rows, np.arange(len(rows.first))) == read


def kept(listed: list[str], kind: Kind, folder: Path) -> Names:
    """The names as an index keeps them."""
    writer = NameWriter(folder)
    for place, name in enumerate(listed):
        writer.add(0, place, kind, parse(name, kind))
    writer.close()
    return Names(folder)
