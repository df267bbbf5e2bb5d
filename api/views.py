"""What the staff API answers with: rows of records, and the parts that many answers share."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from onboarding.case import Band, CaseStatus, Holder, Moment, StepState
from onboarding.messages import Receipt
from records.cases import CaseRow
from records.steps import WaitRow
from records.tasks import TaskRow

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["case_4x8k2m9q0w3e5r7t1y6z"])]
IdText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Cursor = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_=-]{1,200}$"), Field(description="`next` of the page before")
]
Limit = Annotated[int, Field(ge=1, le=200)]

CASE_ID = "case_4x8k2m9q0w3e5r7t1y6z"
MOMENT: JsonDict = {"nominal": "2026-03-07T09:00:00Z", "effective": "2026-03-09T09:00:00Z", "reason": "weekend"}
CASE_LINE: JsonDict = {
    "id": CASE_ID,
    "playbook": "saas",
    "status": "running",
    "reason": None,
    "band": "low",
    "owner": "staff_csm",
    "started_by": "staff_desk",
    "reference": "crm-1042",
    "due": MOMENT,
    "created": "2026-03-02T08:59:12Z",
    "started": "2026-03-02T08:59:13Z",
    "ended_story": None,
}


def example(values: JsonDict) -> ConfigDict:
    """For answers: one example in the API's documentation; rows of records are read as they are."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [values]})


def asked(values: JsonDict) -> ConfigDict:
    """For requests: one example of the body."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Links(BaseModel):
    case: str
    run: str = Field(description="the run in the Temporal UI")


class Told(BaseModel):
    """`taken`: the story works on it. `kept`: the case is paused, it is worked through on resume."""

    model_config = example({"status": "taken"})

    status: str

    @classmethod
    def by(cls, receipt: Receipt) -> "Told":
        return cls(status=receipt.status)


class CaseLine(BaseModel):
    """A case in a list: nothing personal."""

    model_config = example(CASE_LINE)

    id: str
    playbook: str
    status: CaseStatus
    reason: str | None
    band: Band | None
    owner: str
    started_by: str
    reference: str | None
    due: Moment | None
    created: datetime
    started: datetime | None
    ended_story: datetime | None

    @classmethod
    def of(cls, row: CaseRow) -> "CaseLine":
        return cls.model_validate(row)


class StepLine(BaseModel):
    """A step of the plan with where it stands; `due` keeps the nominal date and why it moved."""

    key: str
    kind: str
    title: str
    ours: bool
    after: list[str]
    planned: bool
    owner: str
    state: StepState
    outcome: str | None
    due: Moment | None
    opened_story: datetime | None
    closed_story: datetime | None


class WaitLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    step: str
    holder: Holder
    why: str
    since_story: datetime
    wakes_story: datetime
    wakes_real: datetime

    @classmethod
    def of(cls, row: WaitRow, case: CaseRow) -> "WaitLine":
        return cls(**row.model_dump(exclude={"case_id"}), wakes_real=case.clock.real(row.wakes_story))


class ClientLine(BaseModel):
    """Who is taken aboard; engineers do not see it."""

    name: str
    contact: str
    kind: str
    country: str
    language: str
    timezone: str


class TimelineLine(BaseModel):
    """An entry of the journal without its details."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    actor: str
    what: str
    reason: str | None
    story: datetime
    at: datetime


class CaseFile(BaseModel):
    """`story_now` is the time on the case's own clock; `next_wake_up` is the real time of the next timer."""

    model_config = example(
        {
            "case": CASE_LINE,
            "client": {
                "name": "Example Bakery AB",
                "contact": "Sample Contact",
                "kind": "company",
                "country": "SE",
                "language": "en",
                "timezone": "Europe/Stockholm",
            },
            "playbook_version": 1,
            "plan_hash": "9f2c",
            "story_now": "2026-03-03T10:00:00Z",
            "steps": [],
            "tasks": [],
            "waits": [],
            "next_wake_up": None,
            "timeline": [],
            "links": {"case": f"/api/v1/cases/{CASE_ID}", "run": "http://127.0.0.1:8233/"},
        }
    )

    case: CaseLine
    client: ClientLine | None
    playbook_version: int | None
    plan_hash: str | None
    story_now: datetime
    steps: list[StepLine]
    tasks: list[TaskRow]
    waits: list[WaitLine]
    next_wake_up: datetime | None
    timeline: list[TimelineLine]
    links: Links
