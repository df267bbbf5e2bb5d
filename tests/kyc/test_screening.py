"""Screening: found, scored, explained; and never cleared where something was not looked at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from kyc.lists import Identifier, Kind, Name, Office
from kyc.lists.dates import day
from kyc.screening import Index, Policy, Screening, Subject, compare
from onboarding.errors import Invalid
from tests.kyc.samples import NOW, a_company, a_list, a_listed, a_person, entries, sample_index, sample_list

POLICY = Policy.read()


def screened(name: str, kind: str = "person", **known: object) -> Screening:
    subject = a_person(name, **known) if kind == "person" else a_company(name, **known)
    return sample_index().screen(subject, POLICY, NOW)


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


def test_a_swapped_father_is_said_and_what_would_undo_it() -> None:
    names = "Tariq bin Salim al-Rammuzi", "Salim bin Tariq al-Rammuzi"
    compared = compare(*names, "Person").explanation
    (hit,) = Index.build([a_list(a_listed("1", names[1]))]).screen(a_person(names[0]), POLICY, NOW).near

    for explained in (compared, hit.explanation):
        assert "- the son on one side is the father on the other" in explained.words.splitlines()
        assert explained.flip == "a match if the same name were the son's on both sides"
    assert compare(names[0], names[0], "Person").explanation.remarks == ()


def test_a_company_is_never_a_ship() -> None:
    assert "ofac-sdn:900246" not in entries(screened("Grey Petrel", "company"))


@pytest.mark.parametrize("name", ["!!!", "…", "—", "😀😀", "𓀀𓀁𓂀"])
def test_a_name_that_yields_no_key_is_incomplete(name: str) -> None:
    found = screened(name)

    assert (found.outcome, found.not_covered) == ("incomplete", ("name_0_has_no_letters",))


@pytest.mark.parametrize(("name", "kind"), [("Mr", "person"), ("Dr. J.", "person"), ("Ltd.", "company")])
def test_a_name_that_is_only_title_or_form_is_incomplete(name: str, kind: str) -> None:
    assert screened(name, kind).not_covered == ("name_0_tells_nothing",)


@pytest.mark.parametrize(
    ("name", "limits"), [("Иван Петров", ()), ("محمد سالم", ("script_arabic",)), ("金正恩", ("script_han",))]
)
def test_a_script_in_which_names_are_missed_more_often_is_named(name: str, limits: tuple[str, ...]) -> None:
    assert screened(name).limits == limits


def test_an_old_list_is_incomplete_until_its_source_answers() -> None:
    late = NOW + timedelta(days=30)
    old = sample_index().screen(a_person(), POLICY, late)
    fresh = sample_index().screen(a_person(), POLICY, late, {"ofac-sdn": late})

    assert (old.outcome, old.not_covered) == ("incomplete", ("list_old:ofac-sdn",))
    assert fresh.outcome == "clear"


def test_a_missing_list_is_incomplete() -> None:
    strict = POLICY.model_copy(update={"lists": POLICY.lists.model_copy(update={"required": ("un-sc",)})})

    assert sample_index().screen(a_person(), strict, NOW).not_covered == ("list_missing:un-sc",)


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


def test_a_name_of_three_hundred_letters_and_one_of_one_letter_are_screened() -> None:
    assert screened("Ж" * 300).outcome == "clear"
    assert screened("X").not_covered == ("name_0_tells_nothing",)


def test_a_policy_is_known_by_its_hash_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: x\nversion: 2\n")

    assert Policy.read().hash == POLICY.hash
    with pytest.raises(Invalid):
        Policy.read(tmp_path / "other.yaml")


def test_an_exact_birth_date_is_worth_more_than_a_year() -> None:
    exact = screened("Viktor Antonovich Markov", born="1961-03-14").hits[0]
    year = screened("Viktor Antonovich Markov", born="1961").hits[0]

    assert exact.strength > year.strength > 0.4
    assert day(date(1961, 3, 14)).exact


def test_a_listed_number_comes_before_a_better_name() -> None:
    numbered = a_listed("2", "Olga Vinter", identifiers=(Identifier("passport", "X1234"),))
    index = Index.build([a_list(a_listed("1", "Ida Invented"), numbered)])

    found = index.screen(a_person("Ida Invented", identifiers=({"kind": "passport", "value": "x-1234"},)), POLICY, NOW)

    assert [(hit.entry, hit.score) for hit in found.hits] == [("own:2", 0.0), ("own:1", 1.0)]


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        (("passport", "K-123 456", ""), ("passport", "K123456", "SG"), True),
        (("passport", "K123456", "MY"), ("passport", "K123456", "SG"), False),
        (("tax_id", "9187629", ""), ("imo", "9187629", ""), False),
        (("imo", "IMO 9187629", ""), ("imo", "9187629", ""), True),
        (("other", "9187629", ""), ("imo", "9187629", ""), True),
        (("passport", "1", ""), ("passport", "1", ""), False),
    ],
)
def test_the_same_digits_are_one_number_only_where_kind_and_country_agree(
    mine: tuple[str, str, str], theirs: tuple[str, str, str], same: bool
) -> None:
    listed = a_listed("1", "Quirin Zanvin", identifiers=(Identifier(*theirs),))
    bearer = a_person("Maria Rossi", identifiers=(dict(zip(("kind", "value", "country"), mine, strict=True)),))

    found = Index.build([a_list(listed)]).screen(bearer, POLICY, NOW)

    assert [hit.entry for hit in (*found.hits, *found.near)] == ["own:1"] * same


@pytest.mark.parametrize("number", ["", "-", "N/A", "unknown", "0000000"])
def test_what_stands_where_there_is_no_number_is_nobodys(number: str) -> None:
    listed = a_listed("1", "Quirin Zanvin", identifiers=(Identifier("passport", number, "SG"),))
    bearer = a_person("Maria Rossi", identifiers=({"kind": "passport", "value": number, "country": "SG"},))

    assert Index.build([a_list(listed)]).screen(bearer, POLICY, NOW).hits == ()


def test_an_entry_whose_name_cannot_be_read_is_found_by_its_number() -> None:
    listed = a_listed("1", "🚢", kind=Kind.VESSEL, identifiers=(Identifier("imo", "9187629"),))
    ship = Subject.model_validate(
        {"id": "s", "kind": "vessel", "names": ("Zed",), "identifiers": ({"kind": "imo", "value": "９１８７６２９"},)}
    )

    assert entries(Index.build([a_list(listed)]).screen(ship, POLICY, NOW)) == ["own:1"]


def test_a_number_that_too_many_have_is_incomplete() -> None:
    many = [a_listed(f"{n:04}", "—", identifiers=(Identifier("passport", "K123456"),)) for n in range(1001)]
    bearer = a_person("Maria Rossi", identifiers=({"kind": "passport", "value": "K123456"},))

    assert Index.build([a_list(*many)]).screen(bearer, POLICY, NOW).not_covered == ("candidates_cut",)


def test_a_page_of_text_is_no_name() -> None:
    assert screened("Ali " * 500).not_covered == ("name_0_is_too_long",)


def test_a_word_whose_hash_is_the_last_one_is_looked_up() -> None:
    assert screened("Ali hlmzfzqd").outcome == "clear"


@pytest.mark.parametrize("likeness", [{"sound": 0.0}, {"sound": 0.59}, {"across_scripts": 0.55}, {"lowest": 0.96}])
def test_any_policy_that_can_be_read_screens(likeness: dict[str, float]) -> None:
    policy = POLICY.model_copy(update={"likeness": POLICY.likeness.model_copy(update=likeness)})

    assert sample_index().screen(a_person("محمد Tan"), policy, NOW).outcome in ("clear", "hits")
