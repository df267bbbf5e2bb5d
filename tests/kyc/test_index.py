"""The index: what is in it is found, in whatever company, and nothing of it is left out silently."""

import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc import lists
from kyc.lists import Entry, Kind
from kyc.screening import Index, NoIndex, Policy, Subject
from kyc.screening.names import parse
from kyc.screening.quality import PoorRecall, check, misspell
from tests.kyc.samples import (
    NOW,
    SHARED,
    a_list,
    a_listed,
    a_person,
    entries,
    needs_real_lists,
    sample_list,
)

POLICY = Policy.read()


def test_a_cut_list_of_candidates_is_incomplete() -> None:
    index = Index.build([a_list(*(a_listed(f"{n:04}", "Ali Hassan") for n in range(400)))])
    small = POLICY.model_copy(update={"candidates": 20, "most_candidates": 80})

    found = index.screen(a_person("Ali Hassan"), small, NOW)

    assert (found.outcome, found.not_covered) == ("incomplete", ("candidates_cut",))


def test_more_candidates_are_fetched_while_the_last_ones_match() -> None:
    index = Index.build([a_list(*(a_listed(f"{n:04}", "Ali Hassan") for n in range(150)))])

    found = index.screen(a_person("Ali Hassan"), POLICY, NOW)

    assert (found.outcome, len(found.hits)) == ("hits", 150)


def test_ties_are_broken_by_id_and_no_score_depends_on_the_size_of_the_list() -> None:
    people = [a_listed(f"{n:03}", name) for n, name in enumerate(["Per Ek", "Ola Ek", "Ola Ek", "Ida Ask"] * 20)]
    small, large = Index.build([a_list(*people[:3])]), Index.build([a_list(*people)])

    few, many = (index.screen(a_person("Ola Ek"), POLICY, NOW) for index in (small, large))

    assert [h.entry for h in many.hits] == sorted(h.entry for h in many.hits)
    assert few.hits == many.hits[:2]


def test_half_an_index_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        Index.open(tmp_path)


@pytest.mark.parametrize("told", ["", "[]", "null", "{}", '{"engine": "another"}'])
def test_what_another_engine_wrote_or_nobody_finished_is_built_again(tmp_path: Path, told: str) -> None:
    folder = tmp_path / "kept"
    (folder / "keys").mkdir(parents=True)
    (folder / "index.json").write_text(told)

    with pytest.raises(NoIndex):
        Index.open(folder)
    found = Index.kept(folder, lambda: [sample_list()]).screen(a_person("Grace Tan"), POLICY, NOW)

    assert found.lists and [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_is_not_whole_makes_no_index(tmp_path: Path) -> None:
    Index.build([sample_list()], tmp_path / "index")
    (tmp_path / "index" / "words.alike").write_bytes(b"")

    with pytest.raises(NoIndex):
        Index.open(tmp_path / "index")


def test_an_index_that_is_kept_is_not_built_again(tmp_path: Path) -> None:
    Index.kept(tmp_path / "index", lambda: [sample_list()])

    assert Index.kept(tmp_path / "index", list).versions[0]["id"] == sample_list().id


def test_an_index_opens_again_and_answers_the_same(tmp_path: Path) -> None:
    built = Index.build([sample_list()], tmp_path / "index")
    opened = Index.open(tmp_path / "index")

    subject = a_person("Leila Haddadin-Qasr")
    assert built.screen(subject, POLICY, NOW) == opened.screen(subject, POLICY, NOW)


def test_a_version_finds_its_own_misspelled_entries() -> None:
    found = check(sample_list(), POLICY)

    assert found.asked == 2 * 40  # a short list is asked for each entry more than once
    assert found.share >= POLICY.lists.lowest_recall


def test_a_version_that_cannot_find_its_own_is_refused() -> None:
    unreadable = a_list(*(a_listed(str(n), "—") for n in range(10)))

    with pytest.raises(PoorRecall):
        check(unreadable, POLICY)


@needs_real_lists
def test_misspelled_names_of_the_un_are_found_among_the_first_hundred() -> None:

    version = lists.load([SHARED / "watchlists/un/consolidated_2026-02-27.xml"], checked=NOW)
    index, dice = Index.build([version]), random.Random(7)
    asked = [(e.id, misspell(e.name, dice), e.kind) for e in version.entries]

    lost = [name for number, name, kind in asked if number not in set(_retrieved(index, name, kind))]

    assert len(lost) <= len(asked) * 0.005


def _retrieved(index: Index, name: str, kind: Kind) -> Iterator[str]:
    for reading in parse(name, kind):
        for number in chain.from_iterable(index.candidates(reading, kind, 100)):
            yield index.entry(int(index.store.names.entry[number]))[0].id


_WORDS = st.sampled_from(["ola", "ida", "per", "ek", "ask", "lind", "mohammed", "ahmad", "kim", "petrov", "abdul", "x"])
_NAMES = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)


@given(st.lists(_NAMES, min_size=1, max_size=8), st.lists(_NAMES, max_size=25), _NAMES)
@settings(max_examples=25, deadline=None)
def test_more_entries_change_no_score_and_no_outcome_of_the_others(
    names: list[str], others: list[str], asked: str
) -> None:
    few = [a_listed(f"{n:03}", name) for n, name in enumerate(names)]
    more = [a_listed(f"{n + 100:03}", name) for n, name in enumerate(others)]
    all_shown = POLICY.model_copy(update={"near_shown": 100})

    small, large = (
        Index.build([a_list(*people)]).screen(a_person(asked), all_shown, NOW) for people in (few, few + more)
    )

    known = {entry.id for entry in few}
    assert [hit for hit in large.hits if hit.entry in known] == list(small.hits)
    assert [hit for hit in large.near if hit.entry in known] == list(small.near)


@needs_real_lists
def test_an_entry_is_found_by_its_own_name_whatever_else_resembles_it() -> None:

    version = lists.load([SHARED / "watchlists/canada/sema_2025-05.xml"], checked=NOW)
    index = Index.build([version])
    asked = random.Random(3).sample(list(version.entries), 200)

    lost = [entry.id for entry in asked if entry.id not in entries(index.screen(_own(entry), POLICY, NOW))]

    assert lost == []


def _own(entry: Entry) -> Subject:
    return Subject(id="self", kind=entry.kind, names=(entry.name,))
