"""Who is to be screened: nothing that a line says is dropped without a word."""

from typing import Any

import pytest

from kyc.lists import Kind
from run.answers import LineInvalid
from run.subjects import subject

ANNA: dict[str, Any] = {"name": "Anna Ek"}


def test_a_line_says_who_is_asked_for() -> None:
    said = {
        "id": 7, "kind": "person", "birth_date": "1990-01-31", "countries": "SE; NO", "gender": "F",
        "passport": ["P1", "P2"], "birth_place": "Lund; Skåne", "note": "from the old system",
    }  # fmt: skip

    found = subject(ANNA | said)

    assert (found.id, found.kind, found.names, found.born) == ("7", Kind.PERSON, ("Anna Ek",), "1990-01-31")
    assert (found.countries, found.gender, found.birth_place) == (("NO", "SE"), "f", "Lund; Skåne")
    assert [(number.kind, number.value) for number in found.identifiers] == [("passport", "P1"), ("passport", "P2")]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"Full Name": "Anna Ek"}, ("Anna Ek",)),
        ({"name": "Ek; Anna"}, ("Ek; Anna",)),
        ({"names": ["Anna Ek", "Anna Berg"]}, ("Anna Ek", "Anna Berg")),
        ({"firstName": "Anna", "last_name": "Ek"}, ("Anna Ek",)),
        ({"name": "Anna Ek", "aliases": "Anna Berg; Anna Ek"}, ("Anna Ek", "Anna Berg")),
    ],
)
def test_names_are_found_under_the_words_that_people_use(said: dict[str, Any], names: tuple[str, ...]) -> None:
    assert subject(said).names == names


@pytest.mark.parametrize("said", [{"birthdate": "1990"}, {"dob": 1990}, {"Date of birth": "1990"}])
def test_a_birth_date_is_found_under_the_words_that_people_use(said: dict[str, Any]) -> None:
    assert subject(ANNA | said).born == "1990"


@pytest.mark.parametrize("word", ["X", "x", "<", "unknown", "", None])
def test_a_sex_that_is_neither_counts_as_not_told(word: str | None) -> None:
    assert subject(ANNA | {"sex": word}).gender == ""


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"birth_date": "not a date"}, "birth_date: this is no date"),
        ({"birth_date": "99/99/9999"}, "birth_date: this is no date"),
        ({"birth_date": ["1990", "1991"]}, "birth_date: one is expected"),
        ({"countries": "Narnia"}, "countries: this is no country that is known: "),
        ({"countries": ["SE", "Narnia"]}, r"countries: this is no country that is known \(number 2 of 2\)"),
        ({"kind": "alien"}, "kind: this is none that is known"),
        ({"gender": "q"}, "gender: m or f is expected"),
        ({"shoe_size": "39"}, "shoe_size: this field is not known"),
        ({"passport": {"number": "1"}}, "passport: a text is expected"),
        ({"name": {"a": 1}}, "name: a text is expected"),
        ({"name": True}, "name: a text is expected"),
        ({"name": " "}, "a name is expected: `name` is one, `names` are several"),
        ({"name": None, "names": []}, "a name is expected"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_plain_words(said: dict[str, Any], message: str) -> None:
    with pytest.raises(LineInvalid, match=message):
        subject(ANNA | said)


def test_an_empty_cell_under_an_unknown_heading_says_nothing() -> None:
    assert subject(ANNA | {"shoe_size": "", "hat": None}).names == ("Anna Ek",)


def test_what_is_never_compared_may_stand_in_the_file() -> None:
    assert subject(ANNA | {"id": 1.5, "address": {"city": "Lund"}, "E-mail": "anna@ek.example"}).id == "1.5"


def test_an_error_holds_nothing_of_what_the_line_says() -> None:
    with pytest.raises(LineInvalid) as caught:
        subject(ANNA | {"birth_date": "her secret"})

    assert "secret" not in caught.value.message
    assert "Anna" not in caught.value.message
