import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.identifiers import check_address, check_email, check_number, check_phone, is_personal, written_forms
from onboarding.case import Address


@pytest.mark.parametrize(
    ("kind", "number", "country"),
    [
        ("lei", "213800KUD8LAJWSQ9D15", ""),
        ("iban", "GB82 WEST 1234 5698 7654 32", ""),
        ("vat", "DE136695976", "DE"),
        ("company", "732829320", "FR"),
        ("person", "44051401359", "PL"),
    ],
)
def test_a_number_that_holds_comes_back_in_its_canonical_form(kind: str, number: str, country: str) -> None:
    check = check_number(kind, number, country)  # type: ignore[arg-type]

    assert check.valid
    assert " " not in check.normal


@pytest.mark.parametrize(
    ("kind", "number", "country", "reason"),
    [
        ("lei", "213800KUD8LAJWSQ9D16", "", "checksum"),
        ("iban", "GB82WEST12345698765433", "", "checksum"),
        ("vat", "DE13669597", "DE", "length"),
    ],
)
def test_a_number_that_cannot_be_says_why(kind: str, number: str, country: str, reason: str) -> None:
    check = check_number(kind, number, country)  # type: ignore[arg-type]

    assert (check.valid, check.reason) == (False, reason)


def test_a_country_without_a_known_rule_gives_no_verdict() -> None:
    check = check_number("company", "12345", "XK")

    assert (check.valid, check.reason) == (None, "unknown_kind")


@pytest.mark.parametrize("number", ["+49 30 901820", "030 901820"])
def test_a_telephone_number_is_written_for_the_whole_world(number: str) -> None:
    assert check_phone(number, "DE").normal == "+4930901820"


@pytest.mark.parametrize("address", ["a@b.de", "Anna.M+x@sub.Example.com", "用户@例子.中国", "o'neil@example.ie"])
def test_a_mail_address_in_any_script_is_good(address: str) -> None:
    assert check_email(address).valid


@pytest.mark.parametrize("address", ["", "a", "@b.de", "a@", "a@b", "a b@c.de", ".a@b.de", "a..b@c.de", "a@-b.de"])
def test_a_mail_address_that_cannot_be_is_refused(address: str) -> None:
    assert not check_email(address).valid


@pytest.mark.parametrize(
    ("postcode", "country", "reason"), [("10115", "DE", None), ("1011", "DE", "postcode"), ("1", "XQ", "country")]
)
def test_an_address_fits_its_country(postcode: str, country: str, reason: str | None) -> None:
    check = check_address(Address(lines=["Hauptstraße 1"], city="Berlin", postcode=postcode, country=country))

    assert check.reason == reason


@given(st.text(max_size=80), st.sampled_from(["", "DE", "US", "BR", "CN", "ZZ"]))
def test_any_text_gets_a_verdict(text: str, country: str) -> None:
    for kind in ("lei", "iban", "vat", "company", "person"):
        assert check_number(kind, text, country).valid in (True, False, None)
    assert check_phone(text, country).valid in (True, False)
    assert check_email(text).valid in (True, False)


@pytest.mark.parametrize(
    ("number", "country", "forms"),
    [
        ("923609016", "NO", ["923609016", "923 609 016"]),
        ("5560160680", "SE", ["5560160680", "556016-0680"]),
        ("CHE107787577", "CH", ["CHE107787577", "CHE-107.787.577"]),
        ("HRB 1234", "DE", ["HRB 1234", "HRB1234"]),
        ("1", "XK", ["1"]),
    ],
)
def test_a_company_s_number_is_looked_for_as_a_register_may_write_it(
    number: str, country: str, forms: list[str]
) -> None:
    assert written_forms(number, country) == forms


@pytest.mark.parametrize(
    ("number", "country", "personal"),
    [
        ("811228-9874", "SE", True),
        ("556016-0680", "SE", False),
        ("504426290", "PT", False),
        ("245716084", "PT", True),
        ("500100732259", "RU", True),
        ("00445790", "GB", False),
    ],
)
def test_a_number_that_can_be_a_person_s_is_known(number: str, country: str, personal: bool) -> None:
    assert is_personal(number, country) is personal
