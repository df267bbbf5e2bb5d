"""What collecting, verifying and reviewing order and get back: ids, codes and story times, never personal data."""

from typing import Literal

from pydantic import Field

from onboarding.case import Band, Code, Strict
from onboarding.deeds import Actor, Place
from onboarding.plan import Collect, Verify


class Handed(Place):
    """Something the client handed in: a document by id, or a form by its code."""

    item: Code
    document: str | None = None
    form: Code | None = None


class Verdict(Strict):
    """What became of something handed in: accepted, or refused with a reason the client can mend."""

    item: Code
    accepted: bool
    reason: Code | None = None


class Lacking(Strict):
    """What is still to be handed in, by code."""

    items: list[Code]


class Collecting(Place):
    collect: Collect


class Screened(Strict):
    """What a screening came to. `held` says why it could not be finished; then it is never clear."""

    signals: list[str] = Field(description="signal ids that nobody has judged yet")
    sanctions: list[str] = Field(default_factory=list, description="sanctions hits that nobody cleared")
    offices: list[str] = Field(default_factory=list, description="hits on public offices that nobody cleared")
    held: Code | None = None
    waiting: list[Code] = Field(default_factory=list, description="parties whom an identity vendor has yet to check")


class VendorTold(Place):
    """A vendor's stored event is to be taken in."""

    vendor: Code
    event: str


class IdentityTaken(Strict):
    """The parties whom the identity vendor has yet to check, and the open signals that its word has raised."""

    waiting: list[Code]
    signals: list[str] = Field(default_factory=list)


class Rated(Strict):
    rating: str
    band: Band
    approvals: int = Field(ge=0, description="different reviewers who must agree")
    floor: Band = Field(Band.LOW, description="the band that the law sets at least")


class Verifying(Place):
    verify: Verify
    round: int = 1


class ReviewEnded(Verifying):
    """A review of verification has come to its decision, which is not kept yet."""

    review: str


class ReviewOpened(Strict):
    """Who may not review: the one who started the case and the one who owns the relationship."""

    review: str
    barred: list[str]


class Reviewing(Place):
    """A review is to be opened; no override goes below `floor`, which the law sets."""

    round: int
    signals: list[str]
    band: Band
    approvals: int
    floor: Band = Band.LOW


Decision = Literal["approve", "approve_with_conditions", "request_information", "escalate", "reject"]


class Ruling(Place):
    """A decision that stands: on what review, with which reason code, by whom; `conditions` are those it comes with."""

    review: str | None
    decision: Decision
    reason: Code
    reviewers: list[str]
    band: Band
    conditions: list[str] = Field(default_factory=list)


class Voice(Place):
    """One reviewer's voice in a review. `for_senior`: from here on only a senior can bring it further."""

    review: str
    decision: Decision
    reason: Code
    actor: Actor
    items: list[Code] = Field(default_factory=list)
    note: str | None = None
    for_senior: bool = False


class Judgement(Place):
    signal: str
    verdict: Literal["cleared", "confirmed"]
    reason: Code
    actor: Actor
