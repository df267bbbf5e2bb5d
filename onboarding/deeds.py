"""What the story orders and what it gets back: ids, codes and story times, never personal data."""

from typing import Literal

from pydantic import AwareDatetime, Field

from onboarding.case import CaseStatus, CheckInOutcome, Code, Holder, Moment, Strict
from onboarding.clock import Clock
from onboarding.messages import Message
from onboarding.plan import Agree, CheckUp, Guide, Meet, Step

Actor = str  # a staff id, "client:<case>", "vendor:<name>" or "aboard"
ABOARD: Actor = "aboard"


class CaseOrder(Strict):
    """Starts an onboarding. The clock is fixed when the case is opened."""

    case: str
    client: str
    clock: Clock


class StepOrder(Strict):
    """Starts one step. `paused` is the signed message that paused the case, when it was paused at that time."""

    case: str
    client: str
    step: Step
    owner: str
    due: Moment
    clock: Clock
    facts: dict[str, str]
    anchors: dict[str, AwareDatetime] = Field(default_factory=dict, description="step key → story time it was done")
    paused: Message | None = None


class StepResult(Strict):
    """How a step ended. `facts` are codes that later conditions may rest on."""

    outcome: Literal["done", "closed", "rejected", "lapsed"]
    reason: Code | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    undo: bool = True


class Ladder(Strict):
    """Ask, remind, escalate, give up: business days after the asking, in the calendar of who is asked."""

    remind: list[int] = Field(default_factory=list)
    escalate: list[int] = Field(default_factory=list)
    give_up: int


class Rung(Strict):
    at: AwareDatetime
    do: Literal["remind", "escalate", "give_up", "wake"]


class Place(Strict):
    """Where in which case a deed belongs, and when it is in story time."""

    case: str
    step: Code
    story: AwareDatetime


class Answered(Place):
    """A task is over."""

    task: str
    resolution: Code
    actor: Actor = ABOARD


class Next(Place):
    """What comes next in a step. `closes` are the tasks that are over with it, in the same transaction."""

    closes: list[Answered] = Field(default_factory=list)


class Ask(Next):
    """Opens a wait: a task for one holder, with its ladder. `begins` also opens the step itself.

    `number` counts the askings of a step: asked again after a crash, at another time, it is the same asking.
    """

    task: Code
    number: int
    holder: Holder
    role: Code
    owner: str | None = None
    ladder: Ladder
    begins: bool = False
    anchor: AwareDatetime | None = Field(default=None, description="count the ladder from here, not from `story`")
    about: dict[str, str] = Field(default_factory=dict)
    exit_criterion: Code | None = None


class Asked(Strict):
    task: str
    rungs: list[Rung]


class Again(Place):
    """Somebody showed a sign of life: the reminders start anew, the final deadline stays."""

    task: str
    ladder: Ladder
    give_up: AwareDatetime


class Wake(Next):
    """Notes when a step wakes next, and why, where the API reads it. `begins` also opens the step."""

    at: AwareDatetime
    why: Code
    holder: Holder = Holder.NOBODY
    begins: bool = False


class StepEnd(Next):
    outcome: Literal["done", "closed", "rejected", "lapsed", "skipped"]
    reason: Code | None = None
    actor: Actor = ABOARD
    facts: dict[str, str] = Field(default_factory=dict)


class CaseNote(Strict):
    """Something happened to the case as a whole; `shift` moves open due dates by the length of a pause, in seconds."""

    case: str
    story: AwareDatetime
    what: Code
    actor: Actor
    reason: Code | None = None
    step: Code | None = None
    owner: str | None = None
    status: CaseStatus | None = None
    shift: float = 0.0
    key: str = Field(description="the message that caused it: noted twice is noted once")


class Notice(Place):
    """A mail. `key` makes it one effect: the same key is the same mail with the same Message-ID."""

    letter: Code
    key: str
    to: str = Field(default="client", description="client, owner (of the case), role:<role>, or a staff id")
    link: Literal["portal", "sign", "book", "survey"] | None = None
    about: dict[str, str] = Field(default_factory=dict, description="ids and codes that the letter is about")


class Undo(Strict):
    """One deed to take back: the ledger's key, the name of the undoing and its ids."""

    case: str
    effect: str
    kind: Code
    undo: Code
    story: AwareDatetime


class Drafting(Place):
    agree: Agree


class Drawn(Strict):
    agreement: str


class Sealing(Place):
    agreement: str


class Opening(Place):
    group: Code


class Trial(Strict):
    failed: list[Code]


class Offering(Place):
    meet: Meet
    round: int = 1


class Offered(Strict):
    meeting: str


class Booking(Place):
    """Books or moves a meeting to a slot that was offered; `message` is the one that chose it."""

    meeting: str
    slot: AwareDatetime
    message: str


class Booked(Strict):
    starts: AwareDatetime
    ends: AwareDatetime
    remind_at: AwareDatetime
    sequence: int


class Cancelling(Place):
    meeting: str


class Held(Place):
    """What became of a meeting; `notes` is a note id."""

    meeting: str
    outcome: Literal["held", "no_show"]
    actor: Actor
    notes: str | None = None


class Planning(Place):
    """Asks for the dates of a check-in, counted from its anchor."""

    check: CheckUp
    anchor: AwareDatetime


class CheckInDates(Strict):
    """One check-in and when each part of it is due; `merged` says that it falls into the next one."""

    check_in: str
    held: Moment
    brief_at: AwareDatetime
    survey_at: AwareDatetime
    merged: bool = False


class CheckingIn(Place):
    check_in: str
    check: CheckUp


class SurveyOpened(Strict):
    survey: str


class SurveyClosed(Place):
    survey: str
    state: Literal["answered", "expired"]


class Assessed(CheckingIn):
    """What the CSM recorded, in codes and numbers: usage, goal, blockers, sponsor; `message` is the record's id."""

    actor: Actor
    message: str
    recorded: dict[str, str | int | bool | list[str] | None]


class Outcome(Strict):
    """What a check-in came to, by the pass bar of its day; a `missing` input is never green."""

    outcome: CheckInOutcome
    reasons: list[Code]
    missing: list[Code] = Field(default_factory=list)


class Publishing(Place):
    guide: Guide


class Read(Place):
    resource: Code
    choice: Code | None = None
    actor: Actor


class Erased(Strict):
    """The KYC file of this client is erased, so nobody else is to keep it for us."""

    client: str
