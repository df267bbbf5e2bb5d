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

    assert review.objection("a", REVIEWER, "approve") == "already_decided"
    assert review.objection("b", REVIEWER, "approve") == "senior_needed"
    assert review.objection("s", SENIOR, "approve") is None


def test_nobody_is_laxer_than_the_stricter_of_two_who_disagree() -> None:
    review = said(2, ("a", "approve", REVIEWER), ("b", "approve_with_conditions", REVIEWER))

    assert review.objection("s", SENIOR, "approve") == "stricter_view_stands"
    assert review.objection("s", SENIOR, "request_information") is None
    review.add("s", "approve_with_conditions", SENIOR)
    assert review.standing() == "approve_with_conditions"


def test_an_approval_that_wants_a_senior_waits_for_one_among_those_who_approve() -> None:
    review = said(2, ("a", "approve", REVIEWER))
    review.wants_senior = True
    review.add("b", "approve", REVIEWER)

    assert (review.standing(), review.for_senior) == (None, True)
    assert review.objection("c", REVIEWER, "approve") == "senior_needed"
    review.add("s", "approve", SENIOR)
    assert review.standing() == "approve"


def test_a_senior_among_the_two_is_enough_and_refusing_wants_none() -> None:
    with_senior = said(2, ("s", "approve", SENIOR))
    refusing = said(2, ("a", "reject", REVIEWER))
    for review, actor, decision in ((with_senior, "a", "approve"), (refusing, "b", "reject")):
        review.wants_senior = True
        review.add(actor, decision, REVIEWER)

    assert (with_senior.standing(), refusing.standing()) == ("approve", "reject")


def test_a_senior_who_was_waited_for_may_refuse_alone() -> None:
    review = said(1, ("a", "approve", REVIEWER))
    review.wants_senior = True
    review.add("s", "reject", SENIOR)

    assert review.standing() == "reject"
