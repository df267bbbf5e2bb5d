"""Keys of ours that sign: read from their files, and the journal that is written and proved with them."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from onboarding.settings import Settings
from records.journal import Journal
from records.keys import Vault
from records.masters import KmsMaster, LocalMaster


def open_journal(settings: Settings) -> Journal:
    """What writes and proves journals, with our key and those before it."""
    key_id, private = signing_key(settings.keys.journal)
    known: dict[str, str] = json.loads(settings.keys.journal_trust.read_text())
    retired = tuple(
        Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for kid, raw in known.items() if kid != key_id
    )
    return Journal(Vault(master_key(settings)), private, retired)


def master_key(settings: Settings) -> LocalMaster | KmsMaster:
    """What wraps the keys of clients: a file, or a KMS where one is named."""
    if not settings.keys.kms:
        return LocalMaster(settings.keys.master)
    import boto3  # half a second that the key file does not need

    return KmsMaster(boto3.client("kms"), settings.keys.kms)


def signing_key(path: Path) -> tuple[str, Ed25519PrivateKey]:
    """The id and the key of a file that `aboard up` or an operator made."""
    kept: dict[str, str] = json.loads(path.read_text())
    return kept["kid"], Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept["private"]))
