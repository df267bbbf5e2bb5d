"""The journal: the append-only audit trail of a case, chained by hashes, each head signed with Ed25519.

An entry is written in the transaction of the change that it tells of. Its number is taken under a lock of the case's
row. Details are sealed under the client's key (class `kyc`) and the chain runs over the ciphertext, so the proof
outlives an erasure. Who owns the database could cut off a whole tail with its heads and set the case's counter back:
an export that is kept elsewhere is the anchor against that.
"""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound
from records import chain
from records.chain import GENESIS, Entry, Fault
from records.keys import Erased, Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import client_id_of
from records.tables import CaseRecord, JournalEntry, JournalHead, Refusal

Detail = Mapping[str, object]
REFUSALS_A_MINUTE = 30  # for one actor; a flood of refusals must not fill the disk


class EntryRow(Row):
    """One entry as people read it; `detail` is None when there is none, or when it was erased (then `erased`)."""

    case_id: str
    seq: int
    actor: str
    what: str
    reason: str | None
    effect: str | None
    story: datetime
    at: datetime
    detail: dict[str, object] | None
    erased: bool = False
    hash: str


class Journal:
    """Writes, reads and proves journals. `public` are the keys that verify believes: ours and those before it."""

    def __init__(self, vault: Vault, signer: Ed25519PrivateKey, retired: tuple[Ed25519PublicKey, ...] = ()) -> None:
        self.vault = vault
        self._signer = signer
        self.public: tuple[Ed25519PublicKey, ...] = (signer.public_key(), *retired)

    async def write(
        self,
        session: AsyncSession,
        case_id: str,
        *,
        actor: str,
        what: str,
        story: datetime,
        reason: str | None = None,
        detail: Detail | None = None,
        key: str | None = None,
        effect: str | None = None,
    ) -> int:
        """Adds an entry and answers its number. With a `key` known in this case it answers the first entry's number.

        `actor`, `what`, `reason`, `key` and `effect` are ids and codes in clear; anything about a person, and any
        free text, belongs in `detail`.
        """
        client_id = await self._lock(session, case_id)
        if key is not None and (known := await _seq_of(session, case_id, key)) is not None:
            return known
        seq, previous = await _tip(session, case_id)
        sealed = await self._sealed(session, client_id, case_id, seq, detail)
        at = cast(datetime, await session.scalar(select(func.clock_timestamp())))
        entry = Entry(case_id, seq, actor, what, reason, effect, key, story, at, chain.digest(sealed), previous)
        session.add(
            JournalEntry(
                case_id=case_id, seq=seq, actor=actor, what=what, reason=reason, effect=effect, key=key,
                story=story, at=at, detail=sealed, previous=previous, hash=entry.hash,
            )
        )  # fmt: skip
        signed = chain.sign(self._signer, case_id, seq, entry.hash)
        session.add(JournalHead(case_id=case_id, seq=seq, hash=entry.hash, signer=signed.key, signature=signed.value))
        await session.execute(update(CaseRecord).where(CaseRecord.id == case_id).values(journal_length=seq))
        await session.flush()
        return seq

    async def read(self, session: AsyncSession, case_id: str, after: int = 0, limit: int = 100) -> list[EntryRow]:
        """Entries after the number `after`, in order, with their details opened."""
        client_id = await client_id_of(session, case_id)
        rows = await session.scalars(
            select(JournalEntry)
            .where(JournalEntry.case_id == case_id, JournalEntry.seq > after)
            .order_by(JournalEntry.seq)
            .limit(limit)
        )
        return [await self._row(session, client_id, row) for row in rows]

    async def export(self, session: AsyncSession, case_id: str) -> AsyncIterator[str]:
        """The whole chain as JSON Lines that `verify_export` proves without the database.

        Details stay ciphertext. The last line is the signed end: without it the file is not whole.
        """
        await client_id_of(session, case_id)
        tip, tip_hash = 0, GENESIS
        async for row, head in await session.stream(_whole(case_id)):
            tip, tip_hash = row.seq, row.hash
            yield chain.export_line(_entry(row), row.hash, row.detail, _signature(head))
        yield chain.export_end(self._signer, case_id, tip, tip_hash)

    async def verify(self, session: AsyncSession, case_id: str) -> list[Fault]:
        """Every fault in the chain of one case; an empty list is the proof."""
        found = await session.execute(select(CaseRecord.journal_length).where(CaseRecord.id == case_id))
        length = found.scalar_one_or_none()
        if length is None:
            raise NotFound(code="case_not_found")
        walk = chain.Walk(case_id, self.public)
        async for row, head in await session.stream(_whole(case_id)):
            walk.take(_entry(row), row.hash, row.detail, _signature(head))
        heads = await session.scalar(select(func.max(JournalHead.seq)).where(JournalHead.case_id == case_id))
        return walk.end(max(length, heads or 0))

    async def verify_all(self, session: AsyncSession) -> AsyncIterator[tuple[str, list[Fault]]]:
        """Each case with its faults, case by case."""
        for case_id in (await session.scalars(select(CaseRecord.id).order_by(CaseRecord.id))).all():
            yield case_id, await self.verify(session, case_id)

    async def refused(self, session: AsyncSession, actor: str, case_id: str | None, what: str, reason: str) -> bool:
        """Notes that an authenticated caller was refused; False when this actor's minute is already full."""
        minute_ago = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 1)
        recent = await session.scalar(
            select(func.count()).select_from(Refusal).where(Refusal.actor == actor, Refusal.at > minute_ago)
        )
        if (recent or 0) >= REFUSALS_A_MINUTE:
            return False
        session.add(Refusal(actor=actor, case_id=case_id, what=what, reason=reason))
        await session.flush()
        return True

    async def _lock(self, session: AsyncSession, case_id: str) -> str:
        # NO KEY UPDATE: two writers that each inserted a row of this case hold a key share of it, and FOR UPDATE
        # would make them wait for one another for ever
        found = await session.execute(
            select(CaseRecord.client_id).where(CaseRecord.id == case_id).with_for_update(key_share=True)
        )
        client_id = found.scalar_one_or_none()
        if client_id is None:
            raise NotFound(code="case_not_found")
        return client_id

    async def _sealed(
        self, session: AsyncSession, client_id: str, case_id: str, seq: int, detail: Detail | None
    ) -> bytes | None:
        if detail is None:
            return None
        plain = json.dumps(dict(detail), ensure_ascii=False, default=str).encode()
        return await self.vault.seal(session, client_id, Retention.KYC, plain, _context(case_id, seq))

    async def _row(self, session: AsyncSession, client_id: str, row: JournalEntry) -> EntryRow:
        detail, erased = None, False
        if row.detail is not None:
            try:
                plain = await self.vault.open(session, client_id, row.detail, _context(row.case_id, row.seq))
                detail = json.loads(plain)
            except Erased:
                erased = True
        return EntryRow(
            case_id=row.case_id, seq=row.seq, actor=row.actor, what=row.what, reason=row.reason, effect=row.effect,
            story=row.story, at=row.at, detail=detail, erased=erased, hash=row.hash,
        )  # fmt: skip


def _context(case_id: str, seq: int) -> str:
    return f"journal/{case_id}/{seq}"


async def _seq_of(session: AsyncSession, case_id: str, key: str) -> int | None:
    found = await session.execute(
        select(JournalEntry.seq).where(JournalEntry.case_id == case_id, JournalEntry.key == key)
    )
    return found.scalar_one_or_none()


async def _tip(session: AsyncSession, case_id: str) -> tuple[int, str]:
    """The next number and the hash before it."""
    found = await session.execute(
        select(JournalEntry.seq, JournalEntry.hash)
        .where(JournalEntry.case_id == case_id)
        .order_by(JournalEntry.seq.desc())
        .limit(1)
    )
    last = found.one_or_none()
    return (last.seq + 1, last.hash) if last else (1, GENESIS)


def _whole(case_id: str) -> Select[JournalEntry, JournalHead | None]:
    return (
        select(JournalEntry, JournalHead)
        .outerjoin(JournalHead, (JournalHead.case_id == JournalEntry.case_id) & (JournalHead.seq == JournalEntry.seq))
        .where(JournalEntry.case_id == case_id)
        .order_by(JournalEntry.seq)
        .execution_options(populate_existing=True)
    )


def _entry(row: JournalEntry) -> Entry:
    return Entry(
        row.case_id, row.seq, row.actor, row.what, row.reason, row.effect, row.key, row.story, row.at,
        chain.digest(row.detail), row.previous,
    )  # fmt: skip


def _signature(head: JournalHead | None) -> chain.Signature | None:
    return chain.Signature(head.hash, head.signer, head.signature) if head else None
