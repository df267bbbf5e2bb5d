"""Agreements: what is signed, its evidence, and where the papers lie (object keys of `Documents.put_object`)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from onboarding.errors import Conflict
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, client_id_of, seal, unseal
from records.tables import AgreementRecord


class AgreementState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    SIGNED = "signed"
    SEALED = "sealed"
    DECLINED = "declined"
    VOID = "void"


class NotToSign(Conflict):
    """This agreement is not out for signature."""

    code = "not_to_sign"


class AgreementRow(Row):
    """Digests are HMACs of the papers under the client's key. The consent is opened by `consent`."""

    id: str
    case_id: str
    step: str
    template: str
    version: str
    state: AgreementState
    reason: str | None
    document_key: str | None
    document_digest: str | None
    signed_key: str | None
    signed_digest: str | None
    certificate_key: str | None
    certificate_digest: str | None
    consented: datetime | None
    sealed: datetime | None
    created: datetime


async def draft(session: AsyncSession, case_id: str, step: str, *, template: str, version: str, key: str = "1") -> str:
    """The id of the agreement; the one of this key in this step when there is one."""
    statement = insert(AgreementRecord).values(
        id=new_id("agreement"), case_id=case_id, step=step, key=key, template=template, version=version,
        state=AgreementState.DRAFT,
    )  # fmt: skip
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "step", "key"]))
    known = select(AgreementRecord.id).where(
        AgreementRecord.case_id == case_id, AgreementRecord.step == step, AgreementRecord.key == key
    )
    return (await session.scalars(known)).one()


async def agreement(session: AsyncSession, agreement_id: str) -> AgreementRow:
    return AgreementRow.model_validate(await found(session, AgreementRecord, agreement_id, "agreement_not_found"))


async def agreements(session: AsyncSession, case_id: str) -> list[AgreementRow]:
    rows = await session.scalars(
        select(AgreementRecord)
        .where(AgreementRecord.case_id == case_id)
        .order_by(AgreementRecord.created)
        .execution_options(populate_existing=True)
    )
    return [AgreementRow.model_validate(row) for row in rows]


async def set_document(session: AsyncSession, vault: Vault, agreement_id: str, object_key: str, paper: bytes) -> None:
    """The unsigned paper, by its object key and bytes."""
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    row.document_key, row.document_digest = object_key, await _digest(session, vault, row.case_id, paper)
    await session.flush()


async def set_signed(session: AsyncSession, vault: Vault, agreement_id: str, object_key: str, paper: bytes) -> None:
    """The sealed paper; the agreement is `sealed` from now on."""
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    row.signed_key, row.signed_digest = object_key, await _digest(session, vault, row.case_id, paper)
    row.state, row.sealed = AgreementState.SEALED, row.sealed or await _now(session)
    await session.flush()


async def set_certificate(
    session: AsyncSession, vault: Vault, agreement_id: str, object_key: str, paper: bytes
) -> None:
    """The certificate of completion."""
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    row.certificate_key, row.certificate_digest = object_key, await _digest(session, vault, row.case_id, paper)
    await session.flush()


async def set_agreement_state(
    session: AsyncSession, agreement_id: str, state: AgreementState, reason: str | None = None
) -> None:
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    row.state, row.reason = state, reason
    await session.flush()


async def record_consent(session: AsyncSession, vault: Vault, agreement_id: str, content: Content) -> None:
    """Seals the evidence of a signature: the name as typed, version and HMAC of what was shown, time, HMAC of the
    address, user agent. Only once, and only while the agreement is `sent`; else NotToSign.
    """
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    sealed = await seal(session, vault, row.case_id, Retention.CONTRACT, content, f"consent/{agreement_id}")
    signed = await session.scalars(
        update(AgreementRecord)
        .where(AgreementRecord.id == agreement_id, AgreementRecord.state == AgreementState.SENT)
        .values(consent=sealed, consented=func.clock_timestamp(), state=AgreementState.SIGNED)
        .returning(AgreementRecord.id)
    )
    if signed.one_or_none() is None:
        raise NotToSign


async def take_back_consent(session: AsyncSession, agreement_id: str) -> None:
    """Removes a consent that the story refused; the agreement is out for signature as before."""
    await session.execute(
        update(AgreementRecord)
        .where(AgreementRecord.id == agreement_id, AgreementRecord.state == AgreementState.SIGNED)
        .values(consent=None, consented=None, state=AgreementState.SENT)
    )


async def consent(session: AsyncSession, vault: Vault, agreement_id: str) -> Content | None:
    row = await found(session, AgreementRecord, agreement_id, "agreement_not_found")
    return await unseal(session, vault, row.case_id, row.consent, f"consent/{agreement_id}")


async def _digest(session: AsyncSession, vault: Vault, case_id: str, paper: bytes) -> str:
    return await vault.hmac(session, await client_id_of(session, case_id), paper, Retention.CONTRACT)


async def _now(session: AsyncSession) -> datetime:
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
