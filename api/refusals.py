"""What the story may answer instead of a receipt: each reason code with the sentence that a caller reads."""

from onboarding.errors import CaseClosed, Conflict, Forbidden, OnboardingError, StepNotOpen, Unavailable

_WORDS = {
    "case_closed": CaseClosed.__doc__,
    "step_not_open": StepNotOpen.__doc__,
    "already_paused": "The case is paused already.",
    "not_paused": "The case is not paused.",
    "unknown_step": "The plan of this case has no such step.",
    "step_cannot_be_skipped": "This step must not be left out.",
    "agreement_not_open": "This agreement is not out for signature.",
    "already_answered": "This was answered before.",
    "review_not_open": "This review is not open any more.",
    "signal_not_open": "This signal was judged before, or belongs to another review.",
    "reviewer_is_not_independent": "Whoever started the case or owns the relationship cannot review it.",
    "senior_needed": "After an escalation or a disagreement a senior reviewer decides.",
    "stricter_view_stands": "Reviewers disagreed: a senior confirms the stricter view, or sends the file back.",
    "claimed_by_another": "Another reviewer holds this review; a senior may take it over.",
    "not_claimed": "Nobody holds this review.",
    "override_open": "Another band is proposed; a second person has to agree or decline first.",
    "override_not_open": "This proposal of another band was decided before, or its review has ended.",
    "band_is_the_same": "The client is in this band already.",
    "band_below_law": "No override goes below the band that the law sets; the rating's factors name the law.",
    "second_person_needed": "Whoever proposed another band cannot agree to it; a second person has to.",
    "already_decided": "This reviewer has spoken in this review; another one is needed.",
    "signals_open": "Every signal must be judged before an approval.",
    "sanctions_hit_confirmed": "A case with a confirmed sanctions hit cannot be approved.",
    "meeting_not_open": "This meeting is not the one that is being arranged.",
    "meeting_is_over": "This meeting is over and cannot be moved.",
    "meeting_not_held_yet": "This meeting has not taken place yet.",
    "check_in_not_held_yet": "This check-in has not taken place yet.",
    "survey_expired": "This survey is closed.",
    "unknown_resource": "There is no such material in this step.",
    "choice_needed": "The last item asks for a choice: yes or no.",
    "task_not_open": "This task is not open any more.",
}
_FORBIDDEN = {"reviewer_is_not_independent", "senior_needed", "second_person_needed"}
_CLOSED = {"AcceptedUpdateCompletedWorkflow", "step_not_open"}


def refused(code: str) -> OnboardingError:
    """The error for a validator's reason code. What is not one of ours is an outage, and is told as one."""
    if code == CaseClosed.code:
        return CaseClosed()
    if code in _CLOSED:
        return StepNotOpen()
    if code in _FORBIDDEN:
        return Forbidden(_WORDS[code], code=code)
    return Conflict(_WORDS[code], code=code) if code in _WORDS else Unavailable(code="story_unavailable")
