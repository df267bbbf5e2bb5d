"""Allowances: a list entry that two people know not to be this party, for a time and as long as neither changes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Strict, new_id
from onboarding.errors import Conflict, Forbidden
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.tables import AllowanceRecord


class AllowanceState(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REOPENED = "reopened"  # something changed: the hit is a signal again
    EXPIRED = "expired"
    REVOKED = "revoked"


class SecondPersonNeeded(Forbidden):
    """Whoever proposed an allowance cannot approve it."""

    code = "second_person_needed"


class NotProposed(Conflict):
    """This allowance waits for no approval."""

    code = "allowance_not_proposed"


class NotInForce(Conflict):
    """This allowance has ended before."""

    code = "allowance_ended"


class NewAllowance(Strict):
    """`matching` is the hash over what is compared of party and entry; an HMAC of it is kept."""

    case_id: str
    client_id: str
    signal_id: str
    party: Code
    entry: str
    matching: str
    strength: float
    policy: str
    reason: Code
    proposed_by: str
    expires_story: datetime


class AllowanceRow(Row):
    id: str
    case_id: str
    client_id: str
    signal_id: str
    party: str
    entry: str
    matching: str
    strength: float
    policy: str
    reason: str
    proposed_by: str
    approved_by: str | None
    state: AllowanceState
    ended_reason: str | None
    expires_story: datetime
    at: datetime


async def mark(session: AsyncSession, vault: Vault, client_id: str, matching: str) -> str:
    """The HMAC under which a matching hash is kept: of the data of a client no plain hash is."""
    return await vault.hmac(session, client_id, matching.encode(), Retention.KYC)


async def propose(session: AsyncSession, vault: Vault, new: NewAllowance) -> str:
    """The id of the allowance, which waits for a second person."""
    marked = await mark(session, vault, new.client_id, new.matching)
    row = AllowanceRecord(
        id=new_id("allowance"), state=AllowanceState.PROPOSED, **new.model_dump(exclude={"matching"}), matching=marked
    )
    session.add(row)
    await session.flush()
    return row.id


async def approve(session: AsyncSession, allowance_id: str, actor: str) -> AllowanceRow:
    """Puts it in force. SecondPersonNeeded for the proposer, NotProposed when it is no longer waiting."""
    row = await found(session, AllowanceRecord, allowance_id, "allowance_not_found")
    if row.proposed_by == actor:
        raise SecondPersonNeeded
    changed = await session.scalars(
        update(AllowanceRecord)
        .where(AllowanceRecord.id == allowance_id, AllowanceRecord.state == AllowanceState.PROPOSED)
        .values(state=AllowanceState.IN_FORCE, approved_by=actor)
        .returning(AllowanceRecord.id)
    )
    if changed.one_or_none() is None:
        raise NotProposed
    return await allowance(session, allowance_id)


async def end(session: AsyncSession, allowance_id: str, state: AllowanceState, reason: str) -> AllowanceRow:
    """Ends one that is proposed or in force: reopened, expired, revoked. NotInForce when it has ended before."""
    standing = (AllowanceState.PROPOSED, AllowanceState.IN_FORCE)
    changed = await session.scalars(
        update(AllowanceRecord)
        .where(AllowanceRecord.id == allowance_id, AllowanceRecord.state.in_(standing))
        .values(state=state, ended_reason=reason)
        .returning(AllowanceRecord.id)
    )
    if changed.one_or_none() is None:
        raise NotInForce
    return await allowance(session, allowance_id)


async def allowance(session: AsyncSession, allowance_id: str) -> AllowanceRow:
    """NotFound (`allowance_not_found`)."""
    row = await found(session, AllowanceRecord, allowance_id, "allowance_not_found")
    return AllowanceRow.model_validate(row)


async def of_client(session: AsyncSession, client_id: str, state: AllowanceState | None = None) -> list[AllowanceRow]:
    """Those of one client, in whatever case they were made, in their order."""
    query = select(AllowanceRecord).where(AllowanceRecord.client_id == client_id).order_by(AllowanceRecord.at)
    if state is not None:
        query = query.where(AllowanceRecord.state == state)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [AllowanceRow.model_validate(row) for row in rows]
