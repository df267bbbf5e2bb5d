"""Reason codes: a fixed set for each kind of signal and each verdict."""

import re

import pytest

from onboarding.reasons import ReasonNotForSignal, all_reasons, check_reason


def test_a_reason_of_the_set_is_taken() -> None:
    check_reason("list_hit", "cleared", "birth_date_differs")


@pytest.mark.parametrize(
    ("kind", "verdict", "reason"),
    [
        ("list_hit", "confirmed", "birth_date_differs"),
        ("evidence", "cleared", "birth_date_differs"),
        ("list_hit", "cleared", "because"),
    ],
)
def test_a_reason_of_another_kind_or_another_verdict_is_refused(kind: str, verdict: str, reason: str) -> None:
    with pytest.raises(ReasonNotForSignal):
        check_reason(kind, verdict, reason)  # type: ignore[arg-type]  # one of the two verdicts


def test_a_kind_without_a_set_of_its_own_has_the_general_one() -> None:
    check_reason("something_new", "cleared", "explained")


def test_every_reason_is_a_code_with_its_meaning() -> None:
    for reasons in all_reasons().values():
        for code, meaning in {**reasons.cleared, **reasons.confirmed}.items():
            assert re.fullmatch(r"[a-z_]{1,40}", code)
            assert meaning
