"""Identity checks by a vendor: which party is asked, how far it is, and what the vendor read, sealed (class `kyc`)."""

from datetime import datetime

from pydantic import Field
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from onboarding.errors import NotFound
from records.keys import Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import Content, seal, unseal
from records.tables import CaseRecord, IdentityCheckRecord


class IdentityCheck(Row):
    """`id` is all that the vendor knows the case by; `state` is a word of activities.seams.CheckState."""

    id: str
    case_id: str
    step: str
    party: str
    attempt: int
    vendor: str
    state: str
    vendor_id: str | None
    opened: datetime
    settled: datetime | None


class Result(Row):
    """What the vendor read, and why it decided so."""

    said: dict[str, str] = Field(default_factory=dict)
    reasons: list[str] = Field(default_factory=list)


async def begin(
    session: AsyncSession, *, case_id: str, step: str, party: str, attempt: int, vendor: str
) -> IdentityCheck:
    """The check of a party; the one of this attempt when there is one."""
    values = {"case_id": case_id, "step": step, "party": party, "attempt": attempt, "vendor": vendor, "state": "open"}
    statement = insert(IdentityCheckRecord).values(id=new_id("identity"), **values)
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "party", "attempt"]))
    row = IdentityCheckRecord
    query = select(row).where(row.case_id == case_id, row.party == party, row.attempt == attempt)
    return IdentityCheck.model_validate((await session.scalars(query)).one())


async def opened(session: AsyncSession, vault: Vault, check: IdentityCheck, vendor_id: str, link: str) -> None:
    """The vendor has opened it; `link` is where the person goes."""
    content: Content = {"link": link}
    sealed = await seal(session, vault, check.case_id, Retention.KYC, content, f"identity-link/{check.id}")
    await _change(session, check.id, vendor_id=vendor_id, link=sealed)


async def settle(
    session: AsyncSession, vault: Vault, check: IdentityCheck, state: str, said: dict[str, str], reasons: list[str]
) -> None:
    """What the vendor says now: how far it is, what it read, and why."""
    content: Content = {"said": said, "reasons": reasons}
    sealed = await seal(session, vault, check.case_id, Retention.KYC, content, f"identity/{check.id}")
    await _change(session, check.id, state=state, result=sealed, settled=func.clock_timestamp())


async def by_reference(session: AsyncSession, reference: str) -> IdentityCheck | None:
    row = await session.get(IdentityCheckRecord, reference)
    return IdentityCheck.model_validate(row) if row else None


async def of_vendor(session: AsyncSession, vendor: str, vendor_id: str) -> IdentityCheck | None:
    """The check that the vendor knows under this id of its own."""
    row = IdentityCheckRecord
    found = await session.scalars(select(row).where(row.vendor == vendor, row.vendor_id == vendor_id))
    known = found.one_or_none()
    return IdentityCheck.model_validate(known) if known else None


async def of_client(session: AsyncSession, client_id: str) -> list[IdentityCheck]:
    """What vendors were asked about a client, in all of its cases."""
    row = IdentityCheckRecord
    query = select(row).join(CaseRecord, CaseRecord.id == row.case_id)
    query = query.where(CaseRecord.client_id == client_id).order_by(row.opened)
    return [IdentityCheck.model_validate(each) for each in await session.scalars(query)]


async def of_case(session: AsyncSession, case_id: str) -> dict[str, IdentityCheck]:
    """The last check of each party."""
    query = select(IdentityCheckRecord).where(IdentityCheckRecord.case_id == case_id)
    rows = await session.scalars(query.order_by(IdentityCheckRecord.attempt).execution_options(populate_existing=True))
    return {row.party: IdentityCheck.model_validate(row) for row in rows}


async def link(session: AsyncSession, vault: Vault, check_id: str) -> str | None:
    """Where the person is checked; None while the vendor has not opened it."""
    row = await session.get(IdentityCheckRecord, check_id)
    if row is None:
        raise NotFound(code="identity_check_not_found")
    content = await unseal(session, vault, row.case_id, row.link, f"identity-link/{check_id}")
    return str(content["link"]) if content else None


async def result(session: AsyncSession, vault: Vault, check_id: str) -> Result:
    """What the vendor made of it; nothing while it has not come to an end."""
    row = await session.get(IdentityCheckRecord, check_id)
    content = await unseal(session, vault, row.case_id, row.result, f"identity/{check_id}") if row else None
    return Result.model_validate(content or {})


async def _change(session: AsyncSession, check_id: str, **values: object) -> None:
    await session.execute(update(IdentityCheckRecord).where(IdentityCheckRecord.id == check_id).values(**values))
