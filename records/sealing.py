"""JSON sealed under the client of a case: what most tables of this room keep about people."""

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound
from records.keys import Vault
from records.retention import Retention
from records.tables import CaseRecord

Content = dict[str, object]


async def client_id_of(session: AsyncSession, case_id: str) -> str:
    """The client of a case; NotFound (`case_not_found`)."""
    client_id = await session.scalar(select(CaseRecord.client_id).where(CaseRecord.id == case_id))
    if client_id is None:
        raise NotFound(code="case_not_found")
    return client_id


async def seal(
    session: AsyncSession, vault: Vault, case_id: str, retention: Retention, content: Content, context: str
) -> bytes:
    client_id = await client_id_of(session, case_id)
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    return await vault.seal(session, client_id, retention, plain, context)


async def unseal(session: AsyncSession, vault: Vault, case_id: str, blob: bytes | None, context: str) -> Content | None:
    """None for nothing; Erased when the key is gone."""
    if blob is None:
        return None
    client_id = await client_id_of(session, case_id)
    content: Content = json.loads(await vault.open(session, client_id, blob, context))
    return content
