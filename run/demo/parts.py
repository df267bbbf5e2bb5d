"""The parts that are played: each sample client with what they do, what staff make of them, and how it must end."""

import json
from dataclasses import dataclass, field

from onboarding.case import Band, CaseStatus
from run.caller import Json
from run.demo.papers import SAMPLES

DAY = 86_400.0  # story seconds


@dataclass(frozen=True)
class Part:
    """`pace` stretches or squeezes the seconds of a day, for a story that is longer than the others.

    `hit` is what a reviewer makes of a list hit, `red` the day of the check-in that goes badly, `pauses` and
    `withdraws` the step in which staff pause the case or end it.
    """

    reference: str
    title: str
    status: CaseStatus
    band: Band
    pace: float = 1.0
    hit: str | None = None
    reviewers: int = 0
    red: int | None = None
    silent: bool = False
    reads_twice: bool = False
    pauses: str | None = None
    withdraws: str | None = None
    anomaly: str | None = None
    """What is reported of the client after day 90, while Monitoring watches them."""
    refused: frozenset[str] = field(default_factory=frozenset)
    """Items of which the first document is refused."""


PARTS = (
    Part(
        "sample-low-risk", "a person of low risk", CaseStatus.COMPLETED, Band.LOW,
        reads_twice=True, pauses="credentials", anomaly="bank_account",
    ),
    Part(
        "sample-two-owners", "a company with two owners", CaseStatus.COMPLETED, Band.MEDIUM,
        reviewers=1, red=30,
    ),
    Part(
        "sample-near-name", "a name near a listed one", CaseStatus.COMPLETED, Band.MEDIUM,
        hit="cleared", reviewers=2, refused=frozenset({"identity"}), anomaly="log_ins",
    ),
    Part("sample-listed", "a listed person", CaseStatus.REJECTED, Band.HIGH, hit="confirmed", reviewers=2),
    Part("sample-silent", "a client who falls silent", CaseStatus.COMPLETED, Band.LOW, pace=0.7, silent=True),
    Part(
        "sample-withdraws", "a client who withdraws", CaseStatus.WITHDRAWN, Band.LOW,
        withdraws="kickoff",
    ),
)  # fmt: skip


def requests(run: str) -> dict[str, Json]:
    """The body of `POST /cases` for each sample client, by its reference in the samples.

    References and addresses carry the name of the run, so that the demo can be played again in the same house."""
    lines = (SAMPLES / "clients.jsonl").read_text(encoding="utf-8").splitlines()
    return {body["reference"]: _of_this_run(body, run) for body in map(json.loads, lines)}


def _of_this_run(body: Json, run: str) -> Json:
    client = body["client"]
    mailbox, _, domain = client["person"]["email"].partition("@")
    person = {**client["person"], "email": f"{mailbox}+{run}@{domain}"}
    return {**body, "reference": f"{body['reference']}-{run}", "client": {**client, "person": person}}
