"""How reviewers' voices become a decision: enough different people must agree; disagreement goes to a senior.

Also what a review orders and gets back: claims, overrides of a rating, conditions. Ids and codes, never words.
"""

from typing import Literal, NamedTuple, cast

from pydantic import AwareDatetime

from onboarding.case import Band, Code, Strict
from onboarding.deeds import Actor, Place
from onboarding.diligence import Decision

_AT_ONCE = "request_information"
_STRICTNESS: list[Decision] = ["approve", "approve_with_conditions", "reject"]


class Spoken(NamedTuple):
    decision: Decision
    senior: bool


class Voices:
    """The voices of one review. `needed` is how many different people must agree; with `wants_senior` one of those who
    approve must be a senior, as for a client who holds a public office."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.wants_senior = False
        self.said: dict[str, Spoken] = {}
        self.senior: Decision | None = None

    @property
    def escalated(self) -> bool:
        """Somebody escalated, or as many as were needed have spoken and do not agree."""
        views = {spoken.decision for spoken in self.said.values()}
        return "escalate" in views or (len(self.said) >= self.needed and len(views) > 1)

    @property
    def for_senior(self) -> bool:
        """Only a senior can bring this review further."""
        enough = len(self._approving()) >= self.needed
        return self.escalated or (enough and self.wants_senior and not self._senior_approves())

    def objection(self, actor: str, roles: list[str], decision: str) -> str | None:
        """Why this person cannot say this now, as a reason code."""
        if actor in self.said:
            return "already_decided"
        if self.standing():
            return "review_not_open"
        if self.for_senior and "senior" not in roles:
            return "senior_needed"
        if self.escalated and decision in _STRICTNESS and _laxer(decision, self._strictest()):
            return "stricter_view_stands"
        return None

    def add(self, actor: str, decision: str, roles: list[str]) -> None:
        if self.for_senior and "senior" in roles:
            self.senior = cast(Decision, decision)
        self.said[actor] = Spoken(cast(Decision, decision), "senior" in roles)

    def standing(self) -> Decision | None:
        """The decision that stands, or None while more must be heard."""
        views = [spoken.decision for spoken in self.said.values()]
        if _AT_ONCE in views:
            return "request_information"
        decision = self.senior if self.escalated else views[0] if len(views) >= self.needed else None
        return None if decision is None or decision == "escalate" or self._lacks(decision) else decision

    def who(self, decision: Decision) -> list[str]:
        return sorted(actor for actor, spoken in self.said.items() if spoken.decision == decision)

    def _lacks(self, decision: Decision) -> bool:
        """Whether an approval still wants approving voices, or a senior's among them; a refusal wants none."""
        if not decision.startswith("approve"):
            return False
        return len(self._approving()) < self.needed or (self.wants_senior and not self._senior_approves())

    def _approving(self) -> list[Spoken]:
        return [spoken for spoken in self.said.values() if spoken.decision.startswith("approve")]

    def _senior_approves(self) -> bool:
        return any(spoken.senior for spoken in self._approving())

    def _strictest(self) -> Decision:
        views = [spoken.decision for spoken in self.said.values() if spoken.decision in _STRICTNESS]
        return max(views, key=_STRICTNESS.index, default="approve")


def _laxer(decision: Decision, than: Decision) -> bool:
    return _STRICTNESS.index(decision) < _STRICTNESS.index(than)


class Claim(Place):
    """Who holds a review, until when in real time, for a claim is a session; `actor` gave it back where it is None."""

    review: str
    message: str
    actor: Actor
    until: AwareDatetime | None


class Override(Place):
    """Somebody wants another band than the rating gave; nothing changes until a second person agrees."""

    review: str
    override: str
    band: Band
    reason: Code
    note: str
    actor: Actor


class OverrideVerdict(Place):
    """What the second person made of an override."""

    review: str
    override: str
    verdict: Literal["confirmed", "declined"]
    actor: Actor


class Overridden(Strict):
    """The band that holds now, how many different reviewers must agree in it, and what the law sets at least."""

    band: Band
    approvals: int
    floor: Band = Band.LOW
