"""The second wall: every payload that goes to Temporal is encrypted, so that its database holds nothing readable.

AES-256-GCM under a service key whose id stands in the payload's metadata; older keys of the ring still open what they
sealed. The codec never raises on a payload that it cannot open: it passes it on as it is, and nobody is stopped.
"""

import base64
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

ENCODING = b"binary/aboard-aes256gcm"
_NONCE = 12


class KeyRing:
    """Service keys by id; `current` seals, all open."""

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        self.current = current
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Reads `{"current": key id, "keys": {key id: base64 of 32 bytes}}`."""
        raw = json.loads(path.read_text())
        return cls(raw["current"], {kid: base64.b64decode(key) for kid, key in raw["keys"].items()})

    def seal(self, plain: bytes) -> Payload:
        nonce = os.urandom(_NONCE)
        metadata = {"encoding": ENCODING, "key": self.current.encode()}
        sealed = self._ciphers[self.current].encrypt(nonce, plain, _bound(metadata))
        return Payload(metadata=metadata, data=nonce + sealed)

    def open(self, payload: Payload) -> bytes | None:
        """The plain bytes, or None when it is not ours, was changed, or the key is gone."""
        cipher = self._ciphers.get(payload.metadata.get("key", b"").decode(errors="replace"))
        if cipher is None or payload.metadata.get("encoding") != ENCODING:
            return None
        nonce, sealed = payload.data[:_NONCE], payload.data[_NONCE:]
        try:
            return cipher.decrypt(nonce, sealed, _bound(payload.metadata))
        except (InvalidTag, ValueError):
            return None


def _bound(metadata: Mapping[str, bytes]) -> bytes:
    """Associated data: what the payload says of itself, so that a cut metadata does not open."""
    return b"\0".join((metadata.get("encoding", b""), metadata.get("key", b"")))


class Codec(PayloadCodec):
    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._ring.seal(payload.SerializeToString()) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._opened(payload) for payload in payloads]

    def _opened(self, payload: Payload) -> Payload:
        plain = self._ring.open(payload)
        if plain is None:
            return payload
        try:
            return Payload.FromString(plain)
        except ValueError:
            return payload


def converter(ring: KeyRing) -> DataConverter:
    """What every client, worker and replayer of Aboard speaks to Temporal with."""
    return DataConverter(
        payload_converter_class=pydantic_data_converter.payload_converter_class,
        payload_codec=Codec(ring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
