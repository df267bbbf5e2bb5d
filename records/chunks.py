"""Encryption of a stream in chunks, so that a document of any size needs the memory of one.

Sealed stream: `version | key id | salt`, then each chunk as its AES-256-GCM ciphertext. The stream has a key of its
own, derived from the client's key and the salt. A chunk's nonce is its number and the flag of the final one: chunks
that are swapped, repeated, left out or cut off do not open.
"""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from onboarding.case import new_id
from onboarding.errors import Tampered

CHUNK = 256 * 1024  # bytes of plaintext; only the final chunk may be shorter, or empty
_TAG = 16
SEALED_CHUNK = CHUNK + _TAG
_VERSION = b"\x02"
_ID = len(new_id("key"))
_SALT = 32
HEADER = len(_VERSION) + _ID + _SALT


def stream_key_id(header: bytes) -> str:
    """The id of the client's key under which a stream was sealed."""
    if len(header) != HEADER or header[:1] != _VERSION or not header[1 : 1 + _ID].isascii():
        raise Tampered
    return header[1 : 1 + _ID].decode("ascii")


@dataclass
class ChunkCipher:
    """Seals, or opens, the chunks of one stream in their order; use one for one direction of one stream."""

    header: bytes
    _cipher: AESGCM
    _bound: bytes
    _number: int = field(default=0, init=False)

    @classmethod
    def new(cls, secret: bytes, key_id: str, bound: bytes) -> "ChunkCipher":
        return cls.of(_VERSION + key_id.encode() + os.urandom(_SALT), secret, bound)

    @classmethod
    def of(cls, header: bytes, secret: bytes, bound: bytes) -> "ChunkCipher":
        derived = HKDF(SHA256(), 32, salt=header[-_SALT:], info=b"aboard stream").derive(secret)
        return cls(header, AESGCM(derived), bound + b"\0" + header)

    def seal(self, chunk: bytes, *, final: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(final), chunk, self._bound)

    def open(self, sealed: bytes, *, final: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(final), sealed, self._bound)
        except InvalidTag as error:
            raise Tampered from error

    def _nonce(self, final: bool) -> bytes:
        nonce = self._number.to_bytes(11, "big") + bytes([final])
        self._number += 1
        return nonce
