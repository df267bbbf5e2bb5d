"""Legal forms of several words with a letter wrong in one: the form says nothing, so the slip must not either."""

import pytest

from kyc.screening import Policy, Scorer, compare

SCORER = Scorer(Policy.read())


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("JOINT STOCK COMPAY SHVABE", "JOINT STOCK COMPANY SHVABE"),
        ("JOIT STOCK COMPANY SBERBANK", "JOINT STOCK COMPANY SBERBANK"),
        ("OPEN JOINT STCOK COMPANY RUSSIAN RAILWAYS", "OPEN JOINT STOCK COMPANY RUSSIAN RAILWAYS"),
        ("Meteorit Limted Liability Company", "Meteorit LLC"),
    ],
)
def test_a_slip_in_a_legal_form_hides_no_company(asked: str, listed: str) -> None:
    assert compare(asked, listed, "Company", SCORER).score > 0.95


def test_a_slip_in_the_name_itself_counts_still() -> None:
    assert compare("JOINT STOCK COMPANY SHBAVE", "JOINT STOCK COMPANY SHVABE", "Company", SCORER).score < 0.95


def test_two_words_wrong_are_no_form() -> None:
    assert compare("JOIT STCK COMPANY SHVABE", "JOINT STOCK COMPANY SHVABE", "Company", SCORER).score < 0.95
