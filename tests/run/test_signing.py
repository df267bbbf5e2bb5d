"""Keys of clients are wrapped by a file or by a KMS, as the settings say."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from onboarding.settings import Settings
from run.signing import master_key

KEY = "alias/aboard"


class FakeKms(BaseHTTPRequestHandler):
    """Answers as the service does (JSON 1.1), for one key, and turns the bytes around."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["KeyId"] == KEY
        wraps = self.headers["X-Amz-Target"] == "TrentService.Encrypt"
        given, answered = ("Plaintext", "CiphertextBlob") if wraps else ("CiphertextBlob", "Plaintext")
        turned = base64.b64encode(base64.b64decode(asked[given])[::-1]).decode()
        body = json.dumps({"KeyId": KEY, answered: turned}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def kms() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), FakeKms)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_a_kms_wraps_the_keys_of_clients_when_it_is_named(
    tmp_path: Path, kms: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": kms,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "ABOARD_HOME": str(tmp_path),
        "ABOARD_KEYS_KMS": KEY,
    }.items():
        monkeypatch.setenv(name, value)

    master = master_key(Settings())

    assert await master.wrap(b"a key", {"client": "client_1"}) == b"yek a"
    assert await master.unwrap(b"yek a", {"client": "client_1"}) == b"a key"
