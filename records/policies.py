"""Policies by their hash: proposed, approved by two people, tried on the past, put in force. None is ever changed."""

from datetime import datetime
from typing import Literal, cast

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Strict
from onboarding.errors import Conflict
from records import house_journal
from records.journal import Journal
from records.rows import Row, found
from records.sealing import Content
from records.tables import ApprovalRecord, BackTestRecord, InForceRecord, PolicyRecord

Kind = Literal["screening", "risk"]
TWO_PEOPLE = 2


class NotApproved(Conflict):
    """Two different people must approve this policy before it can be in force."""

    code = "policy_not_approved"


class NotBackTested(Conflict):
    """This policy was not tried on past decisions against the one that is in force now."""

    code = "not_back_tested"


class LosesConfirmed(Conflict):
    """This policy would lose a hit that a reviewer confirmed."""

    code = "loses_confirmed"


class NewPolicy(Strict):
    """`content` is what the hash is of, `name` what it replaces when it comes into force."""

    hash: str
    kind: Kind
    name: str
    version: str
    content: str


class BackTestRow(Row):
    """`report` holds ids and codes only; `against` is the hash of the policy that was in force then."""

    policy: str
    against: str
    blocked: bool
    report: Content
    at: datetime


class PolicyRow(Row):
    hash: str
    kind: Kind
    name: str
    version: str
    content: str
    proposed_by: str | None
    at: datetime
    approved_by: list[str] = Field(default_factory=list)
    in_force: bool = False


async def keep(session: AsyncSession, new: NewPolicy, proposed_by: str | None = None) -> bool:
    """Keeps the words of a policy, once; whether it was new."""
    statement = insert(PolicyRecord).values(**new.model_dump(), proposed_by=proposed_by)
    kept = await session.scalars(statement.on_conflict_do_nothing().returning(PolicyRecord.hash))
    return kept.one_or_none() is not None


async def propose(session: AsyncSession, journal: Journal, new: NewPolicy, actor: str) -> None:
    """Keeps a policy for approval. Proposed again it stays as it is."""
    if await keep(session, new, actor):
        await house_journal.write(session, journal, actor=actor, what="policy_proposed", about=new.hash)


async def approve(session: AsyncSession, journal: Journal, policy: str, actor: str) -> None:
    """One person's approval; said again it changes nothing. NotFound (`policy_not_found`)."""
    await found(session, PolicyRecord, policy, "policy_not_found")
    statement = insert(ApprovalRecord).values(policy=policy, actor=actor).on_conflict_do_nothing()
    if (await session.scalars(statement.returning(ApprovalRecord.actor))).one_or_none() is not None:
        await house_journal.write(session, journal, actor=actor, what="policy_approved", about=policy)


async def activate(session: AsyncSession, journal: Journal, policy: str, actor: str) -> None:
    """Puts a policy in force in the place of the one of its name.

    NotApproved without two people, NotBackTested without a back-test against the one that is in force now,
    LosesConfirmed by its outcome.
    """
    row = await found(session, PolicyRecord, policy, "policy_not_found")
    current = await in_force(session, cast(Kind, row.kind), row.name)
    if len(await approvals(session, policy)) < TWO_PEOPLE:
        raise NotApproved
    tested = await last_back_test(session, policy)
    if tested is None or (current and tested.against != current.hash):
        raise NotBackTested
    if tested.blocked:
        raise LosesConfirmed
    session.add(InForceRecord(kind=row.kind, name=row.name, policy=policy, actor=actor))
    await house_journal.write(session, journal, actor=actor, what="policy_in_force", about=policy)


async def in_force(session: AsyncSession, kind: Kind, name: str) -> PolicyRow | None:
    """The policy that was last put in force; None where the release's own is."""
    query = (
        select(InForceRecord.policy)
        .where(InForceRecord.kind == kind, InForceRecord.name == name)
        .order_by(InForceRecord.id.desc())
        .limit(1)
    )
    known = (await session.scalars(query)).one_or_none()
    return await policy(session, known) if known else None


async def policy(session: AsyncSession, hash_: str) -> PolicyRow:
    """NotFound (`policy_not_found`)."""
    row = await found(session, PolicyRecord, hash_, "policy_not_found")
    return await _told(session, row)


async def policies(session: AsyncSession) -> list[PolicyRow]:
    """All that are known, the newest first."""
    rows = await session.scalars(select(PolicyRecord).order_by(PolicyRecord.at.desc()))
    return [await _told(session, row) for row in rows.all()]


async def approvals(session: AsyncSession, hash_: str) -> list[str]:
    query = select(ApprovalRecord.actor).where(ApprovalRecord.policy == hash_).order_by(ApprovalRecord.at)
    return list(await session.scalars(query))


async def add_back_test(
    session: AsyncSession, journal: Journal, policy: str, against: str, blocked: bool, report: Content
) -> None:
    """Keeps what a back-test found."""
    session.add(BackTestRecord(policy=policy, against=against, blocked=blocked, report=report))
    reason = "loses_confirmed" if blocked else None
    await house_journal.write(session, journal, actor="aboard", what="policy_tried", about=policy, reason=reason)


async def last_back_test(session: AsyncSession, hash_: str) -> BackTestRow | None:
    query = select(BackTestRecord).where(BackTestRecord.policy == hash_).order_by(BackTestRecord.id.desc()).limit(1)
    row = (await session.scalars(query)).one_or_none()
    return BackTestRow.model_validate(row) if row else None


async def _told(session: AsyncSession, row: PolicyRecord) -> PolicyRow:
    last = await session.scalar(
        select(InForceRecord.policy)
        .where(InForceRecord.kind == row.kind, InForceRecord.name == row.name)
        .order_by(InForceRecord.id.desc())
        .limit(1)
    )
    told = PolicyRow.model_validate(row)
    return told.model_copy(update={"approved_by": await approvals(session, row.hash), "in_force": last == row.hash})
