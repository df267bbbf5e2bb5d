"""Suspicion reports: apart from every case, with keys, a journal and a retention of their own.

Nothing of a case names a report: neither its rows nor its journal, nor anything that the engine sees. What a report
says, the case it is about among it, is sealed under a key of the report, wrapped by a master key that nothing else
uses. The register is one chain of signed entries over all reports. All times are real.
"""

import json
import os
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Strict, new_id
from onboarding.errors import Conflict, Tampered
from records import chain
from records.chain import GENESIS, Entry, Fault
from records.masters import Master
from records.retention import Retention
from records.rows import Row, found
from records.sealing import client_id_of
from records.tables import RetentionClock, SuspicionEntry, SuspicionRecord

REGISTER = "suspicions"  # what the chain is of
KEPT = timedelta(days=5 * 365 + 2)  # Regulation (EU) 2024/1624, Art. 77, whether it was reported or not
_NONCE = 12
_LOCK = 0x737573706963


class SuspicionState(StrEnum):
    OPEN = "open"
    FILED = "filed"
    NOT_FILED = "not_filed"


class ReportClosed(Conflict):
    """It was decided before whether this suspicion is reported."""

    code = "suspicion_report_closed"


class Suspicion(Strict):
    """What is suspected of whom; `grounds` is a code, `narrative` says it in full."""

    case: str = Field(max_length=64)
    grounds: Code
    narrative: str = Field(min_length=1, max_length=20_000)


class Filing(Strict):
    """Whether it is reported: to which authority and under which number, or why not."""

    outcome: SuspicionState
    reason: Code
    authority: str = Field(default="", max_length=200)
    reference: str = Field(default="", max_length=200)
    narrative: str = Field(default="", max_length=20_000)


class ReportRow(Row):
    """A report as the officer reads it; `suspicion` and `filing` are None once its key is destroyed."""

    id: str
    state: SuspicionState
    raised_by: str
    raised: datetime
    closed: datetime | None
    erase_after: datetime
    suspicion: Suspicion | None
    filing: Filing | None


class RegisterRow(Row):
    seq: int
    report_id: str
    actor: str
    what: str
    reason: str | None
    at: datetime
    hash: str


class Suspicions:
    """`secret` are 32 bytes; `master` wraps the reports' keys with them or elsewhere."""

    def __init__(self, master: Master, secret: bytes) -> None:
        self._master = master
        derived = HKDF(SHA256(), 32, salt=None, info=b"aboard suspicion register").derive(secret)
        self._signer = Ed25519PrivateKey.from_private_bytes(derived)

    async def raise_(self, session: AsyncSession, said: Suspicion, by: str, at: datetime, report_id: str = "") -> str:
        """Keeps a new report and answers its id; raised again under the same id it is the same."""
        report_id = report_id or new_id("suspicion")
        if await session.get(SuspicionRecord, report_id):
            return report_id
        secret = AESGCM.generate_key(256)
        row = SuspicionRecord(
            id=report_id, wrapped=await self._master.wrap(secret, _context(report_id)), state=SuspicionState.OPEN,
            content=_seal(secret, {"suspicion": said.model_dump()}, report_id), raised_by=by, raised=at,
            erase_after=at + KEPT,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        await self._enter(session, secret, row, actor=by, what="suspicion_raised", reason=None, at=at, said=said)
        return report_id

    async def close(self, session: AsyncSession, report_id: str, filing: Filing, by: str, at: datetime) -> None:
        """Keeps what became of a report; ReportClosed when that was said before."""
        row = await found(session, SuspicionRecord, report_id, "not_found")
        if row.state != SuspicionState.OPEN:
            raise ReportClosed
        secret = await self._secret(row)
        assert secret
        content = _open(secret, row.content, report_id) | {"filing": filing.model_dump(mode="json")}
        row.content, row.state = _seal(secret, content, report_id), filing.outcome
        row.closed, row.erase_after = at, at + KEPT
        what = f"suspicion_{filing.outcome}"
        await self._enter(session, secret, row, actor=by, what=what, reason=filing.reason, at=at, said=filing)

    async def report(self, session: AsyncSession, report_id: str) -> ReportRow:
        return await self._opened(await found(session, SuspicionRecord, report_id, "not_found"))

    async def reports(self, session: AsyncSession) -> list[ReportRow]:
        """All of them, the newest first."""
        rows = await session.scalars(select(SuspicionRecord).order_by(SuspicionRecord.raised.desc()))
        return [await self._opened(row) for row in rows]

    async def register(self, session: AsyncSession) -> list[RegisterRow]:
        rows = await session.scalars(select(SuspicionEntry).order_by(SuspicionEntry.seq))
        return [RegisterRow.model_validate(row) for row in rows]

    async def verify(self, session: AsyncSession) -> list[Fault]:
        """Every fault in the register; an empty list is the proof."""
        walk = chain.Walk(REGISTER, [self._signer.public_key()])
        rows = await session.scalars(
            select(SuspicionEntry).order_by(SuspicionEntry.seq).execution_options(populate_existing=True)
        )
        for row in rows:
            head = chain.Signature(row.hash, row.signer, row.signature)
            walk.take(_entry(row), row.hash, row.detail, head)
        return walk.end(walk.seq)

    async def erase_due(self, session: AsyncSession, at: datetime) -> int:
        """Destroys the keys of reports whose time is over: counted from the report or from the end of the relationship,
        whichever is later. While the relationship lasts nothing goes. Answers how many went."""
        rows = await session.scalars(
            select(SuspicionRecord).where(
                SuspicionRecord.erase_after <= at,
                SuspicionRecord.state != SuspicionState.OPEN,
                SuspicionRecord.wrapped.is_not(None),
            )
        )
        gone = [row for row in rows if await self._is_due(session, row, at)]
        for row in gone:
            secret = await self._secret(row)
            assert secret
            await self._enter(session, secret, row, actor="aboard", what="suspicion_erased", reason=None, at=at)
            row.wrapped = None
        await session.flush()
        return len(gone)

    async def _is_due(self, session: AsyncSession, row: SuspicionRecord, at: datetime) -> bool:
        report = await self._opened(row)
        assert report.suspicion
        client = await client_id_of(session, report.suspicion.case)
        ended = await session.scalar(
            select(RetentionClock.ended).where(
                RetentionClock.client_id == client, RetentionClock.retention == Retention.KYC
            )
        )
        return ended is not None and ended + KEPT <= at

    async def _opened(self, row: SuspicionRecord) -> ReportRow:
        secret = await self._secret(row)
        content = _open(secret, row.content, row.id) if secret else {}
        return ReportRow.model_validate(
            {
                "id": row.id, "state": row.state, "raised_by": row.raised_by, "raised": row.raised,
                "closed": row.closed, "erase_after": row.erase_after, "suspicion": content.get("suspicion"),
                "filing": content.get("filing"),
            }
        )  # fmt: skip

    async def _secret(self, row: SuspicionRecord) -> bytes | None:
        return await self._master.unwrap(row.wrapped, _context(row.id)) if row.wrapped else None

    async def _enter(
        self,
        session: AsyncSession,
        secret: bytes,
        row: SuspicionRecord,
        *,
        actor: str,
        what: str,
        reason: str | None,
        at: datetime,
        said: Suspicion | Filing | None = None,
    ) -> None:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        last = (
            await session.execute(
                select(SuspicionEntry.seq, SuspicionEntry.hash).order_by(SuspicionEntry.seq.desc()).limit(1)
            )
        ).one_or_none()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        detail = _seal(secret, said.model_dump(mode="json"), f"{row.id}/{seq}") if said else None
        new = SuspicionEntry(
            seq=seq, report_id=row.id, actor=actor, what=what, reason=reason, at=at, detail=detail, previous=previous
        )
        new.hash = _entry(new).hash
        signed = chain.sign(self._signer, REGISTER, seq, new.hash)
        new.signer, new.signature = signed.key, signed.value
        session.add(new)
        await session.flush()


def _entry(row: SuspicionEntry) -> Entry:
    return Entry(
        REGISTER, row.seq, row.actor, row.what, row.reason, None, row.report_id, row.at, row.at,
        chain.digest(row.detail), row.previous,
    )  # fmt: skip


def _context(report_id: str) -> dict[str, str]:
    return {"suspicion": report_id}


def _seal(secret: bytes, content: dict[str, object], context: str) -> bytes:
    nonce = os.urandom(_NONCE)
    plain = json.dumps(content, ensure_ascii=False).encode()
    return nonce + AESGCM(secret).encrypt(nonce, plain, context.encode())


def _open(secret: bytes, blob: bytes, context: str) -> dict[str, object]:
    try:
        plain = AESGCM(secret).decrypt(blob[:_NONCE], blob[_NONCE:], context.encode())
    except InvalidTag as error:
        raise Tampered from error
    content: dict[str, object] = json.loads(plain)
    return content
