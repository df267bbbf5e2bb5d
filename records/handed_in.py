"""What became of the documents that a client handed in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, seal, unseal
from records.tables import DocumentRecord


class DocumentState(StrEnum):
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"


class StoredDocument(Row):
    """`digest` is the HMAC of the bytes under the client's key of the document's class."""

    id: str
    case_id: str
    kind: str
    party: str | None
    state: DocumentState
    reason: str | None
    media_type: str
    size: int
    digest: str
    retention: Retention
    uploaded_story: datetime
    uploaded: datetime


async def document(session: AsyncSession, document_id: str) -> StoredDocument:
    return StoredDocument.model_validate(await found(session, DocumentRecord, document_id, "document_not_found"))


async def documents(session: AsyncSession, case_id: str, kind: str | None = None) -> list[StoredDocument]:
    """The documents of a case in the order in which they came."""
    query = select(DocumentRecord).where(DocumentRecord.case_id == case_id).order_by(DocumentRecord.uploaded)
    if kind is not None:
        query = query.where(DocumentRecord.kind == kind)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [StoredDocument.model_validate(row) for row in rows]


async def set_document_state(
    session: AsyncSession, document_id: str, state: DocumentState, reason: str | None = None
) -> None:
    """Accepted, or refused with the code of a reason that the client can mend."""
    row = await found(session, DocumentRecord, document_id, "document_not_found")
    row.state, row.reason = state, reason
    await session.flush()


async def replace_earlier(session: AsyncSession, document_id: str) -> None:
    """Marks the earlier documents of the same kind and party as replaced by this one."""
    row = await found(session, DocumentRecord, document_id, "document_not_found")
    await session.execute(
        update(DocumentRecord)
        .where(
            DocumentRecord.case_id == row.case_id,
            DocumentRecord.kind == row.kind,
            DocumentRecord.party.is_not_distinct_from(row.party),
            DocumentRecord.uploaded < row.uploaded,
        )
        .values(state=DocumentState.REPLACED)
    )


async def save_extracted(session: AsyncSession, vault: Vault, document_id: str, facts: Content) -> None:
    """Keeps, sealed, what was read from a document, such as its machine-readable lines."""
    row = await found(session, DocumentRecord, document_id, "document_not_found")
    row.extracted = await seal(session, vault, row.case_id, Retention(row.retention), facts, f"extracted/{row.id}")
    await session.flush()


async def extracted(session: AsyncSession, vault: Vault, document_id: str) -> Content | None:
    row = await found(session, DocumentRecord, document_id, "document_not_found")
    return await unseal(session, vault, row.case_id, row.extracted, f"extracted/{row.id}")
