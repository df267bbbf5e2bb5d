"""Signed messages: whoever reaches Temporal's port can send one, so only what the API signed is believed.

A message says which case and step it is for, what it asks, and what it rests on, in ids and codes alone. It carries
an Ed25519 signature and a real expiry. Workers hold only public keys.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict

from onboarding.case import Code

Evidence = dict[str, str | int | bool | list[str] | None]
VALID_FOR = timedelta(minutes=10)  # real time: long enough for a retry by the API, short enough to be of no use later


class Message(BaseModel):
    """One order or fact from outside, for one step of one case (`step` is "onboarding" for the case itself)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    id: str
    case: str
    step: str
    what: Code
    actor: str
    evidence: Evidence = {}
    expires: AwareDatetime
    key: str = ""
    signature: str = ""

    def content(self) -> bytes:
        """The bytes that are signed: canonical JSON of everything but the signature."""
        return json.dumps(
            self.model_dump(mode="json", exclude={"signature"}), sort_keys=True, separators=(",", ":")
        ).encode()


class Receipt(BaseModel):
    """The answer to a message: `taken`, or `kept` while the case is paused."""

    status: str
    message: str


class Verifier(Protocol):
    """Says why a message is not believed, or None when it is."""

    def __call__(self, message: Message, now: datetime) -> str | None: ...


class Signer:
    """Signs messages for the API."""

    def __init__(self, key_id: str, private: Ed25519PrivateKey) -> None:
        self._key_id = key_id
        self._private = private

    def sign(self, message: Message) -> Message:
        named = message.model_copy(update={"key": self._key_id})
        signature = base64.b64encode(self._private.sign(named.content())).decode()
        return named.model_copy(update={"signature": signature})


class Trust:
    """The public keys that workers believe. A rotated key stays until its last message is out of every history."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_json(cls, text: str) -> "Trust":
        """Reads `{key id: base64 of the raw public key}`."""
        raw: dict[str, str] = json.loads(text)
        return cls({kid: Ed25519PublicKey.from_public_bytes(base64.b64decode(b)) for kid, b in raw.items()})

    def __call__(self, message: Message, now: datetime) -> str | None:
        key = self._keys.get(message.key)
        if key is None:
            return "unsigned_message"
        try:
            key.verify(base64.b64decode(message.signature), message.content())
        except (InvalidSignature, ValueError):
            return "forged_message"
        return "expired_message" if now > message.expires else None
