"""The vault: each client has one data key for each retention class, wrapped by a master key.

A blob is `version | key id | nonce | AES-256-GCM ciphertext`; client, key and context are its associated data. The
key's row is read at every use and only its unwrapping is cached, so a key destroyed anywhere is gone everywhere.
"""

import asyncio
import hmac as stdlib_hmac
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from onboarding.errors import Gone, NotFound, Tampered
from records.chunks import ChunkCipher, stream_key_id
from records.masters import Master
from records.retention import Retention
from records.tables import ClientKey

_VERSION = b"\x01"
_ID = len(new_id("key"))
_NONCE = 12
_HEAD = len(_VERSION) + _ID + _NONCE
CACHED_FOR = 300.0  # seconds that an unwrapped key stays in memory


class Erased(Gone):
    """This was erased: its key was destroyed at the end of its legal time."""

    code = "erased"


@dataclass(frozen=True)
class DataKey:
    """One key of one client, unwrapped."""

    id: str
    client_id: str
    secret: bytes = field(repr=False)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """The sealed blob. `context` says what it is (`note/note_…`) and must be the same when it is opened."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self.secret).encrypt(nonce, plaintext, self.bound(context))
        return _VERSION + self.id.encode() + nonce + sealed

    def open(self, blob: bytes, context: str) -> bytes:
        try:
            return AESGCM(self.secret).decrypt(blob[_HEAD - _NONCE : _HEAD], blob[_HEAD:], self.bound(context))
        except InvalidTag as error:
            raise Tampered from error

    def bound(self, context: str) -> bytes:
        """The associated data of everything under this key: whose it is and what."""
        return b"\0".join([b"aboard/1", self.client_id.encode(), self.id.encode(), context.encode()])


def new_keys(client_id: str) -> dict[Retention, DataKey]:
    """One new key for each retention class, for a client that is about to be stored."""
    return {retention: DataKey(new_id("key"), client_id, AESGCM.generate_key(256)) for retention in Retention}


class Vault:
    """Seals and opens what belongs to a client. Every method works inside the caller's session."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._cache: dict[str, tuple[float, bytes]] = {}

    async def wrapped(self, keys: Mapping[Retention, DataKey]) -> list[bytes]:
        """The keys of a new client as they are stored, in their order."""
        return await asyncio.gather(
            *(
                self._master.wrap(key.secret, _master_context(key.client_id, retention, key.id))
                for retention, key in keys.items()
            )
        )

    async def seal(
        self, session: AsyncSession, client_id: str, retention: Retention, plaintext: bytes, context: str
    ) -> bytes:
        """The sealed blob, see DataKey."""
        return (await self._key_of(session, client_id, retention)).seal(plaintext, context)

    async def open(self, session: AsyncSession, client_id: str, blob: bytes, context: str) -> bytes:
        """The plaintext. Tampered on another client, another context or a changed byte; Erased without its key."""
        if len(blob) < _HEAD or blob[:1] != _VERSION:
            raise Tampered
        return (await self._key_named(session, client_id, _ascii(blob[1 : 1 + _ID]))).open(blob, context)

    async def hmac(
        self, session: AsyncSession, client_id: str, value: bytes, retention: Retention = Retention.PROFILE
    ) -> str:
        """HMAC-SHA-256 in hex under a key derived from the client's key of that class: no plain hash is ever kept."""
        derived = await self.hmac_key(session, client_id, retention)
        return stdlib_hmac.new(derived, value, sha256).hexdigest()

    async def hmac_key(self, session: AsyncSession, client_id: str, retention: Retention) -> bytes:
        """The key behind `hmac`, for values that are too long to be held at once."""
        key = await self._key_of(session, client_id, retention)
        return HKDF(SHA256(), 32, salt=None, info=b"aboard hmac").derive(key.secret)

    async def chunk_cipher(
        self, session: AsyncSession, client_id: str, retention: Retention, context: str
    ) -> ChunkCipher:
        """A cipher for one new stream; store its `header` in front of the sealed chunks."""
        key = await self._key_of(session, client_id, retention)
        return ChunkCipher.new(key.secret, key.id, key.bound(context))

    async def chunk_opener(self, session: AsyncSession, client_id: str, header: bytes, context: str) -> ChunkCipher:
        """The cipher that opens the stream that begins with `header`."""
        key = await self._key_named(session, client_id, stream_key_id(header))
        return ChunkCipher.of(header, key.secret, key.bound(context))

    async def destroy(self, session: AsyncSession, client_id: str, retention: Retention) -> None:
        """Destroys the key of one class: what it held can be read by nobody any more. Twice is the same as once."""
        destroyed = await session.scalars(
            update(ClientKey)
            .where(ClientKey.client_id == client_id, ClientKey.retention == retention, ClientKey.wrapped.is_not(None))
            .values(wrapped=None, destroyed=func.clock_timestamp())
            .returning(ClientKey.id)
        )
        for key_id in destroyed:
            self._cache.pop(key_id, None)

    async def _key_of(self, session: AsyncSession, client_id: str, retention: Retention) -> DataKey:
        found = await session.execute(
            select(ClientKey.id, ClientKey.wrapped).where(
                ClientKey.client_id == client_id, ClientKey.retention == retention
            )
        )
        row = found.one_or_none()
        if row is None:
            raise NotFound("This client has no keys.", code="client_not_found")
        return await self._unwrapped(client_id, retention, row.id, row.wrapped)

    async def _key_named(self, session: AsyncSession, client_id: str, key_id: str) -> DataKey:
        found = await session.execute(
            select(ClientKey.retention, ClientKey.wrapped).where(
                ClientKey.client_id == client_id, ClientKey.id == key_id
            )
        )
        row = found.one_or_none()
        if row is None:  # the blob names another client's key, or none at all
            raise Tampered
        return await self._unwrapped(client_id, Retention(row.retention), key_id, row.wrapped)

    async def _unwrapped(self, client_id: str, retention: Retention, key_id: str, wrapped: bytes | None) -> DataKey:
        if wrapped is None:
            self._cache.pop(key_id, None)
            raise Erased
        now = time.monotonic()
        known = self._cache.get(key_id)
        if known and known[0] > now:
            return DataKey(key_id, client_id, known[1])
        context = _master_context(client_id, retention, key_id)
        secret = await self._master.unwrap(wrapped, context)
        self._forget_old(now)
        self._cache[key_id] = (now + CACHED_FOR, secret)
        return DataKey(key_id, client_id, secret)

    def _forget_old(self, now: float) -> None:
        for key_id in [known for known, (until, _) in self._cache.items() if until <= now]:
            del self._cache[key_id]


def _master_context(client_id: str, retention: Retention, key_id: str) -> Mapping[str, str]:
    return {"client": client_id, "retention": retention, "key": key_id}


def _ascii(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise Tampered from error
