from datetime import UTC, date, datetime

import pytest

from activities.letters import words


@pytest.mark.parametrize("code", sorted(words.codes()))
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_reason_code_has_words_in_every_language(code: str, language: str) -> None:
    assert words.explain(code, language).why


def test_an_unknown_code_is_explained_in_general_and_a_country_is_left_out() -> None:
    assert words.explain("never_heard_of", "es") == words.explain("other", "es")
    assert words.explain("holiday:my", "ms") == words.explain("holiday", "ms")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Monday, 9 March 2026"), ("es", "lunes, 9 de marzo de 2026"), ("ms", "Isnin, 9 Mac 2026")],
)
def test_a_day_is_spoken_in_the_language(language: str, said: str) -> None:
    assert words.spoken_day(date(2026, 3, 9), language) == said


def test_a_time_is_told_by_the_clock_of_the_reader() -> None:
    moment = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)

    assert words.spoken_time(moment, "Asia/Kuala_Lumpur", "en") == "Monday, 9 March 2026, 07:30 (Asia/Kuala Lumpur)"
