"""What each examination compared: the evidence matrices of the parties and the ownership, sealed (class `kyc`)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.keys import Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import Content, seal, unseal
from records.tables import EvidenceFileRecord


class EvidenceFile(Row):
    occasion: str
    round: int
    at: datetime
    content: Content


async def keep(session: AsyncSession, vault: Vault, case_id: str, occasion: str, turn: int, content: Content) -> None:
    """Keeps the file of one examination; done again, as after a held screening, the last one counts."""
    sealed = await seal(session, vault, case_id, Retention.KYC, content, _context(case_id, occasion))
    statement = insert(EvidenceFileRecord).values(case_id=case_id, occasion=occasion, round=turn, content=sealed)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["case_id", "occasion"], set_={"content": sealed})
    )


async def last(session: AsyncSession, vault: Vault, case_id: str) -> EvidenceFile | None:
    """The newest file of a case; Erased when its key is gone."""
    query = select(EvidenceFileRecord).where(EvidenceFileRecord.case_id == case_id)
    row = await session.scalar(query.order_by(EvidenceFileRecord.at.desc()).limit(1))
    if row is None:
        return None
    content = await unseal(session, vault, case_id, row.content, _context(case_id, row.occasion))
    return EvidenceFile(occasion=row.occasion, round=row.round, at=row.at, content=content or {})


def _context(case_id: str, occasion: str) -> str:
    return f"evidence/{case_id}/{occasion}"
