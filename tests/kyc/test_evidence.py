from datetime import date
from typing import Any

import pytest

from kyc import evidence, mrz
from kyc.evidence import Source, Statement, Verdict
from onboarding.case import Company, Person

TODAY = date(2026, 3, 2)


def a_person(**changes: Any) -> Person:
    fields = {
        "name": "Anna Maria Müller",
        "birth_date": date(1980, 1, 2),
        "nationality": "DE",
        "document_number": "C01X0006H",
    }
    return Person(**(fields | changes))


def a_passport(document: str = "doc_1", **changes: Any) -> Statement:
    fields: dict[str, Any] = {
        "surname": "Müller",
        "given_names": "Anna Maria",
        "number": "C01X0006H",
        "birth_date": date(1980, 1, 2),
        "expiry_date": date(2030, 1, 2),
        "issuer": "D",
    }
    return evidence.of_zone(mrz.read(mrz.write("TD3", **(fields | changes)), TODAY), document)


def found(person: Person, *others: Statement) -> list[str]:
    return [finding.code for finding in evidence.findings(evidence.matrix(person, others), TODAY)]


def test_a_person_who_agrees_with_the_passport_has_no_findings() -> None:
    assert found(a_person(), a_passport()) == []


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"surname": "Schmidt", "given_names": "Berta"}, ["name_differs"]),
        ({"given_names": "Anna"}, ["name_near"]),
        ({"birth_date": date(1971, 11, 30)}, ["birth_date_differs"]),
        ({"birth_date": date(1980, 2, 1)}, ["birth_date_near"]),
        ({"issuer": "FRA"}, ["nationality_differs"]),
        ({"issuer": "UTO"}, ["nationality_differs"]),
        ({"number": "X99"}, ["number_differs"]),
        ({"number": "CO1X0006H"}, ["number_near"]),
        ({"expiry_date": date(2026, 3, 1)}, ["document_expired"]),
        ({"expiry_date": date(2026, 5, 31)}, ["document_expires_soon"]),
        ({"expiry_date": date(2026, 6, 1)}, []),
        ({"issuer": "QQQ"}, ["nationality_differs", "zone_doubtful"]),
    ],
)
def test_each_difference_is_one_finding(change: dict[str, Any], codes: list[str]) -> None:
    assert found(a_person(), a_passport(**change)) == codes


def test_a_zone_whose_digits_do_not_hold_is_a_finding() -> None:
    lines = mrz.write(
        "TD3", surname="Müller", given_names="Anna Maria", number="C01X0006H", birth_date=date(1980, 1, 2),
        expiry_date=date(2030, 1, 2), issuer="D",
    )  # fmt: skip
    broken = mrz.read([lines[0], lines[1][:-1] + str((int(lines[1][-1]) + 1) % 10)], TODAY)

    assert found(a_person(), evidence.of_zone(broken, "doc_1")) == ["zone_invalid"]


def test_the_number_of_one_document_is_enough() -> None:
    assert found(a_person(), a_passport(), a_passport("doc_2", number="L22990077")) == []


def test_a_paper_without_a_zone_and_a_date_does_not_expire() -> None:
    bill = Statement(source=Source.DOCUMENT, document="doc_3", values={"name": "Anna Maria Müller"})

    assert found(a_person(), a_passport(), bill) == []


def test_a_cell_says_where_it_was_read() -> None:
    row = evidence.matrix(a_person(), [a_passport()]).row("birth_date")

    assert row
    cell = row.cells["document:doc_1"]
    assert (cell.value, cell.verdict) == ("1980-01-02", Verdict.MATCH)
    assert (cell.provenance.document, cell.provenance.page, cell.provenance.place) == ("doc_1", 1, "zone line 2, 14-19")


def test_what_a_source_does_not_say_is_absent() -> None:
    registry = Statement(source=Source.REGISTRY, values={"name": "Anna Maria Müller"})
    row = evidence.matrix(a_person(), [registry]).row("birth_date")

    assert row
    assert row.cells["registry"].verdict is Verdict.ABSENT


def test_what_was_not_declared_is_compared_with_the_first_document() -> None:
    person = a_person(birth_date=None)

    assert found(person, a_passport(), a_passport("doc_2", birth_date=date(1955, 5, 5))) == ["birth_date_differs"]


def test_a_finding_holds_no_value_of_the_client() -> None:
    matrix = evidence.matrix(a_person(), [a_passport(surname="Schmidt", number="L22990077")])
    text = "".join(finding.model_dump_json() for finding in evidence.findings(matrix, TODAY))

    assert not any(value in text for value in ("Anna", "SCHMIDT", "L22990077", "C01X0006H", "1980"))


def test_a_matrix_survives_being_stored() -> None:
    matrix = evidence.matrix(a_person(), [a_passport()])

    assert evidence.Matrix.model_validate_json(matrix.model_dump_json()) == matrix


def test_a_company_is_compared_with_the_registry() -> None:
    company = Company(name="Acme GmbH", registration_number="HRB 1234", country="DE")
    registry = Statement(
        source=Source.REGISTRY, values={"name": "ACME GMBH", "registration_number": "HRB1234", "country": "AT"}
    )

    codes = [finding.code for finding in evidence.findings(evidence.matrix(company, [registry]), TODAY)]

    assert codes == ["country_differs"]


def test_contact_data_that_cannot_be_reached_are_findings() -> None:
    person = a_person(email="anna@nowhere", phone="12")

    assert [finding.code for finding in evidence.contact_findings(person)] == ["email_invalid", "phone_invalid"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lei": "529900T8BM49AURSDO54"}, "lei_invalid"),
        ({"vat_number": "DE136695977"}, "vat_number_invalid"),
        ({"address": {"lines": ["1 Main"], "city": "Berlin", "postcode": "1011", "country": "DE"}}, "address_invalid"),
    ],
)
def test_a_company_s_numbers_and_address_are_checked_by_their_form(changes: dict[str, Any], code: str) -> None:
    known = {"lei": "529900T8BM49AURSDO55", "vat_number": "DE136695976"}
    company = {"name": "Acme", "country": "DE", **known}

    assert evidence.company_findings(Company.model_validate(company)) == []
    assert [found.code for found in evidence.company_findings(Company.model_validate(company | changes))] == [code]


def test_an_address_without_a_postcode_contradicts_nothing() -> None:
    address = {"lines": ["1 Main"], "city": "Berlin", "country": "DE"}

    assert evidence.contact_findings(a_person(address=address)) == []
    wrong = evidence.contact_findings(a_person(address=address | {"postcode": "1"}))
    assert [found.code for found in wrong] == ["address_invalid"]


def test_what_an_identity_vendor_read_is_a_column_of_its_own() -> None:
    vendor = evidence.of_vendor({"birth_date": "1980-01-03", "name": ""}, "identity_1")

    table = evidence.matrix(a_person(), [vendor])

    row = table.row("birth_date")
    assert row
    assert row.cells["vendor:identity_1"].verdict is Verdict.NEAR
    assert found(a_person(), vendor) == ["birth_date_near"]


def test_a_registration_number_is_checked_where_its_country_has_a_rule() -> None:
    wrong = Company(name="Acme", registration_number="732829321", country="FR")
    unknown = Company(name="Acme", registration_number="1", country="XK")

    assert [finding.code for finding in evidence.company_findings(wrong)] == ["registration_number_invalid"]
    assert evidence.company_findings(unknown) == []
