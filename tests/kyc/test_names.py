"""Names: which are the same in another spelling, script or order, and which are others."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.lists import Kind
from kyc.screening import Policy, compare
from kyc.screening.names import parse
from kyc.screening.scripts import script_of
from tests.kyc.samples import SHARED, needs_real_lists

POLICY = Policy.read()


@needs_real_lists
def test_f1_on_the_labelled_pairs_is_above_the_goal() -> None:
    with (SHARED / "eval/name_pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = [(compare(r["name1"], r["name2"], r["schema"]).match, r["is_match"] == "true") for r in rows]
    hits = sum(said and true for said, true in pairs)
    precision, recall = hits / sum(said for said, _ in pairs), hits / sum(true for _, true in pairs)

    assert 2 * precision * recall / (precision + recall) > 0.80
    assert precision >= 0.760


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
        ("Βλαντίμιρ Γκρίγκορι", "Vladimir Grigori", "Person"),
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


def test_scripts_are_told_by_most_of_their_letters() -> None:
    assert [script_of(t) for t in ("Ek", "Марков", "سالم", "Λ", "דוד", "金", "ヤマ", "김")] == [
        "latin", "cyrillic", "arabic", "greek", "hebrew", "han", "kana", "hangul",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["Vladimir Ek a.k.a. Vova", "Vladimir Ek (Director)", "VladimirEkman"])
def test_a_name_with_something_beside_it_is_read_without_it_too(name: str) -> None:
    assert {"vladimir ek", "vladimir ekman"} & {reading.words for reading in parse(name, Kind.PERSON)}


@pytest.mark.parametrize(
    ("name", "words"), [("McDonald", ["mcdonald"]), ("AKA Bank", ["aka bank"]), ("s/o Ali", ["s o ali"])]
)
def test_a_name_that_only_looks_like_two_is_one(name: str, words: list[str]) -> None:
    assert [reading.words for reading in parse(name, Kind.COMPANY)] == words
