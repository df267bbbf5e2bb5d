"""How reviewers' voices become a decision: enough different people must agree; disagreement goes to a senior."""

from typing import cast

from onboarding.deeds import Decision

_AT_ONCE = "request_information"
_STRICTNESS: list[Decision] = ["approve", "approve_with_conditions", "reject"]


class Voices:
    """The voices of one review. `needed` is how many different people must agree."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.said: dict[str, Decision] = {}
        self.senior: Decision | None = None

    @property
    def escalated(self) -> bool:
        """Somebody escalated, or as many as were needed have spoken and do not agree."""
        views = set(self.said.values())
        return "escalate" in views or (len(self.said) >= self.needed and len(views) > 1)

    def objection(self, actor: str, roles: list[str]) -> str | None:
        """Why this person cannot speak now, as a reason code."""
        if actor in self.said:
            return "already_decided"
        if self.standing():
            return "review_not_open"
        if self.escalated and "senior" not in roles:
            return "senior_needed"
        return None

    def add(self, actor: str, decision: str, roles: list[str]) -> None:
        if self.escalated and "senior" in roles:
            self.senior = cast(Decision, decision)
        self.said[actor] = cast(Decision, decision)

    def standing(self) -> Decision | None:
        """The decision that stands, or None while more must be heard."""
        views = list(self.said.values())
        if _AT_ONCE in views:
            return "request_information"
        if self.escalated:
            return self._after_escalation()
        return views[0] if len(views) >= self.needed else None

    def _after_escalation(self) -> Decision | None:
        """A senior must have spoken; and an approval still needs as many approving voices as any other."""
        if self.senior is None or self.senior == "escalate":
            return None
        decision = self._stricter()
        approving = [view for view in self.said.values() if view.startswith("approve")]
        return None if decision.startswith("approve") and len(approving) < self.needed else decision

    def _stricter(self) -> Decision:
        """After disagreement the stricter view is kept, unless the senior alone is left to say."""
        assert self.senior
        views = [view for view in self.said.values() if view in _STRICTNESS]
        disagreed = len(set(views) - {self.senior}) > 0 and len(views) > 2
        return max(views, key=_STRICTNESS.index) if disagreed else self.senior

    def who(self, decision: Decision) -> list[str]:
        return sorted(actor for actor, said in self.said.items() if said == decision)
