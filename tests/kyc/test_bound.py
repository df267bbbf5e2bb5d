"""A bound never lies below the score, and where it says so it is the score."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Kind
from kyc.screening import Policy, Scorer
from kyc.screening.bound import Bound
from kyc.screening.names import parse
from kyc.screening.packed import pack

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


@given(NAMES, NAMES, st.sampled_from((Kind.PERSON, Kind.COMPANY)))
@settings(max_examples=600, deadline=None)
def test_a_bound_is_never_below_the_score_and_an_exact_one_is_it(asked: str, listed: str, kind: Kind) -> None:
    for mine in parse(asked, kind):
        bound = Bound(mine, kind, SCORER)
        for theirs in parse(listed, kind):
            name = pack([theirs])
            most, score = bound.of([name])[name], SCORER.score(mine, theirs, kind)
            assert most.score >= score
            assert most.score == score or not most.exact
