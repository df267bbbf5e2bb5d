"""Documents go through the guard, sealed, into a real S3; nothing is half-stored and memory stays small."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import boto3
import pytest
from botocore.config import Config

from onboarding.errors import NotFound, Tampered, TooLarge
from records.chunks import CHUNK, HEADER, SEALED_CHUNK
from records.database import Database
from records.documents import Documents, Incoming, object_key
from records.handed_in import (
    DocumentState,
    StoredDocument,
    document,
    documents,
    extracted,
    replace_earlier,
    save_extracted,
    set_document_state,
)
from records.journal import Journal
from records.keys import Erased
from records.objects import Bucket, StorageUnavailable
from records.retention import Retention
from records.sealing import client_id_of
from tests.records.samples import STORY, a_case

PNG = b"\x89PNG\r\n\x1a\n"
GIGABYTE = 1024**3


async def pieces(data: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.fixture
def bucket(s3_bucket: Bucket) -> Bucket:
    return s3_bucket


@pytest.fixture
def shelf(database: Database, bucket: Bucket, journal: Journal) -> Documents:
    return Documents(database, bucket, journal)


@pytest.fixture
async def case_id(database: Database, journal: Journal) -> str:
    async with database.session() as session:
        return await a_case(session, journal)


def _incoming(case_id: str, declared: str = "image/png", limit: int = 40_000_000) -> Incoming:
    return Incoming(
        case_id=case_id, kind="identity", story=STORY, actor=f"client:{case_id}", declared_type=declared, limit=limit
    )


async def _fetched(shelf: Documents, document_id: str) -> bytes:
    return b"".join([chunk async for chunk in shelf.fetch(document_id)])


async def _nothing_is_left(database: Database, bucket: Bucket, case_id: str) -> bool:
    async with database.session() as session:
        return await documents(session, case_id) == [] and await bucket.keys(case_id) == []


@pytest.mark.parametrize("size", [8, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * 1024 * 1024, 12_345_678])
async def test_what_is_stored_comes_back(shelf: Documents, case_id: str, size: int) -> None:
    data = PNG + bytes(range(256)) * (size // 256 + 1)
    data = data[:size]

    stored = await shelf.store(_incoming(case_id), pieces(data))

    assert (stored.size, stored.media_type, stored.state) == (size, "image/png", DocumentState.RECEIVED)
    assert await _fetched(shelf, stored.id) == data


async def test_what_lies_in_s3_is_sealed(shelf: Documents, bucket: Bucket, case_id: str) -> None:
    stored = await shelf.store(_incoming(case_id), pieces(PNG + b"Zephyrine Quillfeather" * 1000))

    lying = b"".join([piece async for piece in bucket.read(f"{case_id}/{stored.id}", 100_000)])

    assert b"Zephyrine" not in lying
    assert PNG not in lying


async def test_a_document_is_journaled_with_its_row(
    shelf: Documents, database: Database, journal: Journal, case_id: str
) -> None:
    stored = await shelf.store(_incoming(case_id), pieces(PNG + b"x"))

    async with database.session() as session:
        entry = (await journal.read(session, case_id, after=1))[0]
    assert (entry.what, entry.reason, entry.story) == ("document_received", "identity", STORY)
    assert entry.detail is not None
    assert entry.detail["digest"] == stored.digest


@pytest.mark.parametrize(
    ("data", "declared", "reason"),
    [
        (b"", "image/png", "empty_file"),
        (b"MZ" + b"\0" * 500_000, "application/pdf", "executable"),
        (b"\x7fELF" + b"\0" * 100, "image/jpeg", "executable"),
        (b"%PDF-1.7\n<< /OpenAction << /S /JavaScript /JS (x) >> >>", "application/pdf", "pdf_with_program"),
        (b"%PDF-1.7\n" + b" " * 9_000_000 + b"<< /S /Launch >>", "application/pdf", "pdf_with_program"),
        (b"plain text", "text/plain", "unknown_type"),
    ],
)
async def test_what_is_refused_leaves_nothing_behind(
    shelf: Documents, database: Database, bucket: Bucket, case_id: str, data: bytes, declared: str, reason: str
) -> None:
    with pytest.raises(Exception, match="taken") as refused:
        await shelf.store(_incoming(case_id, declared), pieces(data))

    assert getattr(refused.value, "reason", None) == reason
    assert await _nothing_is_left(database, bucket, case_id)


async def test_two_gigabytes_are_refused_in_a_few_megabytes_of_memory(
    shelf: Documents, database: Database, bucket: Bucket, case_id: str
) -> None:
    sent = 0

    async def two_gigabytes() -> AsyncIterator[bytes]:
        nonlocal sent
        yield PNG
        block = bytes(1024 * 1024)
        while sent < 2 * GIGABYTE:
            sent += len(block)
            yield block

    tracemalloc.start()
    with pytest.raises(TooLarge):
        await shelf.store(_incoming(case_id, limit=64 * 1024 * 1024), two_gigabytes())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 40 * 1024 * 1024
    assert sent < 70 * 1024 * 1024
    assert await _nothing_is_left(database, bucket, case_id)


async def test_an_upload_that_breaks_off_leaves_nothing_behind(
    shelf: Documents, database: Database, bucket: Bucket, case_id: str
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PNG + bytes(11_000_000)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await shelf.store(_incoming(case_id), broken())

    assert await _nothing_is_left(database, bucket, case_id)


async def test_an_upload_that_is_cancelled_leaves_nothing_behind(
    shelf: Documents, database: Database, bucket: Bucket, case_id: str
) -> None:
    waiting = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PNG + bytes(11_000_000)
        waiting.set()
        await asyncio.Event().wait()

    storing = asyncio.create_task(shelf.store(_incoming(case_id), slow()))
    await waiting.wait()
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing

    assert await _nothing_is_left(database, bucket, case_id)


async def test_a_case_that_is_not_there_gets_no_document(shelf: Documents, bucket: Bucket) -> None:
    with pytest.raises(NotFound):
        await shelf.store(_incoming("case_none"), pieces(PNG))

    assert await bucket.keys("case_none") == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda lying: lying[:-1],
        lambda lying: lying[: HEADER + SEALED_CHUNK],
        lambda lying: lying[:HEADER],
        lambda lying: lying[:10],
        lambda lying: lying[:HEADER] + lying[HEADER + SEALED_CHUNK :],
        lambda lying: bytes([*lying[:70], lying[70] ^ 1, *lying[71:]]),
        lambda lying: lying + b"\0",
    ],
)
async def test_a_document_changed_in_s3_does_not_open(
    shelf: Documents, bucket: Bucket, case_id: str, forge: object
) -> None:
    stored = await shelf.store(_incoming(case_id), pieces(PNG + b"x" * CHUNK * 2))
    key = f"{case_id}/{stored.id}"
    lying = b"".join([piece async for piece in bucket.read(key, 1_000_000)])
    await bucket.delete(key)
    await bucket.put_once(key, forge(lying))  # type: ignore[operator]

    with pytest.raises(Tampered):
        await _fetched(shelf, stored.id)


async def test_a_document_put_in_anothers_place_does_not_open(shelf: Documents, bucket: Bucket, case_id: str) -> None:
    first = await shelf.store(_incoming(case_id), pieces(PNG + b"first"))
    second = await shelf.store(_incoming(case_id), pieces(PNG + b"second"))
    lying = b"".join([piece async for piece in bucket.read(f"{case_id}/{second.id}", 1000)])
    await bucket.delete(f"{case_id}/{first.id}")
    await bucket.put_once(f"{case_id}/{first.id}", lying)

    with pytest.raises(Tampered):
        await _fetched(shelf, first.id)


async def test_a_document_is_erased_with_its_key(
    shelf: Documents, database: Database, journal: Journal, case_id: str
) -> None:
    stored = await shelf.store(_incoming(case_id), pieces(PNG + b"x"))
    async with database.session() as session:
        await journal.vault.destroy(session, await client_id_of(session, case_id), Retention.KYC)

    with pytest.raises(Erased):
        await _fetched(shelf, stored.id)


async def test_a_paper_of_ours_is_stored_once(shelf: Documents, case_id: str) -> None:
    key = await shelf.put_object(case_id, "agreement.pdf", b"first" * 100_000)
    await shelf.put_object(case_id, "agreement.pdf", b"second")

    assert key == object_key(case_id, "agreement.pdf")
    assert await shelf.read_object(key) == b"first" * 100_000


async def test_a_paper_of_ours_is_looked_up_and_deleted(shelf: Documents, case_id: str) -> None:
    key = await shelf.put_object(case_id, "agreement.pdf", b"")

    assert await shelf.has_object(key)
    for _ in range(2):
        await shelf.delete_object(key)
    assert not await shelf.has_object(key)
    with pytest.raises(NotFound):
        await shelf.read_object(key)


async def test_a_store_that_is_down_is_unavailable(database: Database, journal: Journal, case_id: str) -> None:
    client = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="x", aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )  # fmt: skip

    with pytest.raises(StorageUnavailable):
        await Documents(database, Bucket(client, "none"), journal).store(_incoming(case_id), pieces(PNG))


async def _two(shelf: Documents, case_id: str) -> tuple[StoredDocument, StoredDocument]:
    first = await shelf.store(_incoming(case_id), pieces(PNG + b"1"))
    return first, await shelf.store(_incoming(case_id), pieces(PNG + b"2"))


async def test_a_refused_document_keeps_its_reason_and_a_newer_one_replaces_it(
    shelf: Documents, database: Database, case_id: str
) -> None:
    first, second = await _two(shelf, case_id)
    async with database.session() as session:
        await set_document_state(session, first.id, DocumentState.REFUSED, "blurred")
        assert (await document(session, first.id)).reason == "blurred"

        await replace_earlier(session, second.id)

        states = [one.state for one in await documents(session, case_id, "identity")]
    assert states == [DocumentState.REPLACED, DocumentState.RECEIVED]


async def test_what_was_read_from_a_document_is_kept_sealed(
    shelf: Documents, database: Database, journal: Journal, case_id: str
) -> None:
    stored, other = await _two(shelf, case_id)
    async with database.session() as session:
        await save_extracted(session, journal.vault, stored.id, {"mrz": ["P<SWEQUILLFEATHER<<ZEPHYRINE"]})

        assert await extracted(session, journal.vault, stored.id) == {"mrz": ["P<SWEQUILLFEATHER<<ZEPHYRINE"]}
        assert await extracted(session, journal.vault, other.id) is None
