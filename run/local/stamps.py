"""A time-stamping authority (RFC 3161 over HTTP) on loopback, for a machine that has bought none.

`python -m run.local.stamps --port 8082 --pki DIR` answers POST / with a token over the real time, and GET /healthz.
"""

import argparse
import hashlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import uvicorn
from asn1crypto import algos, cms, core, pem, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LONGEST_QUERY = 10_000  # bytes; a real one takes about eighty
REPLY = "application/timestamp-reply"
POLICY = "1.3.6.1.4.1.32473.1.1"  # under the arc that RFC 5612 sets aside for examples: this authority is one
DIGESTS = {"sha256": 32, "sha384": 48, "sha512": 64}  # bytes
_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Authority:
    """Stamps hashes with the real time, by the certificate `tsa.pem` and its key under `pki`."""

    def __init__(self, pki: Path) -> None:
        self._certificate = x509.Certificate.load(pem.unarmor((pki / "tsa.pem").read_bytes())[2])
        key = serialization.load_pem_private_key((pki / "tsa.key").read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey), "run.local.authority makes RSA keys"
        self._key = key

    def answer(self, query: bytes) -> bytes:
        """A DER TimeStampResp; what cannot be stamped is refused in it, as RFC 3161 says."""
        try:
            request = tsp.TimeStampReq.load(query, strict=True)
            imprint = request["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest, wants_certificate = imprint["hashed_message"].native, request["cert_req"].native
        except (ValueError, TypeError):
            return _refusal("bad_data_format")
        if DIGESTS.get(algorithm) != len(digest):
            return _refusal("bad_alg")
        token = self._token(self._statement(request), wants_certificate)
        status = tsp.PKIStatusInfo({"status": "granted"})
        return _der(tsp.TimeStampResp({"status": status, "time_stamp_token": token}))

    def _statement(self, request: tsp.TimeStampReq) -> bytes:
        statement = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": secrets.randbits(96),
            "gen_time": datetime.now(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
            "tsa": x509.GeneralName(name="directory_name", value=self._certificate.subject),
        }
        if request["nonce"].native is not None:
            statement["nonce"] = request["nonce"]
        return _der(tsp.TSTInfo(statement))

    def _token(self, statement: bytes, wants_certificate: bool) -> cms.ContentInfo:
        attributes = self._attributes(statement)
        signature = self._key.sign(_der(attributes), padding.PKCS1v15(), hashes.SHA256())
        issuer_and_serial = {"issuer": self._certificate.issuer, "serial_number": self._certificate.serial_number}
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer_and_serial}),
            "digest_algorithm": _SHA256,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}),
            "signature": signature,
        }
        content = {"content_type": "tst_info", "content": cms.ParsableOctetString(statement)}
        signed = {
            "version": "v3",
            "digest_algorithms": [_SHA256],
            "encap_content_info": content,
            "signer_infos": [signer],
        }
        if wants_certificate:
            signed["certificates"] = [self._certificate]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _attributes(self, statement: bytes) -> cms.CMSAttributes:
        # RFC 5816: the token names the certificate that it is to be checked with, here by its SHA-256.
        own = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(self._certificate.dump()).digest()}]})
        return cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(statement).digest()]},
                {"type": "signing_certificate_v2", "values": [own]},
            ]
        )


def _refusal(failure: str) -> bytes:
    return _der(Refusal({"status": {"status": "rejection", "fail_info": {failure}}}))


def _der(value: core.Asn1Value) -> bytes:
    encoded: bytes = value.dump()
    return encoded


class Refusal(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp without a token, which asn1crypto's own does not allow for."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo)]


class App:
    """The authority behind HTTP, as a bare ASGI application."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # lifespan: nothing to set up
            return
        match scope["method"], scope["path"]:
            case "GET", "/healthz":
                await _reply(send, 200, b"ok", "text/plain")
            case "POST", "/":
                await self._stamp(receive, send)
            case _:
                await _reply(send, 404, b"POST / or GET /healthz", "text/plain")

    async def _stamp(self, receive: Receive, send: Send) -> None:
        query, more = b"", True
        while more and len(query) <= LONGEST_QUERY:
            message = await receive()
            query += message.get("body", b"")
            more = message.get("more_body", False)
        if len(query) > LONGEST_QUERY:
            await _reply(send, 413, b"too long for a time-stamp query", "text/plain")
        else:
            await _reply(send, 200, self._authority.answer(query), REPLY)


async def _reply(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    arguments = argparse.ArgumentParser(prog="run.local.stamps", description="time-stamping authority on loopback")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--pki", type=Path, required=True, help="folder made by run.local.authority")
    given = arguments.parse_args()
    uvicorn.run(
        App(Authority(given.pki)),
        host="127.0.0.1",
        port=given.port,
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
