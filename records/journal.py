"""The journal: the append-only audit trail of a case, chained by hashes, each head signed with Ed25519.

An entry is written in the transaction of the change that it tells of. Its number is taken under a lock of the case's
row. Details are sealed under the client's key (class `kyc`) and the chain runs over the ciphertext, so the proof
outlives an erasure. Who owns the database could cut off a whole tail with its heads and set the case's counter back:
an export that is kept elsewhere is the anchor against that.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound, Tampered
from records import chain
from records.chain import GENESIS, Entry, Fault
from records.keys import Erased, Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import client_id_of
from records.tables import CaseRecord, JournalEntry, JournalHead, Refusal

Detail = Mapping[str, object]
REFUSALS_A_MINUTE = 30  # for one actor; a flood of refusals must not fill the disk


# both in one round trip: every deed writes the journal
APPENDING = """
    entry AS (
        INSERT INTO journal_entries
            (case_id, seq, actor, what, reason, effect, key, story, at, detail, previous, hash)
        VALUES (:case, :seq, :actor, :what, :reason, :effect, :key, :story, :at, :detail, :previous, :hash)
    ), head AS (
        INSERT INTO journal_heads (case_id, seq, hash, signer, signature)
        VALUES (:case, :seq, :hash, :signer, :signature)
    )
"""
_APPEND = text(f"WITH {APPENDING} SELECT")


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


@dataclass(frozen=True)
class _Case:
    """What an entry is written under: whose the case is, how many entries there are, the database's time."""

    client_id: str
    length: int
    now: datetime


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
        case = await _locked(session, case_id)
        last, known = await _last_and_known(session, case_id, case.length, key)
        if known is not None:
            return known
        seq = case.length + 1
        sealed = await self._sealed(session, case.client_id, case_id, seq, detail)
        entry = Entry(case_id, seq, actor, what, reason, effect, key, story, case.now, chain.digest(sealed), last)
        await session.execute(update(CaseRecord).where(CaseRecord.id == case_id).values(journal_length=seq))
        await session.execute(_APPEND, self._signed(entry, sealed))
        return seq

    def first(self, case_id: str, *, actor: str, what: str, at: datetime) -> dict[str, object]:
        """The first entry of a case, as parameters of APPENDING, for the statement that stores the case."""
        return self._signed(Entry(case_id, 1, actor, what, None, None, what, at, at, None, GENESIS), None)

    def _signed(self, entry: Entry, sealed: bytes | None) -> dict[str, object]:
        signed = chain.sign(self._signer, entry.case, entry.seq, entry.hash)
        return {
            "case": entry.case, "seq": entry.seq, "actor": entry.actor, "what": entry.what, "reason": entry.reason,
            "effect": entry.effect, "key": entry.key, "story": entry.story, "at": entry.at, "detail": sealed,
            "previous": entry.previous, "hash": entry.hash, "signer": signed.key, "signature": signed.value,
        }  # fmt: skip

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
        yield self.export_end(case_id, tip, tip_hash)

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

    def sign(self, chained: str, seq: int, tip: str, kind: str = "head") -> chain.Signature:
        """The signed head of another chain than a case's, of the house say; `kind` tells a head from other things."""
        return chain.sign(self._signer, chained, seq, tip, kind)

    def export_end(self, chained: str, seq: int, tip: str) -> str:
        """The signed end of an export: without it a file is not whole."""
        return chain.export_end(self._signer, chained, seq, tip)

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


async def _locked(session: AsyncSession, case_id: str) -> _Case:
    # NO KEY UPDATE: two writers that each inserted a row of this case hold a key share of it, and FOR UPDATE
    # would make them wait for one another for ever
    found = await session.execute(
        select(CaseRecord.client_id, CaseRecord.journal_length, func.clock_timestamp())
        .where(CaseRecord.id == case_id)
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(code="case_not_found")
    return _Case(*row)


async def _last_and_known(session: AsyncSession, case_id: str, length: int, key: str | None) -> tuple[str, int | None]:
    """The hash of the last entry, and the number of the one with this key; asked for under the lock."""
    wanted = [JournalEntry.seq == length] + ([JournalEntry.key == key] if key is not None else [])
    found = await session.execute(
        select(JournalEntry.seq, JournalEntry.hash, JournalEntry.key).where(
            JournalEntry.case_id == case_id, or_(*wanted)
        )
    )
    rows = found.all()
    last = next((row.hash for row in rows if row.seq == length), None)
    if last is None and length:  # the counter is ahead of the entries: somebody has changed one of them
        raise Tampered
    return last or GENESIS, next((row.seq for row in rows if key is not None and row.key == key), None)


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
