"""The keys of a local Aboard: made at the first start, kept under home/keys, readable by their owner only."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DATABASE_ROLES = ("postgres", "aboard_owner", "aboard_app")


def ensure_keys(folder: Path) -> None:
    """Create what is missing in `folder`; what exists is never touched, since data hangs on it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, make in _FILES.items():
        _create(folder / name, make)
    _ensure_signer(folder, "door")
    _ensure_signer(folder, "journal")


def database_password(folder: Path, role: str) -> str:
    for line in (folder / "pgpass").read_text().splitlines():
        *_, user, password = line.split(":")
        if user == role:
            return password
    raise KeyError(role)


def _ensure_signer(folder: Path, name: str) -> None:
    """`name`.json holds the signing key; `name`-trust.json the public keys that are believed, by key id."""
    if (folder / f"{name}-trust.json").exists():
        return
    kid, key = _kid(), Ed25519PrivateKey.generate()
    _create(folder / f"{name}.json", lambda: _json({"kid": kid, "private": _b64(key.private_bytes_raw())}))
    kept = json.loads((folder / f"{name}.json").read_text())
    public = Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept["private"])).public_key()
    _create(folder / f"{name}-trust.json", lambda: _json({kept["kid"]: _b64(public.public_bytes_raw())}))


def _codec_keys() -> bytes:
    kid = _kid()
    return _json({"current": kid, "keys": {kid: _b64(secrets.token_bytes(32))}})


def _s3_keys() -> bytes:
    """The access keys, and the key under which the local S3 encrypts what it stores."""
    return _json(
        {
            "access_key": secrets.token_hex(10),
            "secret_key": secrets.token_urlsafe(30),
            "encryption_key": secrets.token_hex(32),
        }
    )


def _passwords() -> bytes:
    return "".join(f"*:*:*:{role}:{secrets.token_urlsafe(24)}\n" for role in DATABASE_ROLES).encode()


_FILES: dict[str, Callable[[], bytes]] = {
    "master.key": lambda: secrets.token_bytes(32),
    "door-hmac.key": lambda: secrets.token_bytes(32),
    "names.key": lambda: secrets.token_bytes(32),
    "suspicions.key": lambda: secrets.token_bytes(32),
    "codec.json": _codec_keys,
    "s3.json": _s3_keys,
    "directory.token": lambda: secrets.token_urlsafe(32).encode(),
    "calendar.password": lambda: secrets.token_urlsafe(24).encode(),
    "pgpass": _passwords,
}


def _create(file: Path, make: Callable[[], bytes]) -> None:
    """Whole or not at all: a start that is killed in the middle leaves no half key behind."""
    if file.exists():
        return
    draft = file.with_name(file.name + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(make())
        out.flush()
        os.fsync(out.fileno())
    draft.rename(file)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _kid() -> str:
    return secrets.token_hex(4)
