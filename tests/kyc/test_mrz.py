import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc import mrz
from kyc.mrz.layout import LAYOUTS, Format, check_digit

TODAY = date(2026, 3, 2)
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "eval" / "mrz_vectors.json"

# The specimen of ICAO 9303, in every format that the documents print it in.
SPECIMENS: dict[Format, list[str]] = {
    "TD1": ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"],
    "TD2": ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
    "TD3": ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
    "MRVA": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"],
    "MRVB": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"],
}
formats = st.sampled_from(list(LAYOUTS))


def a_zone(format: Format = "TD3", **changes: Any) -> list[str]:
    fields: dict[str, Any] = {
        "surname": "Eriksson",
        "given_names": "Anna Maria",
        "number": "L898902C3",
        "birth_date": date(1974, 8, 12),
        "expiry_date": date(2032, 4, 15),
        "sex": "F",
    }
    return mrz.write(format, **(fields | changes))


def codes(zone: mrz.Zone) -> set[str]:
    return {warning.code for warning in zone.warnings}


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not here")
def test_every_shared_vector_gets_its_verdict() -> None:
    for vector in json.loads(VECTORS.read_text()):
        zone = mrz.read(vector["lines"], TODAY)

        assert (zone.type, zone.checks, zone.valid) == (vector["type"], vector["check"], vector["all_valid"])


@pytest.mark.parametrize("format", SPECIMENS)
def test_the_specimens_of_the_standard_are_read(format: Format) -> None:
    zone = mrz.read(SPECIMENS[format], TODAY)

    assert (zone.type, zone.valid) == (format, True)
    assert (zone.fields.surname, zone.fields.given_names) == ("ERIKSSON", "ANNA MARIA")


@pytest.mark.parametrize(
    ("format", "names"),
    [
        ("TD1", {"doc", "dob", "exp", "comp"}),
        ("TD2", {"doc", "dob", "exp", "comp"}),
        ("TD3", {"doc", "dob", "exp", "comp", "opt"}),
        ("MRVA", {"doc", "dob", "exp"}),
        ("MRVB", {"doc", "dob", "exp"}),
    ],
)
def test_each_format_has_its_own_check_digits(format: Format, names: set[str]) -> None:
    assert set(mrz.read(SPECIMENS[format], TODAY).checks) == names


def test_a_long_number_runs_on_into_the_optional_data() -> None:
    zone = mrz.read(a_zone("TD1", number="ABC1234567890", optional="X1"), TODAY)

    assert (zone.fields.number, zone.checks["doc"], zone.valid) == ("ABC1234567890", True, True)
    assert zone.fields.optional == "X1"


def test_the_last_character_of_a_long_number_is_its_check_digit() -> None:
    first, *rest = a_zone("TD1", number="ABC1234567890")
    wrong = "1" if first[18] != "1" else "2"
    assert first[14] == "<"

    assert not mrz.read([first[:19] + wrong + first[20:], *rest], TODAY).checks["doc"]


def test_one_text_is_as_good_as_a_list_of_lines() -> None:
    lines = SPECIMENS["TD3"]

    assert mrz.read("\r\n".join(lines), TODAY) == mrz.read("".join(lines), TODAY) == mrz.read(lines, TODAY)


def test_an_expired_document_is_valid_and_says_so() -> None:
    zone = mrz.read(SPECIMENS["TD3"], TODAY)

    assert zone.valid
    assert "expired" in codes(zone)


def test_without_a_day_nothing_is_called_expired() -> None:
    zone = mrz.read(SPECIMENS["TD3"])

    assert "expired" not in codes(zone)
    assert zone.fields.birth_date == date(1974, 8, 12)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuer": "QQQ"}, "unknown_state"),
        ({"sex": "7"}, "unknown_sex"),
        ({"surname": "Wolfeschlegelsteinhausenbergerdorff"}, "name_truncated"),
        ({"surname": "<", "given_names": ""}, "no_surname"),
    ],
)
def test_what_is_odd_is_a_warning_and_leaves_the_zone_valid(change: dict[str, str], code: str) -> None:
    zone = mrz.read(a_zone("TD1", **change), TODAY)

    assert code in codes(zone)
    assert zone.valid


def with_birth(text: str) -> list[str]:
    front, back = a_zone()
    back = back[:13] + text + check_digit(text) + back[20:43]
    return [front, back + check_digit(back[0:10] + back[13:20] + back[21:43])]


@pytest.mark.parametrize(("text", "code"), [("900230", "impossible_date"), ("90<<<<", "incomplete_date")])
def test_a_day_that_is_none_is_a_warning(text: str, code: str) -> None:
    zone = mrz.read(with_birth(text), TODAY)

    assert zone.valid
    assert code in codes(zone)
    assert (zone.fields.birth_date, zone.fields.birth_text) == (None, text)


def test_nobody_is_born_in_the_future() -> None:
    zone = mrz.read(a_zone(birth_date=date(1930, 5, 5)), TODAY)

    assert zone.fields.birth_date == date(1930, 5, 5)


def test_a_letter_for_a_digit_is_suggested_and_not_repaired() -> None:
    front, back = a_zone()
    misread = back.replace("740812", "74O8I2", 1)

    zone = mrz.read([front, misread], TODAY)

    assert not zone.valid
    assert zone.fields.birth_date is None
    assert [(each.line, each.column, each.read, each.meant) for each in zone.suggestions] == [
        (2, 16, "O", "0"),
        (2, 18, "I", "1"),
    ]
    assert all(each.valid and each.lines == (front, back) for each in zone.suggestions)


def test_twins_in_the_number_are_told_apart_by_its_check_digit() -> None:
    front, back = a_zone(number="L898902C3")

    zone = mrz.read([front, back.replace("L898902C3", "L8989O2C3")], TODAY)

    assert [(each.read, each.meant, each.valid) for each in zone.suggestions] == [("O", "0", True)]


def test_missing_fillers_are_suggested() -> None:
    front, back = a_zone()

    zone = mrz.read([front.rstrip("<"), back], TODAY) if len(front.rstrip("<")) > 38 else mrz.read([front[:40], back])

    assert not zone.valid
    assert "length" in codes(zone)
    assert zone.suggestions[0].lines == (front, back)


def test_letters_that_the_zone_may_have_replaced_are_suggested() -> None:
    zone = mrz.read(a_zone(surname="Müller-Groß", given_names="Anna", issuer="D"), TODAY)

    assert (zone.fields.surname, zone.valid) == ("MUELLER GROSS", True)
    assert [(each.code, each.fields) for each in zone.suggestions] == [("transliteration", {"surname": "MÜLLER GROß"})]


def test_a_name_that_may_go_on_is_suggested_to() -> None:
    zone = mrz.read(a_zone("TD1", surname="Wolfeschlegelsteinhausenbergerdorff"), TODAY)

    assert [each.code for each in zone.suggestions] == ["name_truncated"]


def test_an_old_french_card_is_recognised() -> None:
    number, given_names, birth = "050675201234", "MARIE<<LOUISE", "650204"
    back = f"{number}{check_digit(number)}{given_names.ljust(14, '<')}{birth}{check_digit(birth)}F"
    front = "IDFRADUPONT".ljust(30, "<") + "752012"
    lines = [front, back + check_digit(front + back)]

    zone = mrz.read(lines, TODAY)

    assert (zone.type, zone.valid) == ("TD2", False)
    assert [(each.code, each.valid, each.fields["given_names"]) for each in zone.suggestions] == [
        ("old_french_card", True, "MARIE LOUISE")
    ]


@given(text=st.text(max_size=200))
def test_any_text_gets_a_verdict_or_a_clear_error(text: str) -> None:
    try:
        mrz.read(text, TODAY)
    except mrz.ZoneUnreadable:
        return


@given(lines=st.lists(st.text(alphabet=st.characters(codec=None), max_size=50), max_size=4))
def test_any_lines_get_a_verdict_or_a_clear_error(lines: list[str]) -> None:
    try:
        mrz.read(lines)
    except mrz.ZoneUnreadable:
        return


@given(format=formats, data=st.data())
def test_lines_of_the_right_length_always_get_a_verdict(format: Format, data: st.DataObject) -> None:
    layout = LAYOUTS[format]
    line = st.text(alphabet="ABOI019<", min_size=layout.width, max_size=layout.width)
    lines = data.draw(st.lists(line, min_size=layout.lines, max_size=layout.lines))

    zone = mrz.read(lines, TODAY)

    assert zone.lines == tuple(lines)


@given(
    format=formats,
    surname=st.text(min_size=1, max_size=60),
    given_names=st.text(max_size=60),
    number=st.text(alphabet="ABCXYZ0123456789", min_size=1, max_size=9),
    birth=st.dates(date(1930, 1, 1), TODAY),
    life=st.integers(1, 3650),
)
def test_what_is_written_is_read_again(
    format: Format, surname: str, given_names: str, number: str, birth: date, life: int
) -> None:
    expiry = TODAY + timedelta(days=life)
    lines = mrz.write(
        format,
        surname=surname,
        given_names=given_names,
        number=number,
        birth_date=birth,
        expiry_date=expiry,
        issuer="D",
    )

    zone = mrz.read(lines, TODAY)

    assert zone.valid
    assert (zone.fields.number, zone.fields.expiry_date, zone.fields.issuer_country) == (number, expiry, "DE")
    assert zone.fields.birth_date == birth


@given(format=formats, place=st.integers(0, 43), char=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"))
def test_a_changed_digit_of_a_date_never_passes_unseen(format: Format, place: int, char: str) -> None:
    lines = a_zone(format)
    line, start, stop = LAYOUTS[format].spans["birth_date"]
    place = start + place % (stop - start)
    weightless = (int(char, 36) if char != "<" else 0) % 10 == int(lines[line][place])
    changed = list(lines)
    changed[line] = lines[line][:place] + char + lines[line][place + 1 :]

    assert mrz.read(changed, TODAY).checks["dob"] is weightless
