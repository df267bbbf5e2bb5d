"""Requests that may be repeated: the same key and body give the same answer, another body is a conflict.

Keys and bodies are kept as HMACs, answers sealed, all under a service key. There are two ways. Work of one transaction
stores its answer in it (`answer_once`): whoever repeats it at the same time waits for that transaction. Work that is
done elsewhere begins with a claim, a lease: when its holder dies, the next one takes over; `finish` keeps the answer.
"""

import asyncio
import hmac
import os
import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import Conflict, Tampered
from records.database import Database
from records.tables import IdempotencyRecord

LEASE = timedelta(seconds=60)  # longer than any request runs
PATIENCE = 5.0  # seconds that a second request waits for the first
_POLL = 0.05
_NONCE = 12


_KEEP = text("""
    INSERT INTO idempotency (scope, key, body, claim, status, response)
    VALUES (:scope, :key, :body, :claim, :status, :response)
    ON CONFLICT DO NOTHING RETURNING created
""")


class KeyReused(Conflict):
    """This idempotency key was used with another request."""

    code = "idempotency_key_reused"


class InFlight(Conflict):
    """The same request is being worked on; ask again in a moment."""

    code = "in_flight"
    retryable = True


@dataclass(frozen=True)
class Claim:
    """The right to do the work; `doubtful` when somebody tried before, and nobody knows how far that went."""

    scope: str
    key: str
    holder: str
    doubtful: bool = False


@dataclass(frozen=True)
class Answer:
    """What the first request was answered."""

    status: int
    body: bytes


class Idempotency:
    """`service_key` is 32 secret bytes."""

    def __init__(self, database: Database, service_key: bytes, patience: float = PATIENCE) -> None:
        self._database = database
        self._patience = patience
        self._mac = _derived(service_key, b"idempotency mac")
        self._cipher = AESGCM(_derived(service_key, b"idempotency answer"))

    async def claim(self, scope: str, key: str, body: bytes) -> Claim | Answer:
        """A Claim for the first, the Answer for whoever repeats it. A second at the same time waits a little, then
        InFlight; KeyReused when the body is another. `scope` is the caller and the route, in ids.
        """
        claim = self._claim(scope, key)
        digest = self._hmac(scope, body)
        until = time.monotonic() + self._patience
        while True:
            async with self._database.session() as session:
                if attempt := await self._taken(session, claim, digest):
                    return replace(claim, doubtful=attempt > 1)
                answer = await self._answer(session, claim, digest)
            if answer is not None:
                return answer
            if time.monotonic() > until:
                raise InFlight
            await asyncio.sleep(_POLL)

    async def answer_once(
        self, session: AsyncSession, scope: str, key: str, body: bytes, answer: Answer
    ) -> Answer | datetime:
        """Keeps `answer` in the session of the work that is to follow, and tells the database's time; the first Answer
        to whoever repeats it. KeyReused when the body is another.
        """
        claim, digest = self._claim(scope, key), self._hmac(scope, body)
        row = {"scope": scope, "key": claim.key, "body": digest, "claim": claim.holder, "status": answer.status}
        kept = await session.execute(_KEEP, row | {"response": self._sealed(claim, answer.body)})
        if (at := kept.scalar_one_or_none()) is not None:
            return cast(datetime, at)
        known = await self._answer(session, claim, digest)
        if known is None:
            raise InFlight
        return known

    async def finish(self, session: AsyncSession, claim: Claim, status: int, body: bytes) -> None:
        """Keeps the answer, in the session of the work. InFlight when the lease was lost: the work is rolled back."""
        kept = await session.scalars(
            update(IdempotencyRecord)
            .where(*_mine(claim))
            .values(status=status, response=self._sealed(claim, body))
            .returning(IdempotencyRecord.key)
        )
        if kept.one_or_none() is None:
            raise InFlight

    async def give_back(self, claim: Claim, *, mendable: bool) -> None:
        """Ends a claim without an answer. `mendable`: surely nothing was done, so any request may be made under the
        key; a doubtful claim never is. Otherwise the same request may be made again at once, and no other.
        """
        gone = (
            delete(IdempotencyRecord)
            if mendable and not claim.doubtful
            else update(IdempotencyRecord).values(claimed=None)
        )
        async with self._database.session() as session:
            await session.execute(gone.where(*_mine(claim)))

    async def purge(self, older_than: timedelta) -> None:
        """Forgets answers that are older (real time)."""
        async with self._database.session() as session:
            await session.execute(
                delete(IdempotencyRecord).where(IdempotencyRecord.created < func.clock_timestamp() - older_than)
            )

    async def _taken(self, session: AsyncSession, claim: Claim, digest: str) -> int | None:
        """Which attempt at the request this is; None when somebody else is at it, or it is another request."""
        now = func.clock_timestamp()
        statement = insert(IdempotencyRecord).values(
            scope=claim.scope, key=claim.key, body=digest, claim=claim.holder, claimed=now
        )
        taken = await session.scalars(
            statement.on_conflict_do_update(
                index_elements=["scope", "key"],
                set_={"claim": claim.holder, "claimed": now, "attempts": IdempotencyRecord.attempts + 1},
                where=(IdempotencyRecord.status.is_(None))
                & (IdempotencyRecord.body == digest)
                & (IdempotencyRecord.claimed.is_(None) | (IdempotencyRecord.claimed < now - LEASE)),
            ).returning(IdempotencyRecord.attempts)
        )
        return taken.one_or_none()

    async def _answer(self, session: AsyncSession, claim: Claim, digest: str) -> Answer | None:
        found = await session.execute(
            select(IdempotencyRecord.body, IdempotencyRecord.status, IdempotencyRecord.response).where(
                IdempotencyRecord.scope == claim.scope, IdempotencyRecord.key == claim.key
            )
        )
        row = found.one_or_none()
        if row is None:  # given back in the meantime
            return None
        if not hmac.compare_digest(row.body, digest):
            raise KeyReused
        if row.status is None or row.response is None:
            return None
        return Answer(row.status, self._opened(claim, row.response))

    def _claim(self, scope: str, key: str) -> Claim:
        return Claim(scope, self._hmac(scope, key.encode()), secrets.token_hex(8))

    def _sealed(self, claim: Claim, body: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, body, _bound(claim))

    def _opened(self, claim: Claim, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(claim))
        except InvalidTag as error:
            raise Tampered from error

    def _hmac(self, scope: str, value: bytes) -> str:
        return hmac.new(self._mac, scope.encode() + b"\0" + value, sha256).hexdigest()


def _mine(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyRecord.scope == claim.scope,
        IdempotencyRecord.key == claim.key,
        IdempotencyRecord.claim == claim.holder,
        IdempotencyRecord.status.is_(None),
    )


def _bound(claim: Claim) -> bytes:
    return f"{claim.scope}\0{claim.key}".encode()


def _derived(key: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=info).derive(key)
