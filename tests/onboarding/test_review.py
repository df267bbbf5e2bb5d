"""Reviewers' voices: enough different people must agree, and a senior alone is not enough where two are needed."""

from onboarding.review import Voices

REVIEWER, SENIOR = ["reviewer"], ["reviewer", "senior"]


def said(needed: int, *voices: tuple[str, str, list[str]]) -> Voices:
    review = Voices(needed)
    for actor, decision, roles in voices:
        review.add(actor, decision, roles)
    return review


def test_one_voice_stands_where_one_is_needed() -> None:
    assert said(1, ("a", "approve", REVIEWER)).standing() == "approve"


def test_one_voice_does_not_stand_where_two_are_needed() -> None:
    assert said(2, ("a", "approve", REVIEWER)).standing() is None


def test_disagreement_waits_for_a_senior_and_keeps_the_stricter_view() -> None:
    both = (("a", "approve", REVIEWER), ("b", "reject", REVIEWER))

    assert said(2, *both).standing() is None
    assert said(2, *both, ("s", "reject", SENIOR)).standing() == "reject"


def test_an_escalated_case_of_high_risk_is_not_approved_by_the_senior_alone() -> None:
    escalated = (("a", "escalate", REVIEWER), ("s", "approve", SENIOR))

    assert said(2, *escalated).standing() is None
    assert said(2, *escalated, ("t", "approve", SENIOR)).standing() == "approve"


def test_a_senior_may_reject_an_escalated_case_alone() -> None:
    assert said(2, ("a", "escalate", REVIEWER), ("s", "reject", SENIOR)).standing() == "reject"


def test_nobody_speaks_twice_and_only_a_senior_after_escalation() -> None:
    review = said(2, ("a", "escalate", REVIEWER))

    assert review.objection("a", REVIEWER) == "already_decided"
    assert review.objection("b", REVIEWER) == "senior_needed"
    assert review.objection("s", SENIOR) is None
