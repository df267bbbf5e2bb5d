"""Playbooks and plans: a playbook is a versioned sequence, a plan is that playbook resolved for one case."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from onboarding.case import Code, Moment, Role, Strict
from onboarding.clock import Clock


class Kind(StrEnum):
    COLLECTION = "collection"
    VERIFICATION = "verification"
    AGREEMENT = "agreement"
    PROVISIONING = "provisioning"
    MEETING = "meeting"
    GUIDANCE = "guidance"
    CHECK_IN = "check_in"
    MONITORING = "monitoring"


class Resource(Strict):
    """Something a step hands to the client: a guide, a price list, a video. `id` is ours and opaque to Temporal."""

    id: Code
    title: dict[str, str]
    link: str


class Collect(Strict):
    """What a collection asks for. Documents by client kind: codes such as `identity`, `proof_of_address`."""

    form: Code = "profile"
    documents: dict[Literal["person", "company"], list[Code]] = Field(default_factory=dict)
    needs_owners: bool = False


class Rules(Strict):
    """The risk policy that a client is rated by: its name with a jurisdiction, or its full name, `risk-standard-eu`."""

    policy: Code
    jurisdiction: Code = "eu"

    @property
    def full_name(self) -> str:
        return self.policy if self.policy.startswith("risk-") else f"risk-{self.policy}-{self.jurisdiction}"


class Verify(Rules):
    """`product` is a value of the policy's factor of that name: what is sold weighs in the rating."""

    product: Code = "software"


class Agree(Strict):
    template: Code
    terms: Code


class Provision(Strict):
    """`open` an account and its group, or `trial` what an earlier step opened."""

    do: Literal["open", "trial"]
    group: Code


class Meet(Strict):
    purpose: Code
    minutes: int = Field(ge=10, le=240)
    notice_days: int = Field(default=1, ge=0, description="business days before the first slot")
    horizon_days: int = Field(default=10, ge=1, description="business days in which slots are offered")


class Guide(Strict):
    """Material to read, each item acknowledged by the client; `choice` asks one thing besides, such as e-documents."""

    resources: list[Resource] = Field(min_length=1)
    choice: Code | None = None


class CheckUp(Strict):
    """`day` counts from the anchor step's end; None makes it a review that is due at once."""

    day: Literal[30, 60, 90] | None = None
    anchor: Code | None = None
    survey: Code


class Watch(Rules):
    """The rules by which Monitoring goes on rating: those of the verification."""


class Step(Strict):
    """One entry of a playbook. Exactly one of the parameter blocks is there: the one its kind names."""

    key: Code
    kind: Kind
    name: dict[str, str] = Field(description="by language; English is always there")
    ours: bool = Field(default=False, description="added by Aboard to the seven steps of the source sequence")
    after: list[Code] = Field(default_factory=list)
    when: dict[str, list[str]] = Field(default_factory=dict, description="fact → accepted values; all must hold")
    owner: Role = Role.CSM
    target_days: Annotated[int, Field(ge=1, le=365)] = 5
    skippable: bool = True
    collect: Collect | None = None
    verify: Verify | None = None
    agree: Agree | None = None
    provision: Provision | None = None
    meet: Meet | None = None
    guide: Guide | None = None
    check: CheckUp | None = None
    watch: Watch | None = None

    @property
    def title(self) -> str:
        return self.name["en"]


class Playbook(Strict):
    name: Code
    version: int = Field(ge=1)
    title: dict[str, str]
    source: str
    kinds_of_client: list[Literal["person", "company"]]
    ownership_category: Code | None = Field(
        default=None, description="of the ownership policy, for companies of which nobody said another"
    )
    steps: list[Step] = Field(min_length=1)


class PlannedStep(Strict):
    step: Step
    owner: str = Field(description="staff id")
    due: Moment
    state: Literal["planned", "excluded"] = "planned"


class Plan(Strict):
    """What the parent follows. No personal data: staff ids, codes, dates, the client's kind, language and zone."""

    case: str
    client: str
    playbook: Code
    version: int
    hash: str
    clock: Clock
    facts: dict[str, str]
    steps: list[PlannedStep]
    made: AwareDatetime

    @property
    def target(self) -> timedelta:
        return max(p.due.effective for p in self.steps) - self.made
