"""The pass bars of the check-ins (product/checkins.md 4.3 and 4.4): what is known of a client, made into one colour.

Pure. Inputs come from the survey and from what the customer-success manager recorded. One that is missing, or that
cannot be read, is named and is never green.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from onboarding.case import CheckInOutcome

Input = str | int | bool | list[str] | None
Inputs = Mapping[str, Input]


class Grade(IntEnum):
    PASSED = 0
    NEAR = 1
    FAR = 2


@dataclass(frozen=True)
class Bar:
    """One thing to pass. `grade` answers None when an input is missing; `reason` is said when it is not passed."""

    inputs: tuple[str, ...]
    reason: str
    grade: Callable[[Inputs], Grade | None]


@dataclass(frozen=True)
class Health:
    outcome: CheckInOutcome
    reasons: list[str]
    missing: list[str]


def assess(days: Sequence[int | None], inputs: Inputs, *, hold: bool = False) -> Health:
    """The outcome by the bars of these days; several when earlier check-ins were merged into this one.

    Day None is the review of the onboarding itself. `hold` says that compliance holds the client: then it is blocked,
    whatever else is known. A client of whom nothing at all is known is silent, and that is red.
    """
    bars = [bar for day in days for bar in BARS[day]]
    graded = [(bar, bar.grade(inputs)) for bar in bars]
    missing = sorted({name for bar, grade in graded if grade is None for name in _unknown(bar, inputs)})
    if hold:
        return Health(CheckInOutcome.BLOCKED, ["compliance"], missing)
    if all(grade is None for _, grade in graded):
        return Health(CheckInOutcome.RED, ["silent"], missing)
    found = [(bar.reason, grade) for bar, grade in graded if grade] + list(_impressions(inputs))
    reasons = list(dict.fromkeys(reason for reason, _ in found)) + (["input_missing"] if missing else [])
    return Health(_colour(max((grade for _, grade in found), default=Grade.PASSED), missing), reasons, missing)


def _colour(worst: Grade, missing: list[str]) -> CheckInOutcome:
    if worst is Grade.FAR:
        return CheckInOutcome.RED
    return CheckInOutcome.AMBER if worst is Grade.NEAR or missing else CheckInOutcome.GREEN


def _unknown(bar: Bar, inputs: Inputs) -> list[str]:
    """Which inputs a bar lacks; all of them when they are there and cannot be read."""
    return [name for name in bar.inputs if inputs.get(name) is None] or list(bar.inputs)


def _impressions(inputs: Inputs) -> Iterator[tuple[str, Grade]]:
    """What the manager saw can make an outcome worse, never better."""
    if inputs.get("sponsor_engaged") in (False, "no"):
        yield "champion_left", Grade.NEAR
    risk = {"medium": Grade.NEAR, "high": Grade.FAR}.get(str(inputs.get("risk")))
    if risk:
        yield "manager_sees_risk", risk


def _at_least(name: str, passed: int, near: int, highest: int) -> Callable[[Inputs], Grade | None]:
    def grade(inputs: Inputs) -> Grade | None:
        value = number(inputs.get(name))
        if value is None or not 0 <= value <= highest:
            return None
        return Grade.PASSED if value >= passed else Grade.NEAR if value >= near else Grade.FAR

    return grade


def _word(name: str, grades: Mapping[str, Grade]) -> Callable[[Inputs], Grade | None]:
    def grade(inputs: Inputs) -> Grade | None:
        value = inputs.get(name)
        return grades.get({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value))

    return grade


def _none_of(name: str) -> Callable[[Inputs], Grade | None]:
    def grade(inputs: Inputs) -> Grade | None:
        value = inputs.get(name)
        if isinstance(value, list):
            return Grade.NEAR if set(value) - {"none"} else Grade.PASSED
        return None

    return grade


def _adoption(inputs: Inputs) -> Grade | None:
    """Who uses it, of those who may: 60 in a hundred pass, under 30 is far from it."""
    active, seats = number(inputs.get("active")), number(inputs.get("seats"))
    if active is None or not seats or active > seats:
        return None
    share = 100 * active
    return Grade.PASSED if share >= 60 * seats else Grade.NEAR if share >= 30 * seats else Grade.FAR


def _sticky(inputs: Inputs) -> Grade | None:
    value = inputs.get("sticky_features")
    count = len(value) if isinstance(value, list) else number(value)
    return None if count is None else Grade.PASSED if count else Grade.NEAR


def number(value: Input) -> int | None:
    """A whole number from a form or a survey, or None."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


_GOAL = {"reached": Grade.PASSED, "on_track": Grade.PASSED, "no": Grade.FAR}
_FIRST_VALUE = {"yes": Grade.PASSED, "partly": Grade.NEAR, "no": Grade.FAR}

BARS: dict[int | None, tuple[Bar, ...]] = {
    30: (
        Bar(("first_value",), "no_first_value", _word("first_value", _FIRST_VALUE)),
        Bar(("ces",), "set_up_was_hard", _at_least("ces", passed=5, near=3, highest=7)),
        Bar(("blockers",), "blocked_by_something", _none_of("blockers")),
    ),
    60: (
        Bar(("active", "seats"), "low_adoption", _adoption),
        Bar(("sticky_features",), "no_sticky_feature", _sticky),
    ),
    90: (
        Bar(("goal",), "goal_not_reached", _word("goal", _GOAL)),
        Bar(("nps",), "would_not_recommend", _at_least("nps", passed=7, near=5, highest=10)),
    ),
    None: (
        Bar(("csat",), "support_pain", _at_least("csat", passed=4, near=3, highest=5)),
        Bar(("blockers",), "blocked_by_something", _none_of("blockers")),
    ),
}
