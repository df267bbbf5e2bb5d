"""Which policies are in force: those that two people approved and put there, else the release's own by their hash.

A file that nobody approved is not used: the screening is held, the rating refused.
"""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from kyc import risk_policy
from kyc.released import released
from kyc.risk_policy import RiskPolicy
from kyc.screening import Policy
from records import policies
from records.policies import Kind, NewPolicy, NotApproved, PolicyRow

SCREENING = "screening"


async def screening(session: AsyncSession) -> Policy:
    """The screening policy in force. Raises NotApproved where there is none."""
    row = await policies.in_force(session, "screening", SCREENING)
    policy = Policy.parse(row.content) if row else Policy.read()
    _check(policy.hash, row)
    return policy


async def risk(session: AsyncSession, folder: Path, name: str) -> RiskPolicy:
    """The risk policy in force, by its full name, `risk-standard-eu`."""
    row = await policies.in_force(session, "risk", name.removeprefix("risk-"))
    policy = risk_policy.unpack(row.content) if row else risk_policy.load_file(folder / f"{name}.yaml")
    _check(policy.hash, row)
    return policy


def of_screening(policy: Policy) -> NewPolicy:
    """A screening policy as it is kept: its canonical JSON, which the hash is of."""
    return NewPolicy(
        hash=policy.hash, kind="screening", name=SCREENING, version=str(policy.version),
        content=policy.model_dump_json(),
    )  # fmt: skip


def of_risk(policy: RiskPolicy) -> NewPolicy:
    """A risk policy as it is kept: a package of its rules and the country data."""
    return NewPolicy(
        hash=policy.hash, kind="risk", name=policy.name, version=policy.version, content=policy.package
    )  # fmt: skip


def read(kind: Kind, content: str) -> NewPolicy:
    """What somebody proposes, checked. Raises Invalid with the place of the fault."""
    if kind == "risk":
        return of_risk(risk_policy.unpack(content))
    return of_screening(Policy.parse(content))


def _check(hash_: str, row: PolicyRow | None) -> None:
    """An engine that reads the approved words otherwise than the one they were approved under needs a new approval."""
    if hash_ not in ({row.hash} if row else released()):
        raise NotApproved
