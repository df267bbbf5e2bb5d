"""A public-key infrastructure of one's own, for a machine that has bought none.

The root signs a sealing certificate, a time-stamping certificate and a revocation list. Nobody outside trusts this
root: production puts its bought certificates under the same file names and never calls `prepare`.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_LIVES = timedelta(days=25 * 365)
LEAF_LIVES = timedelta(days=10 * 365)
LEAF_SPARE = timedelta(days=365)  # a certificate with less left is made anew
# A sealed paper embeds the list of its day, so a long life harms no evidence, and a stack that was left alone for
# months still seals when it comes back. A list in the second half of its life is renewed at each start.
CRL_LIVES = timedelta(days=730)
CRL_SPARE = CRL_LIVES / 2
SLACK = timedelta(minutes=5)  # clocks of two machines may differ by this
USAGES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]

Leaf = tuple[x509.Certificate, rsa.RSAPrivateKey]


def prepare(folder: Path, organisation: str = "Aboard (local)") -> None:
    """Make what is missing or near its end under `folder`: `root.pem`, `seal.pem`, `tsa.pem`, each with its `.key`
    (0600), and `crl.pem`. Safe to call at every start; what is fresh is left as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = _root(folder, organisation)
    _leaf(folder / "seal.pem", root, f"{organisation} Seal", _seal_usage())
    _leaf(folder / "tsa.pem", root, f"{organisation} Time Stamps", _stamp_usage())
    _revocations(folder / "crl.pem", root)


def _root(folder: Path, organisation: str) -> Leaf:
    path = folder / "root.pem"
    kept = _kept(path, ROOT_LIVES - LEAF_LIVES)
    if kept:
        return kept
    key = _new_key()
    name = _name(f"{organisation} Root")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    extensions = [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
    return _store(path, _certificate((name, key), (name, key), ROOT_LIVES, extensions), key)


def _leaf(path: Path, root: Leaf, common_name: str, usage: list[tuple[x509.ExtensionType, bool]]) -> None:
    kept = _kept(path, LEAF_SPARE)
    if kept and kept[0].issuer == root[0].subject and _signed_by(kept[0], root[0]):
        return
    key = _new_key()
    extensions = [(x509.BasicConstraints(ca=False, path_length=None), True), *usage]
    issuer = (root[0].subject, root[1])
    _store(path, _certificate((_name(common_name), key), issuer, LEAF_LIVES, extensions), key)


def _revocations(path: Path, root: Leaf) -> None:
    now = datetime.now(UTC)
    if path.exists():
        old = x509.load_pem_x509_crl(path.read_bytes())
        ends = old.next_update_utc
        if ends and ends - now > CRL_SPARE and old.is_signature_valid(root[1].public_key()):
            return
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root[0].subject)
        .last_update(now - SLACK)
        .next_update(now + CRL_LIVES)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root[1].public_key()), critical=False)
    )
    _write(path, builder.sign(root[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM), 0o644)


def _certificate(
    subject: tuple[x509.Name, rsa.RSAPrivateKey],
    issuer: tuple[x509.Name, rsa.RSAPrivateKey],
    lives: timedelta,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    now = datetime.now(UTC)
    public = subject[1].public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject[0])
        .issuer_name(issuer[0])
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + lives)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer[1], hashes.SHA256())


def _seal_usage() -> list[tuple[x509.ExtensionType, bool]]:
    return [(_usage(digital_signature=True, content_commitment=True), True)]


def _stamp_usage() -> list[tuple[x509.ExtensionType, bool]]:
    # RFC 3161, 2.3: the extended usage is critical and names time stamping alone.
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return [(_usage(digital_signature=True), True), (purpose, True)]


def _usage(**granted: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: granted.get(usage, False) for usage in USAGES})


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def _kept(path: Path, spare: timedelta) -> Leaf | None:
    """The certificate and key at `path`, when both are there, belong together and live on for `spare`."""
    if not (path.exists() and path.with_suffix(".key").exists()):
        return None
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    key = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        return None
    return (certificate, key) if certificate.not_valid_after_utc - datetime.now(UTC) > spare else None


def _signed_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except Exception:  # the library names five errors here; each of them means no
        return False
    return True


def _store(path: Path, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> Leaf:
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    _write(path.with_suffix(".key"), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), 0o600)
    _write(path, certificate.public_bytes(pem), 0o644)
    return certificate, key


def _write(path: Path, content: bytes, mode: int) -> None:
    """All or nothing: a stop in the middle leaves the old file."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
