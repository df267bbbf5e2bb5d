"""The self-test of a list: slips of its own script, and a refusal that says which file it means."""

import random
import unicodedata
from pathlib import Path

import pytest

from kyc import lists
from kyc.screening import Policy
from kyc.screening.quality import PoorRecall, check, misspell
from tests.kyc.samples import NOW

POLICY = Policy.read()
ARABIC = [f"{given} {family}" for given in ("محمد", "فاطمة", "يوسف") for family in ("الرموزي", "الحسيني", "القاسمي")]
HEBREW = [f"{given} {family}" for given in ("אברהם", "מרים", "שמואל") for family in ("רבינוביץ", "גולדשטיין", "מזרחי")]
GREEK = [f"{given} {family}" for given in ("Γεώργιος", "Ελένη") for family in ("Παπαδόπουλος", "Καραγιάννης")]
CYRILLIC = [f"{given} {family}" for given in ("Виктор", "Светлана") for family in ("Марков", "Верещагина")]


def script(letter: str) -> str:
    return unicodedata.name(letter).split()[0]


@pytest.mark.parametrize("name", [ARABIC[0], HEBREW[0], GREEK[0], CYRILLIC[0], "김정은 조선무역회사", "Viktor Markov"])
def test_a_slip_is_one_letter_of_the_names_own_script(name: str) -> None:
    dice = random.Random(1)
    slips = {misspell(name, dice) for _ in range(200)}

    assert len(slips) > 10
    assert {script(c) for slip in slips for c in slip if c.isalpha()} == {script(c) for c in name if c.isalpha()}


@pytest.mark.parametrize("names", [ARABIC, HEBREW, GREEK, CYRILLIC])
def test_a_list_in_any_script_finds_its_own(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "own.csv").write_text("\n".join(["name,kind", *(f"{name},person" for name in names)]), "utf-8")
    version = lists.load([tmp_path / "own.csv"], checked=NOW)

    assert check(version, POLICY).share >= POLICY.lists.lowest_recall


@pytest.mark.parametrize("source", ["own", "a-name", "another-name"])
def test_a_short_list_is_asked_often_enough_that_one_slip_does_not_decide(tmp_path: Path, source: str) -> None:
    names = ["רחל כץ", "שרה אברהם", "דוד לוי", "משה דיין", "יוסי כהן", "אריאל שרון"]
    (tmp_path / "own.csv").write_text("\n".join(["name,kind", *(f"{name},person" for name in names)]), "utf-8")

    found = check(lists.load([tmp_path / "own.csv"], checked=NOW, source=source), POLICY)

    assert found == check(lists.load([tmp_path / "own.csv"], checked=NOW), POLICY)._replace(lost=found.lost)
    assert found.asked == 96


def test_a_list_that_does_not_find_its_own_is_refused_by_the_name_of_its_file(tmp_path: Path) -> None:
    names = [first + second + third for first in "abcdef" for second in "abcdef" for third in "abcdef"]
    (tmp_path / "scratch.csv").write_text("\n".join(["name", *(f"{n} {n} {n}?" for n in names)]), "utf-8")
    version = lists.load([tmp_path / "scratch.csv"], checked=NOW)
    strict = POLICY.model_copy(update={"lists": POLICY.lists.model_copy(update={"lowest_recall": 1.01})})

    with pytest.raises(PoorRecall, match=r"^scratch\.csv: "):
        check(version, strict)
