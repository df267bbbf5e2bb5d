"""What Monitoring orders and gets back: ids, codes and story times, never personal data."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from onboarding.case import Band, Code, Strict
from onboarding.clock import Clock
from onboarding.deeds import Actor, Place
from onboarding.diligence import Decision, Screened
from onboarding.messages import Message
from onboarding.plan import Watch

REFRESH_LISTS = "refresh-lists"  # the schedule that asks the sources of lists for news
MONITORING = "monitoring"  # the step of whatever Monitoring asks and hears, in every case


class Looking(Place):
    """A client is to be looked at again; `stirs` are the reasons that were told, by id."""

    client: str
    watch: Watch
    stirs: list[str] = Field(default_factory=list)


class Looked(Strict):
    """What it came to. `closed` are signals that nobody had judged and whose entries are off the lists; `delisted` are
    confirmed ones of such entries, which two reviewers may close. `periodic`: the review date of the band has come, so
    a person looks, whatever was found. `over`: no relationship came of the case. `floor`: the band that the law sets at
    least."""

    screened: Screened
    band: Band
    approvals: int
    closed: list[str] = Field(default_factory=list)
    delisted: list[str] = Field(default_factory=list)
    periodic: bool = False
    over: bool = False
    floor: Band = Band.LOW

    @property
    def needs_review(self) -> bool:
        return bool(self.screened.signals or self.delisted or self.periodic)


class Concluding(Place):
    """A review of Monitoring has ended with this decision."""

    client: str
    review: str
    decision: Decision | None
    reviewers: list[str] = Field(default_factory=list)
    delisted: list[str] = Field(default_factory=list)


class Holding(Place):
    """Commercial contact with the client stops, or goes on."""

    client: str
    reason: Code
    actor: Actor
    key: str


class Ending(Place):
    """The relationship is over."""

    client: str
    reason: Code
    actor: Actor


class ListOrder(Strict):
    """One source of lists is to be asked, or clients to be compared with it, at this real time."""

    name: str
    at: AwareDatetime


class Refreshed(Strict):
    """What a source answered: a new or the same version in force, one that waits to be let in, or nothing good."""

    name: str
    state: Literal["in_force", "unchanged", "held", "failed"]
    reason: Code | None = None


class LookedBack(Strict):
    """How many entries changed, how many clients came into question and how many are to be looked at again."""

    changed: int = 0
    in_question: int = 0
    stirred: int = 0


class Watching(Place):
    """Starts a monitoring, and carries it from one run to the next: reviews held so far, messages that were answered
    before, and those that nobody worked through yet."""

    client: str
    watch: Watch
    clock: Clock
    reviews: int = 0
    handled: list[str] = Field(default_factory=list)
    waiting: list[Message] = Field(default_factory=list)


class BackTest(Strict):
    """Tries a proposed policy, named by its hash, on past inputs."""

    policy: str


class Sampling(Strict):
    """Draws the month's sample of near misses; any day of the month names it."""

    month: date
