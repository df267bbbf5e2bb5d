"""Screening: found, scored, explained; and never cleared where something was not looked at."""

import csv
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Entry, Identifier, Kind, ListVersion, Name, Office
from kyc.lists.dates import day
from kyc.screening import Index, NoIndex, Policy, Screening, Subject, compare
from kyc.screening.names import parse
from kyc.screening.quality import PoorRecall, check, misspell
from kyc.screening.scripts import script_of
from onboarding.errors import Invalid
from tests.kyc.samples import NOW, SHARED, a_company, a_person, needs_real_lists, sample_index, sample_list

POLICY = Policy.read()


def screened(name: str, kind: str = "person", **known: object) -> Screening:
    subject = a_person(name, **known) if kind == "person" else a_company(name, **known)
    return sample_index().screen(subject, POLICY, NOW)


def entries(found: Screening) -> list[str]:
    return [hit.entry for hit in found.hits]


def test_a_stranger_is_clear_and_the_answer_says_against_what() -> None:
    found = screened("Grace Tan")

    assert (found.outcome, found.hits, found.subject) == ("clear", (), "party_1")
    assert (found.lists[0].source, found.lists[0].version, found.lists[0].age_days) == (
        "ofac-sdn",
        sample_list().id,
        0.0,
    )


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Viktor Antonovich Markov", "ofac-sdn:900001"),
        ("Markov, Viktor", "ofac-sdn:900001"),
        ("Виктор Антонович Марков", "ofac-sdn:900001"),
        ("Viktor Antonovich Markoff", "ofac-sdn:900001"),
        ("Layla Haddadin Qasr", "ofac-sdn:900008"),
        ("LeilaHaddadin Qasr", "ofac-sdn:900008"),
        ("طارق بن سالم الرموزي", "ofac-sdn:900022"),
        ("Cornelis Vanterpool", "ofac-sdn:900036"),
        ("박철승", "ofac-sdn:900043"),
        ("Chu-ko Ming-hsuan", "ofac-sdn:900050"),
        ("黒澤 文則", "ofac-sdn:900057"),
        ("Kyriakos Papatheodorakopoulos", "ofac-sdn:900064"),
        ("Κυριάκος Παπαθεοδωρακόπουλος", "ofac-sdn:900064"),
        ("Shimon Ben Avital", "ofac-sdn:900071"),
        ("Mr. Barnaby Stroud-Holloway", "ofac-sdn:900113"),
        ("Trần Quốc Bảo Lâm", "ofac-sdn:900134"),
    ],
)
def test_people_are_found_in_every_script_and_spelling(name: str, entry: str) -> None:
    assert entry in entries(screened(name))


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Sable Crescent Trading LLC", "ofac-sdn:900169"),
        ("Quicksilver Meridian Holding Ltd.", "ofac-sdn:900176"),
        ("ООО Нижневетлинский Машиностроительный Завод", "ofac-sdn:900162"),
        ("Joint Stock Company Zavod Meteorit", "ofac-sdn:900225"),
        ("大连明鹭进出口有限公司", "ofac-sdn:900197"),
        ("Grupa Wymyslona", "ofac-sdn:900211"),
    ],
)
def test_companies_are_found_whatever_their_legal_form(name: str, entry: str) -> None:
    assert entry in entries(screened(name, "company"))


@needs_real_lists
def test_f1_on_the_labelled_pairs_is_above_the_goal() -> None:
    with (SHARED / "eval/name_pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = [(compare(r["name1"], r["name2"], r["schema"]).match, r["is_match"] == "true") for r in rows]
    hits = sum(said and true for said, true in pairs)
    precision, recall = hits / sum(said for said, _ in pairs), hits / sum(true for _, true in pairs)

    assert 2 * precision * recall / (precision + recall) > 0.80
    assert precision >= 0.760


def test_a_namesake_never_ranks_with_a_corroborated_hit() -> None:
    namesake = screened("Viktor Antonovich Markov", born="1988-05-05").hits[0]
    corroborated = screened("Viktor Antonovich Markov", born="1961-03-14", countries=("RU",)).hits[0]

    assert namesake.score == corroborated.score == 1.0
    assert namesake.strength < 0.2 < 0.7 < corroborated.strength


def test_a_contradicting_birth_date_never_hides_an_exact_name() -> None:
    assert screened("Leila Haddadin-Qasr", born="2001-01-01", countries=("SE",), gender="m").outcome == "hits"


def test_a_weak_alias_needs_one_agreeing_attribute() -> None:
    alone = screened("Abu Salim")
    agreeing = screened("Abu Salim", countries=("YE",))

    assert (alone.outcome, [h.entry for h in alone.near]) == ("clear", ["ofac-sdn:900022"])
    assert "weak alias" in alone.near[0].explanation.remarks[0]
    assert entries(agreeing) == ["ofac-sdn:900022"]


def test_a_listed_number_is_a_hit_under_any_name() -> None:
    found = screened("Somebody Else", identifiers=({"kind": "passport", "value": "z-0019937"},))

    assert entries(found) == ["ofac-sdn:900008"]
    assert found.hits[0].explanation.flip == "the same number is listed"


def test_father_and_son_are_told_apart_by_the_order_of_their_names() -> None:
    son, father = (
        compare("Tariq bin Salim", "Tariq bin Salim", "Person"),
        compare("Tariq bin Salim al-Rammuzi", "Salim bin Tariq al-Rammuzi", "Person"),
    )

    assert (son.match, father.match) == (True, False)


def test_a_company_is_never_a_ship() -> None:
    assert "ofac-sdn:900246" not in entries(screened("Grey Petrel", "company"))


@pytest.mark.parametrize("name", ["!!!", "…", "—"])
def test_a_name_that_yields_no_key_is_incomplete(name: str) -> None:
    found = screened(name)

    assert (found.outcome, found.not_covered) == ("incomplete", ("name_0_has_no_letters",))


def test_an_old_list_is_incomplete_until_its_source_answers() -> None:
    late = NOW + timedelta(days=30)
    old = sample_index().screen(a_person(), POLICY, late)
    fresh = sample_index().screen(a_person(), POLICY, late, {"ofac-sdn": late})

    assert (old.outcome, old.not_covered) == ("incomplete", ("list_old:ofac-sdn",))
    assert fresh.outcome == "clear"


def test_a_missing_list_is_incomplete() -> None:
    strict = POLICY.model_copy(update={"lists": POLICY.lists.model_copy(update={"required": ("un-sc",)})})

    assert sample_index().screen(a_person(), strict, NOW).not_covered == ("list_missing:un-sc",)


def a_list(*people: Entry) -> ListVersion:
    return ListVersion("own", "own-csv", people, checked=NOW)


def a_listed(number: str, name: str, **said: object) -> Entry:
    return replace(Entry(id=f"own:{number}", kind=Kind.PERSON, names=(Name(name),)), **said)  # type: ignore[arg-type]


def test_a_weak_alias_does_not_hide_a_strong_name_that_matches() -> None:
    names = (Name("Karim Hassan Darwish"), Name("Kareem Darwish", weak=True))
    index = Index.build([a_list(a_listed("1", "", names=names))])

    found = index.screen(a_person("Kareem Darwish"), POLICY, NOW)

    assert [hit.name for hit in found.hits] == ["Karim Hassan Darwish"]


def test_a_name_whose_fathers_are_swapped_does_not_hide_one_that_matches() -> None:
    names = (Name("Salim bin Yusuf Hamdan"), Name("Saleem Hamdaan"))
    index = Index.build([a_list(a_listed("1", "", names=names))])

    found = index.screen(a_person("Salim bin Hamdan"), POLICY, NOW)

    assert [hit.name for hit in found.hits] == ["Saleem Hamdaan"]


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


def test_office_counts_for_twelve_months_after_its_end() -> None:
    mayor = a_listed("1", "Ida Invented", topics=("pep",), offices=(Office("Mayor", None, date(2025, 1, 31)),))
    index = Index.build([a_list(mayor)])

    soon = index.screen(a_person("Ida Invented"), POLICY, datetime(2025, 12, 1, tzinfo=UTC))
    later = index.screen(a_person("Ida Invented"), POLICY, datetime(2026, 3, 1, tzinfo=UTC))

    assert (len(soon.hits), len(later.hits)) == (1, 0)
    assert later.near[0].explanation.remarks[0].startswith("out of office since 2025-01-31")


def test_an_explanation_tells_token_by_token_and_what_would_flip_it() -> None:
    found = compare("Viktor Markof", "Wiktor Antonovich Markov", "Person")

    assert [(x.asked, x.listed, x.how) for x in found.explanation.lines] == [
        ("viktor", "wiktor", "sound"),
        ("markof", "markov", "spelling"),
        ("", "antonovich", "missing"),
    ]
    assert "no match if" in found.explanation.flip


def test_a_near_miss_says_what_would_make_it_a_match() -> None:
    found = compare("Barack Obama", "Michelle Obama", "Person")

    assert (found.match, found.explanation.flip) == (False, "a match if “barack” were “michelle”")


def test_for_and_against_stand_in_the_explanation() -> None:
    hit = screened("Leila Haddadin-Qasr", born="1974-09-02", countries=("SE",)).hits[0]

    assert {(p.about, p.verdict) for p in hit.explanation.points} == {("birth_date", "for"), ("country", "against")}
    assert "birth date: for (1974-09-02 / 1974-09-02)" in hit.explanation.words


@pytest.mark.parametrize(
    ("one", "other", "schema"),
    [
        ("Siemens Aktiengesellschaft", "Siemens AG", "Company"),
        ("Intl. Harvest Mfg Co", "International Harvest Manufacturing Company", "Company"),
        ("Harvest International", "International Harvest", "Company"),
        ("Société Générale Fictive S.A.", "Societe Generale Fictive", "Company"),
        ("Abd al-Rahman Sidqi", "Abdulrahman Sedki", "Person"),
        ("Saif ad-Din Noor", "Saifuddin Nur", "Person"),
        ("Василий Ильин", "Vasily Ilyin", "Person"),
        ("محمد بن علي", "Mohammed bin Ali", "Person"),
        ("דוד כהן", "David Cohen", "Person"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos", "Person"),
        ("김철수", "Kim Cheol Su", "Person"),
        ("김정은", "Kim Jong Un", "Person"),
        ("山田太郎", "Yamada Taro", "Person"),
        ("ヤマダ タロウ", "Yamada Taro", "Person"),
        ("诸葛亮", "Zhuge Liang", "Person"),
    ],
)
def test_the_same_name_is_recognised(one: str, other: str, schema: str) -> None:
    assert compare(one, other, schema).match
    assert compare(other, one, schema).match


@pytest.mark.parametrize(
    ("one", "other", "schema"),
    [
        ("Anna Lind", "Anna Berg", "Person"),
        ("Ahmad Hasan Ali", "Ahmad Yusuf Ali", "Person"),
        ("Ivan Petrovich Sidorov", "Ivan Ilyich Sidorov", "Person"),
        ("First Meridian Bank", "First Atlantic Bank", "Company"),
        ("김철수", "김영수", "Person"),
        ("김정은", "김종은", "Person"),
    ],
)
def test_another_name_is_told_apart(one: str, other: str, schema: str) -> None:
    assert not compare(one, other, schema).match


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["Person", "Company", "Vessel", ""]))
@settings(max_examples=150, deadline=None)
def test_any_two_texts_can_be_compared(one: str, other: str, schema: str) -> None:
    found = compare(one, other, schema)

    assert 0.0 <= found.score <= 1.0
    assert found.explanation.words


def test_a_name_of_three_hundred_letters_and_one_of_one_letter_are_screened() -> None:
    assert screened("Ж" * 300).outcome == "clear"
    assert screened("X").outcome in ("clear", "hits")


def test_half_an_index_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        Index.open(tmp_path)


def test_an_index_opens_again_and_answers_the_same(tmp_path: Path) -> None:
    built = Index.build([sample_list()], tmp_path / "index")
    opened = Index.open(tmp_path / "index")

    subject = a_person("Leila Haddadin-Qasr")
    assert built.screen(subject, POLICY, NOW) == opened.screen(subject, POLICY, NOW)


def test_a_version_finds_its_own_misspelled_entries() -> None:
    found = check(sample_list(), POLICY)

    assert found.asked == 40
    assert found.share >= POLICY.lists.lowest_recall


def test_a_version_that_cannot_find_its_own_is_refused() -> None:
    unreadable = a_list(*(a_listed(str(n), "—") for n in range(10)))

    with pytest.raises(PoorRecall):
        check(unreadable, POLICY)


@needs_real_lists
def test_misspelled_names_of_the_un_are_found_among_the_first_hundred() -> None:
    from kyc import lists

    version = lists.load([SHARED / "watchlists/un/consolidated_2026-02-27.xml"], checked=NOW)
    index, dice = Index.build([version]), random.Random(7)
    asked = [(e.id, misspell(e.name, dice), e.kind) for e in version.entries]

    lost = [name for number, name, kind in asked if number not in set(_retrieved(index, name, kind))]

    assert len(lost) <= len(asked) * 0.005


def _retrieved(index: Index, name: str, kind: Kind) -> Iterator[str]:
    for reading in parse(name, kind):
        for number in chain.from_iterable(index.candidates(reading, kind, 100)):
            yield index.entry(int(index.store.names.entry[number]))[0].id


def test_a_policy_is_known_by_its_hash_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: x\nversion: 2\n")

    assert Policy.read().hash == POLICY.hash
    with pytest.raises(Invalid):
        Policy.read(tmp_path / "other.yaml")


def test_scripts_are_told_by_most_of_their_letters() -> None:
    assert [script_of(t) for t in ("Ek", "Марков", "سالم", "Λ", "דוד", "金", "ヤマ", "김")] == [
        "latin", "cyrillic", "arabic", "greek", "hebrew", "han", "kana", "hangul",
    ]  # fmt: skip


def test_an_exact_birth_date_is_worth_more_than_a_year() -> None:
    exact = screened("Viktor Antonovich Markov", born="1961-03-14").hits[0]
    year = screened("Viktor Antonovich Markov", born="1961").hits[0]

    assert exact.strength > year.strength > 0.4
    assert day(date(1961, 3, 14)).exact


def test_a_listed_number_comes_before_a_better_name() -> None:
    numbered = a_listed("2", "Olga Vinter", identifiers=(Identifier("passport", "X1"),))
    index = Index.build([a_list(a_listed("1", "Ida Invented"), numbered)])

    found = index.screen(a_person("Ida Invented", identifiers=({"kind": "passport", "value": "x-1"},)), POLICY, NOW)

    assert [(hit.entry, hit.score) for hit in found.hits] == [("own:2", 0.0), ("own:1", 1.0)]


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
    from kyc import lists

    version = lists.load([SHARED / "watchlists/canada/sema_2025-05.xml"], checked=NOW)
    index = Index.build([version])
    asked = random.Random(3).sample(list(version.entries), 200)

    lost = [entry.id for entry in asked if entry.id not in entries(index.screen(_own(entry), POLICY, NOW))]

    assert lost == []


def _own(entry: Entry) -> Subject:
    return Subject(id="self", kind=entry.kind, names=(entry.name,))
