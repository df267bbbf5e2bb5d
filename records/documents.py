"""Documents: streamed in, looked at, sealed in chunks and kept in S3; nothing is half-stored.

A document's row and its journal entry `document_received` are one transaction, written after the last byte is safe.
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from hashlib import sha256

from pydantic import Field

from onboarding.case import Code, Strict, new_id
from onboarding.errors import TooLarge
from records.chunks import CHUNK, HEADER, SEALED_CHUNK, ChunkCipher
from records.database import Database
from records.handed_in import DocumentState, StoredDocument
from records.journal import Journal
from records.objects import Bucket
from records.retention import Retention
from records.rows import found
from records.sealing import client_id_of
from records.sniff import BadDocument, PdfGuard, media_type
from records.tables import DocumentRecord

LIMIT = 25 * 1024 * 1024  # bytes: a long scan; more is no photograph of a passport


class Incoming(Strict):
    """What is said about an upload: whose it is and what it shall be. `party` is a code such as `owner_2`."""

    case_id: str
    kind: Code
    story: datetime
    actor: str
    party: Code | None = None
    retention: Retention = Retention.KYC
    declared_type: str = ""
    limit: int = Field(default=LIMIT, gt=0)


class Documents:
    def __init__(self, database: Database, bucket: Bucket, journal: Journal) -> None:
        self._database = database
        self._bucket = bucket
        self._journal = journal
        self._vault = journal.vault

    async def store(self, incoming: Incoming, stream: AsyncIterator[bytes]) -> StoredDocument:
        """Takes an upload. BadDocument says why it is refused (`empty_file`, `executable`, `unknown_type`,
        `type_mismatch`, `pdf_with_program`, `pdf_with_attachment`, `pdf_encrypted`, `pdf_unreadable`); TooLarge as
        soon as one byte more than the limit has come. Memory: a few megabytes, whatever the size.
        """
        document_id = new_id("document")
        key = f"{incoming.case_id}/{document_id}"
        cipher, digest_key = await self._keys(incoming, document_id)
        upload = self._bucket.upload(key)
        intake = _Intake(incoming, cipher, digest_key, upload.write)
        try:
            await intake.take(stream)
            await upload.finish()
        except BaseException:
            await upload.abort()
            raise
        try:
            return await self._record(incoming, document_id, key, intake)
        except BaseException:
            await self._forget_unrecorded(document_id, key)
            raise

    async def fetch(self, document_id: str) -> AsyncGenerator[bytes, None]:
        """The plaintext in chunks. Tampered when a chunk was changed, moved or cut off; Erased without its key."""
        async with self._database.session() as session:
            row = await found(session, DocumentRecord, document_id, "document_not_found")
        async with aclosing(self._opened(row.case_id, row.object_key, _context(row.object_key))) as chunks:
            async for chunk in chunks:
                yield chunk

    async def put_object(self, case_id: str, key: str, data: bytes, retention: Retention = Retention.CONTRACT) -> str:
        """Seals and stores bytes of our own making (a generated PDF) under `<case>/<key>`; the first ones stay.

        Answers the object key, for `read_object`, `has_object` and `delete_object`.
        """
        object_key = f"{case_id}/{key}"
        async with self._database.session() as session:
            client_id = await client_id_of(session, case_id)
            cipher = await self._vault.chunk_cipher(session, client_id, retention, _context(object_key))
        sealed = [cipher.header]
        for start in range(0, max(len(data), 1), CHUNK):
            sealed.append(cipher.seal(data[start : start + CHUNK], final=start + CHUNK >= len(data)))
        await self._bucket.put_once(object_key, b"".join(sealed))
        return object_key

    async def read_object(self, object_key: str) -> bytes:
        """What `put_object` stored. NotFound (`object_not_found`) when it is not there."""
        case_id = object_key.partition("/")[0]
        async with aclosing(self._opened(case_id, object_key, _context(object_key))) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def has_object(self, object_key: str) -> bool:
        return await self._bucket.exists(object_key)

    async def delete_object(self, object_key: str) -> None:
        """Deletes; what is not there is as good as deleted."""
        await self._bucket.delete(object_key)

    async def _keys(self, incoming: Incoming, document_id: str) -> tuple[ChunkCipher, bytes]:
        context = _context(f"{incoming.case_id}/{document_id}")
        async with self._database.session() as session:
            client_id = await client_id_of(session, incoming.case_id)
            cipher = await self._vault.chunk_cipher(session, client_id, incoming.retention, context)
            return cipher, await self._vault.hmac_key(session, client_id, incoming.retention)

    async def _record(self, incoming: Incoming, document_id: str, key: str, intake: "_Intake") -> StoredDocument:
        async with self._database.session() as session:
            row = DocumentRecord(
                id=document_id, case_id=incoming.case_id, kind=incoming.kind, party=incoming.party,
                state=DocumentState.RECEIVED, object_key=key, media_type=intake.media_type, size=intake.size,
                digest=intake.digest, retention=incoming.retention, uploaded_story=incoming.story,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            await session.refresh(row)
            await self._journal.write(
                session, incoming.case_id, actor=incoming.actor, what="document_received", reason=incoming.kind,
                story=incoming.story, key=document_id,
                detail={"document": document_id, "type": row.media_type, "size": row.size, "digest": row.digest},
            )  # fmt: skip
            return StoredDocument.model_validate(row)

    async def _forget_unrecorded(self, document_id: str, key: str) -> None:
        # a commit may have gone through although its answer was lost: only what has no row is deleted
        async with self._database.session() as session:
            recorded = await session.get(DocumentRecord, document_id) is not None
        if not recorded:
            await self._bucket.delete(key)

    async def _opened(self, case_id: str, object_key: str, context: str) -> AsyncGenerator[bytes, None]:
        # closed here, not when the collector comes by: a document that does not open must not keep a connection
        async with aclosing(self._bucket.read(object_key, SEALED_CHUNK)) as source:
            pieces = _Pieces(source)
            header = await pieces.exactly(HEADER)
            async with self._database.session() as session:
                client_id = await client_id_of(session, case_id)
                cipher = await self._vault.chunk_opener(session, client_id, header, context)
            following = await pieces.exactly(SEALED_CHUNK)
            while True:
                sealed, following = following, await pieces.exactly(SEALED_CHUNK)
                yield cipher.open(sealed, final=not following)
                if not following:
                    return


class _Intake:
    """One upload on its way: looked at, counted, hashed, sealed."""

    def __init__(
        self, incoming: Incoming, cipher: ChunkCipher, digest_key: bytes, write: Callable[[bytes], Awaitable[None]]
    ) -> None:
        self.size = 0
        self.media_type = ""
        self._limit = incoming.limit
        self._declared = incoming.declared_type
        self._cipher = cipher
        self._hmac = hmac.new(digest_key, digestmod=sha256)
        self._write = write
        self._guard: PdfGuard | None = None

    @property
    def digest(self) -> str:
        return self._hmac.hexdigest()

    async def take(self, stream: AsyncIterator[bytes]) -> None:
        await self._write(self._cipher.header)
        buffer = bytearray()
        async for piece in stream:
            self.size += len(piece)
            if self.size > self._limit:
                raise TooLarge
            buffer += piece
            while len(buffer) > CHUNK:  # the last full chunk waits: it may be the final one
                await self._chunk(bytes(buffer[:CHUNK]), final=False)
                del buffer[:CHUNK]
        if self.size == 0:
            raise BadDocument(code="empty_file")
        await self._chunk(bytes(buffer), final=True)

    async def _chunk(self, chunk: bytes, *, final: bool) -> None:
        if not self.media_type:
            self.media_type = media_type(chunk, self._declared)
            self._guard = PdfGuard() if self.media_type == "application/pdf" else None
        if self._guard:
            await asyncio.to_thread(self._guard.feed, chunk)
            if final:
                self._guard.close()
        self._hmac.update(chunk)
        await self._write(self._cipher.seal(chunk, final=final))


class _Pieces:
    """Cuts a stream into pieces of the sizes that are asked for."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._buffer = bytearray()

    async def exactly(self, size: int) -> bytes:
        """`size` bytes, or what is left at the end."""
        while len(self._buffer) < size:
            piece = await anext(self._source, None)
            if piece is None:
                break
            self._buffer += piece
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece


def object_key(case_id: str, key: str) -> str:
    """The key in S3 of what `put_object` stores: for looking it up before it is made."""
    return f"{case_id}/{key}"


def _context(key: str) -> str:
    return f"object/{key}"
