"""What a screening does not see: every listed name is scored, and the matches are counted that it did not show."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.synthetic import CHECKED, real_lists
from kyc.lists import Kind
from kyc.screening import Index, Policy, Scorer, Subject
from kyc.screening.bound import Bound
from kyc.screening.columns import Ints
from kyc.screening.listed import KINDS
from kyc.screening.names import parse
from kyc.screening.quality import misspell

AT_ONCE = 100_000  # names
BANDS = (0.7, 0.75, 0.8, 0.85, 0.9, 1.0)


def unseen(data: Path, folder: Path, questions: int, wrong: int) -> dict[str, Any]:
    """By bands of score: matches among all listed names, and those that no screening showed. The names asked for are
    listed ones with so many letters wrong."""
    index, policy, dice = Index.open(folder), Policy.read(), random.Random(5)
    entries = [entry for version in real_lists(data) for entry in version.entries]
    every, lost, clear = Counter[float](), Counter[float](), 0
    for entry in dice.sample(entries, questions):
        name = dice.choice(entry.names).text
        for _ in range(wrong):
            name = misspell(name, dice)
        screening = index.screen(Subject(id="q", kind=entry.kind, names=(name,)), policy, CHECKED)
        shown = {hit.entry for hit in (*screening.hits, *screening.near)}
        for number, score in _matches(index, policy, name, entry.kind).items():
            band = max(band for band in BANDS if score >= band)
            every[band] += 1
            if index.entry(number)[0].id not in shown:
                lost[band] += 1
                clear += screening.outcome == "clear"
    return {"matches": [every[band] for band in BANDS], "unseen": [lost[band] for band in BANDS], "clear": clear}


def _matches(index: Index, policy: Policy, name: str, kind: Kind) -> dict[int, float]:
    """Entries with a name that scores at the threshold, whether the index finds it or not."""
    names, scorer = index.store.names, Scorer(policy)
    found: dict[int, float] = {}
    for asked in parse(name, kind):
        bound = Bound(asked, kind, scorer, names)
        for numbers in _of_kind(index, kind):
            rows = names.rows(numbers)
            reaching = np.flatnonzero(bound.of(rows).score >= policy.threshold)
            whose = names.entry[numbers[rows.places[reaching]]].tolist()
            for entry, listed in zip(whose, names.parsed(rows, reaching), strict=True):
                if (score := scorer.score(asked, listed, kind)) >= policy.threshold:
                    found[entry] = max(score, found.get(entry, 0.0))
    return found


def _of_kind(index: Index, kind: Kind) -> Iterator[Ints]:
    """The numbers of all names that something of a kind may have."""
    kinds = [number for number, listed in enumerate(KINDS) if listed.meets(kind)]
    numbers = np.flatnonzero(np.isin(index.store.names.kind[:-1], kinds))
    yield from np.split(numbers, range(AT_ONCE, len(numbers), AT_ONCE))
