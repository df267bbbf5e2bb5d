"""The vault: what is sealed opens only for its client, in its context, unchanged, and while its key is there."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import NotFound, Tampered, Unavailable
from records.chunks import CHUNK, ChunkCipher
from records.database import Database
from records.journal import Journal
from records.keys import Erased, Vault
from records.masters import KmsMaster, LocalMaster, UnsafeKeyFile
from records.retention import Retention
from records.sealing import client_id_of
from tests.records.samples import a_case


@pytest.fixture
async def client_id(session: AsyncSession, journal: Journal) -> str:
    return await client_id_of(session, await a_case(session, journal))


@pytest.fixture
async def stranger(session: AsyncSession, journal: Journal) -> str:
    return await client_id_of(session, await a_case(session, journal))


async def test_what_is_sealed_opens_again(session: AsyncSession, vault: Vault, client_id: str) -> None:
    blob = await vault.seal(session, client_id, Retention.KYC, "Zéphyrine 王".encode(), "note/1")

    assert (await vault.open(session, client_id, blob, "note/1")).decode() == "Zéphyrine 王"
    assert "Zéphyrine".encode() not in blob


async def test_another_context_does_not_open_it(session: AsyncSession, vault: Vault, client_id: str) -> None:
    blob = await vault.seal(session, client_id, Retention.KYC, b"secret", "note/1")

    with pytest.raises(Tampered):
        await vault.open(session, client_id, blob, "note/2")


async def test_another_client_does_not_open_it(
    session: AsyncSession, vault: Vault, client_id: str, stranger: str
) -> None:
    blob = await vault.seal(session, client_id, Retention.KYC, b"secret", "note/1")

    with pytest.raises(Tampered):
        await vault.open(session, stranger, blob, "note/1")


async def test_no_flipped_byte_goes_unseen(session: AsyncSession, vault: Vault, client_id: str) -> None:
    blob = await vault.seal(session, client_id, Retention.KYC, b"secret", "note/1")

    for position in range(len(blob)):
        flipped = bytes([*blob[:position], blob[position] ^ 1, *blob[position + 1 :]])
        with pytest.raises(Tampered):
            await vault.open(session, client_id, flipped, "note/1")


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\xff" * 60, b"\x01" + b"\xff" * 60])
async def test_what_is_no_blob_is_not_opened(session: AsyncSession, vault: Vault, client_id: str, blob: bytes) -> None:
    with pytest.raises(Tampered):
        await vault.open(session, client_id, blob, "note/1")


async def test_a_destroyed_key_erases_its_class_and_no_other(
    session: AsyncSession, vault: Vault, client_id: str, stranger: str
) -> None:
    blobs = {kind: await vault.seal(session, client_id, kind, b"secret", "note/1") for kind in Retention}
    theirs = await vault.seal(session, stranger, Retention.CONTACT, b"secret", "note/1")

    for _ in range(2):
        await vault.destroy(session, client_id, Retention.CONTACT)

    with pytest.raises(Erased):
        await vault.open(session, client_id, blobs.pop(Retention.CONTACT), "note/1")
    for blob in blobs.values():
        assert await vault.open(session, client_id, blob, "note/1") == b"secret"
    assert await vault.open(session, stranger, theirs, "note/1") == b"secret"


async def test_nothing_new_is_sealed_under_a_destroyed_key(session: AsyncSession, vault: Vault, client_id: str) -> None:
    await vault.destroy(session, client_id, Retention.CONTACT)

    with pytest.raises(Erased):
        await vault.seal(session, client_id, Retention.CONTACT, b"secret", "note/1")


async def test_a_key_destroyed_elsewhere_is_not_used_from_the_cache(
    database: Database, journal: Journal, vault: Vault, tmp_path: Path
) -> None:
    async with database.session() as session:
        client_id = await client_id_of(session, await a_case(session, journal))
        blob = await vault.seal(session, client_id, Retention.KYC, b"secret", "note/1")
    async with database.session() as session:
        await Vault(LocalMaster(tmp_path / "other")).destroy(session, client_id, Retention.KYC)

    async with database.session() as session:
        with pytest.raises(Erased):
            await vault.open(session, client_id, blob, "note/1")


async def test_keys_swapped_between_clients_do_not_unwrap(
    session: AsyncSession, client_id: str, stranger: str, vault: Vault
) -> None:
    await session.execute(
        text(
            "UPDATE client_keys SET wrapped = (SELECT wrapped FROM client_keys WHERE client_id = :theirs"
            " AND retention = 'contact') WHERE client_id = :ours AND retention = 'contact'"
        ),
        {"ours": client_id, "theirs": stranger},
    )

    with pytest.raises(Tampered):
        await vault.seal(session, client_id, Retention.CONTACT, b"secret", "note/1")


async def test_a_client_without_keys_is_not_found(session: AsyncSession, vault: Vault) -> None:
    with pytest.raises(NotFound):
        await vault.seal(session, "client_none", Retention.KYC, b"secret", "note/1")


async def test_the_hmac_of_a_value_is_the_clients_own(
    session: AsyncSession, vault: Vault, client_id: str, stranger: str
) -> None:
    ours = await vault.hmac(session, client_id, b"XQ7719283")

    assert ours == await vault.hmac(session, client_id, b"XQ7719283")
    assert ours != await vault.hmac(session, stranger, b"XQ7719283")
    assert ours != await vault.hmac(session, client_id, b"XQ7719283", Retention.KYC)


async def _sealed_stream(
    session: AsyncSession, vault: Vault, client_id: str, chunks: list[bytes]
) -> tuple[bytes, list[bytes]]:
    cipher = await vault.chunk_cipher(session, client_id, Retention.KYC, "object/1")
    last = len(chunks) - 1
    return cipher.header, [cipher.seal(chunk, final=number == last) for number, chunk in enumerate(chunks)]


def _opened(cipher: ChunkCipher, sealed: list[bytes]) -> list[bytes]:
    last = len(sealed) - 1
    return [cipher.open(chunk, final=number == last) for number, chunk in enumerate(sealed)]


CHUNKS = [b"a" * CHUNK, b"b" * CHUNK, b"c" * 10]


async def test_a_stream_opens_chunk_by_chunk(session: AsyncSession, vault: Vault, client_id: str) -> None:
    header, sealed = await _sealed_stream(session, vault, client_id, CHUNKS)

    assert _opened(await vault.chunk_opener(session, client_id, header, "object/1"), sealed) == CHUNKS


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 1], [0], [0, 2], [0, 0, 1, 2], [1, 2], [0, 1, 2, 2]])
async def test_a_stream_that_was_cut_or_reordered_does_not_open(
    session: AsyncSession, vault: Vault, client_id: str, order: list[int]
) -> None:
    header, sealed = await _sealed_stream(session, vault, client_id, CHUNKS)
    opener = await vault.chunk_opener(session, client_id, header, "object/1")

    with pytest.raises(Tampered):
        _opened(opener, [sealed[number] for number in order])


async def test_chunks_of_another_stream_do_not_open(session: AsyncSession, vault: Vault, client_id: str) -> None:
    header, sealed = await _sealed_stream(session, vault, client_id, CHUNKS)
    _, others = await _sealed_stream(session, vault, client_id, CHUNKS)
    opener = await vault.chunk_opener(session, client_id, header, "object/1")

    with pytest.raises(Tampered):
        _opened(opener, [sealed[0], others[1], sealed[2]])


async def test_a_stream_does_not_open_for_another_client_or_object(
    session: AsyncSession, vault: Vault, client_id: str, stranger: str
) -> None:
    header, sealed = await _sealed_stream(session, vault, client_id, CHUNKS)

    with pytest.raises(Tampered):
        await vault.chunk_opener(session, stranger, header, "object/1")
    with pytest.raises(Tampered):
        _opened(await vault.chunk_opener(session, client_id, header, "object/2"), sealed)


async def test_the_key_file_is_made_private_and_read_again(tmp_path: Path) -> None:
    wrapped = await LocalMaster(tmp_path / "master").wrap(b"k" * 32, {"client": "c"})

    assert (tmp_path / "master").stat().st_mode & 0o777 == 0o600
    assert await LocalMaster(tmp_path / "master").unwrap(wrapped, {"client": "c"}) == b"k" * 32


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    LocalMaster(tmp_path / "master")
    (tmp_path / "master").chmod(0o644)

    with pytest.raises(UnsafeKeyFile):
        LocalMaster(tmp_path / "master")


def test_a_short_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "master").write_bytes(b"short")
    (tmp_path / "master").chmod(0o600)

    with pytest.raises(UnsafeKeyFile):
        LocalMaster(tmp_path / "master")


class FakeKms:
    """A KMS that keeps its promise about the encryption context."""

    def __init__(self, down: bool = False) -> None:
        self._down = down

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: Mapping[str, str]) -> Mapping[str, bytes]:
        sealed = json.dumps([base64.b64encode(Plaintext).decode(), dict(EncryptionContext)])
        return {"CiphertextBlob": sealed.encode()}

    def decrypt(
        self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: Mapping[str, str]
    ) -> Mapping[str, bytes]:
        if self._down:
            raise ClientError({"Error": {"Code": "KMSInternalException"}}, "Decrypt")
        plain, context = json.loads(CiphertextBlob)
        if context != dict(EncryptionContext):
            raise ClientError({"Error": {"Code": "InvalidCiphertextException"}}, "Decrypt")
        return {"Plaintext": base64.b64decode(plain)}


async def test_a_kms_wraps_with_the_context() -> None:
    master = KmsMaster(FakeKms(), "alias/aboard")
    wrapped = await master.wrap(b"k" * 32, {"client": "c"})

    assert await master.unwrap(wrapped, {"client": "c"}) == b"k" * 32
    with pytest.raises(Tampered):
        await master.unwrap(wrapped, {"client": "d"})


async def test_a_kms_that_is_down_is_unavailable() -> None:
    master = KmsMaster(FakeKms(down=True), "alias/aboard")
    wrapped = await master.wrap(b"k" * 32, {})

    with pytest.raises(Unavailable):
        await master.unwrap(wrapped, {})
