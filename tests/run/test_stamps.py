import shutil
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from run.local import authority
from run.local.stamps import LONGEST_QUERY, Authority
from tests.papers import await_health, free_port

SHA256_OF_NOTHING = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the second opinion")
def test_openssl_accepts_a_stamp(stamps_url: str, pki: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"something")
    query, answer, root = tmp_path / "query", tmp_path / "answer", str(pki / "root.pem")
    command = ["openssl", "ts", "-query", "-data", str(tmp_path / "data"), "-sha256", "-cert", "-out", str(query)]
    subprocess.run(command, check=True, capture_output=True)

    answer.write_bytes(_post(stamps_url, query.read_bytes()))

    command = ["openssl", "ts", "-verify", "-in", str(answer), "-queryfile", str(query), "-CAfile", root]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_stamp_tells_the_real_time(pki: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)

    response = tsp.TimeStampResp.load(Authority(pki).answer(_query("sha256", SHA256_OF_NOTHING)))

    statement = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert before <= statement["gen_time"].native <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        (b"junk", b"\x03\x02\x02\x04"),  # badDataFormat, bit 5
        (b"", b"\x03\x02\x02\x04"),
        ("sha1", b"\x03\x02\x07\x80"),  # badAlg, bit 0
        ("sha512", b"\x03\x02\x07\x80"),
    ],
)
def test_what_cannot_be_stamped_is_refused_with_its_reason(pki: Path, query: bytes | str, failure: bytes) -> None:
    request = query if isinstance(query, bytes) else _query(query, SHA256_OF_NOTHING)

    answer = Authority(pki).answer(request)

    assert b"\x02\x01\x02" in answer  # status: rejection
    assert answer.endswith(failure)


def test_a_query_that_is_far_too_long_is_not_read(stamps_url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        _post(stamps_url, b"x" * (LONGEST_QUERY + 1))

    refusal.value.close()
    assert refusal.value.code == 413


def test_a_term_signal_stops_the_authority(pki: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "run.local.stamps", "--port", str(port), "--pki", str(pki)]
    with subprocess.Popen(command) as server:
        await_health(f"http://127.0.0.1:{port}/healthz")

        server.terminate()

        server.wait(timeout=20)


def test_keys_are_for_their_owner_alone(pki: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in pki.glob("*.key")}

    assert modes == {"root.key": 0o600, "seal.key": 0o600, "tsa.key": 0o600}


def test_certificates_are_good_for_their_purpose_alone(pki: Path) -> None:
    seal, tsa = _certificate(pki / "seal.pem"), _certificate(pki / "tsa.pem")

    usage = seal.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    purpose = tsa.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purpose.critical
    assert list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_a_second_start_changes_nothing(pki: Path) -> None:
    before = {path.name: path.read_bytes() for path in pki.iterdir()}

    authority.prepare(pki, "Example")

    assert {path.name: path.read_bytes() for path in pki.iterdir()} == before


def test_a_revocation_list_near_its_end_is_renewed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(authority, "CRL_LIVES", authority.CRL_SPARE - timedelta(days=1))
        authority.prepare(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    authority.prepare(tmp_path)

    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"crl.pem"}
    ends = x509.load_pem_x509_crl(after["crl.pem"]).next_update_utc
    assert ends
    assert ends - datetime.now(UTC) > authority.CRL_SPARE


def test_a_lost_key_is_made_anew_with_its_certificate(tmp_path: Path) -> None:
    authority.prepare(tmp_path)
    before = _certificate(tmp_path / "seal.pem")
    (tmp_path / "seal.key").unlink()

    authority.prepare(tmp_path)

    assert _certificate(tmp_path / "seal.pem").public_key() != before.public_key()


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _query(algorithm: str, digest: bytes) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    query: bytes = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump()
    return query


def _post(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": "application/timestamp-query"})
    with urllib.request.urlopen(request, timeout=20) as response:
        answer: bytes = response.read()
        return answer
