"""The master keys that wrap the clients' keys: a local key file, or a KMS."""

import asyncio
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onboarding.errors import OnboardingError, Tampered, Unavailable

_NONCE = 12


class Master(Protocol):
    """Wraps and unwraps a key; `context` is bound to it and must be the same both times."""

    async def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes: ...

    async def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes: ...


class UnsafeKeyFile(OnboardingError):
    """The master key file is not a private file with 32 bytes: it must belong to us, with mode 0600."""

    code = "unsafe_key_file"


class LocalMaster:
    """A master key in a file that only its owner may read; made at the first use."""

    def __init__(self, path: Path) -> None:
        self._cipher = AESGCM(read_secret(path))

    async def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, key, _canonical(context))

    async def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _canonical(context))
        except (InvalidTag, ValueError) as error:
            raise Tampered from error


class Kms(Protocol):
    """The two calls that we make on a boto3 KMS client."""

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: Mapping[str, str]) -> Mapping[str, bytes]: ...

    def decrypt(
        self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: Mapping[str, str]
    ) -> Mapping[str, bytes]: ...


class KmsMaster:
    """A master key that never leaves the KMS."""

    def __init__(self, kms: Kms, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    async def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        try:
            answer = await asyncio.to_thread(
                self._kms.encrypt, KeyId=self._key_id, Plaintext=key, EncryptionContext=context
            )
        except (ClientError, BotoCoreError) as error:
            raise _kms_error(error) from error
        return answer["CiphertextBlob"]

    async def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        try:
            answer = await asyncio.to_thread(
                self._kms.decrypt, KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=context
            )
        except (ClientError, BotoCoreError) as error:
            raise _kms_error(error) from error
        return answer["Plaintext"]


def read_secret(path: Path) -> bytes:
    """The 32 secret bytes in `path`, made with mode 0600 when there is no such file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _checked(path)
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(32))
        file.flush()
        os.fsync(file.fileno())
    return _checked(path)


def _checked(path: Path) -> bytes:
    secret = path.read_bytes()
    if stat.S_IMODE(path.stat().st_mode) & 0o077 or len(secret) != 32:
        raise UnsafeKeyFile
    return secret


def _canonical(context: Mapping[str, str]) -> bytes:
    return json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()


def _kms_error(error: ClientError | BotoCoreError) -> OnboardingError:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "InvalidCiphertextException":
        return Tampered()
    return Unavailable(code="kms_unavailable")
