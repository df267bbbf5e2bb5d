"""The pass bars of the check-ins."""

import pytest

from onboarding.case import CheckInOutcome
from onboarding.health import BARS, Input, assess

GOOD: dict[int | None, dict[str, Input]] = {
    30: {"first_value": "yes", "ces": 5, "blockers": []},
    60: {"active": 6, "seats": 10, "sticky_features": ["reports"]},
    90: {"goal": "on_track", "nps": 7},
    None: {"csat": 4, "blockers": ["none"]},
}


@pytest.mark.parametrize("day", GOOD)
def test_who_passes_every_bar_of_the_day_is_green(day: int | None) -> None:
    found = assess([day], GOOD[day])

    assert (found.outcome, found.reasons, found.missing) == (CheckInOutcome.GREEN, [], [])


@pytest.mark.parametrize(("day", "name"), [(day, name) for day, inputs in GOOD.items() for name in inputs])
@pytest.mark.parametrize("value", [None, "", "maybe", -1])
def test_an_input_that_is_missing_or_cannot_be_read_is_never_green(day: int | None, name: str, value: Input) -> None:
    found = assess([day], {**GOOD[day], name: value})

    assert found.outcome is not CheckInOutcome.GREEN
    assert name in found.missing


@pytest.mark.parametrize(("day", "changed"), [(30, {"ces": 8}), (60, {"active": 11}), (90, {"nps": 11})])
def test_a_number_off_its_scale_is_as_good_as_missing(day: int, changed: dict[str, Input]) -> None:
    found = assess([day], {**GOOD[day], **changed})

    assert found.outcome is CheckInOutcome.AMBER
    assert set(changed) <= set(found.missing)


@pytest.mark.parametrize("day", GOOD)
def test_a_client_of_whom_nothing_is_known_is_silent_and_red(day: int | None) -> None:
    found = assess([day], {})

    assert (found.outcome, found.reasons) == (CheckInOutcome.RED, ["silent"])
    assert found.missing


@pytest.mark.parametrize(
    ("day", "changed", "outcome", "reason"),
    [
        (30, {"first_value": "partly"}, "amber", "no_first_value"),
        (30, {"first_value": "no"}, "red", "no_first_value"),
        (30, {"ces": 4}, "amber", "set_up_was_hard"),
        (30, {"ces": 2}, "red", "set_up_was_hard"),
        (30, {"blockers": ["single_sign_on"]}, "amber", "blocked_by_something"),
        (60, {"active": 5}, "amber", "low_adoption"),
        (60, {"active": 2}, "red", "low_adoption"),
        (60, {"sticky_features": []}, "amber", "no_sticky_feature"),
        (90, {"goal": "no"}, "red", "goal_not_reached"),
        (90, {"nps": 6}, "amber", "would_not_recommend"),
        (90, {"nps": 4}, "red", "would_not_recommend"),
        (90, {"sponsor_engaged": False}, "amber", "champion_left"),
        (90, {"risk": "high"}, "red", "manager_sees_risk"),
        (None, {"csat": 3}, "amber", "support_pain"),
    ],
)
def test_what_is_not_passed_says_why(day: int | None, changed: dict[str, Input], outcome: str, reason: str) -> None:
    found = assess([day], {**GOOD[day], **changed})

    assert (found.outcome, found.reasons) == (outcome, [reason])


def test_numbers_from_a_form_count_as_numbers() -> None:
    assert assess([60], {"active": "6", "seats": "10", "sticky_features": "1"}).outcome is CheckInOutcome.GREEN


def test_merged_check_ins_must_pass_the_bars_of_both_days() -> None:
    found = assess([30, 60], {**GOOD[30], **GOOD[60], "first_value": "no"})

    assert (found.outcome, found.reasons) == (CheckInOutcome.RED, ["no_first_value"])


def test_a_hold_of_compliance_blocks_whatever_else_is_known() -> None:
    for day in GOOD:
        assert assess([day], GOOD[day], hold=True).outcome is CheckInOutcome.BLOCKED


def test_every_day_has_its_bars() -> None:
    assert set(BARS) == {30, 60, 90, None}
