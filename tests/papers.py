"""Valid papers for tests, and a local authority that stamps them."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from activities.contract import (
    AgreementText,
    CompletionRecord,
    Disclosure,
    Event,
    Fee,
    Paper,
    Party,
    SealRecord,
    Signature,
    Signer,
    VisibleMark,
)
from run.local import authority

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DIGEST = "ab" * 32


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    authority.prepare(folder, "Example")
    return folder


@pytest.fixture(scope="session")
def stamps_url(pki: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "run.local.stamps", "--port", str(port), "--pki", str(pki)]
    with subprocess.Popen(command) as server:
        await_health(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}/"
        server.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_health(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the time-stamping authority does not come up")


def an_agreement(client: str = "Ana Example", provider: str = "Example Payments Ltd") -> AgreementText:
    return AgreementText(
        agreement_id="agreement_00000000000000000001",
        made_at=NOON,
        dated=NOON.date(),
        begins=date(2026, 3, 16),
        law="Ireland",
        provider=Party(name=provider, lines=["1 Example Street", "Dublin"], contact="contracts@example.com"),
        client=Party(name=client, lines=["2 Sample Road", "Madrid"]),
        service="Business account",
        description=["An account in euro with payments."],
        fees=[Fee(item="Account", amount=Decimal("1250"), currency="EUR")],
    )


def a_record(paper: Paper, signer: str = "Ana Example", timezone: str = "UTC") -> CompletionRecord:
    story = [("sent", "system"), ("opened", "client"), ("consented", "client"), ("signed", "client")]
    events = [
        Event.model_validate({"at": NOON + timedelta(minutes=minute), "kind": kind, "actor": actor})
        for minute, (kind, actor) in enumerate(story)
    ]
    return CompletionRecord(
        certificate_id="certificate_00000000000000000001",
        agreement_id="agreement_00000000000000000001",
        case_id="case_00000000000000000001",
        provider="Example Payments Ltd",
        title="Client Services Agreement",
        pages=paper.pages,
        template=paper.template,
        presented_sha256=paper.sha256,
        produced_sha256=DIGEST,
        signers=[Signer(name=signer, email="ana@example.com", identified_by=["email_link"])],
        disclosure=Disclosure(version="1", sha256=DIGEST, accepted_at=NOON),
        events=events,
        seal=SealRecord(by="Example Seal", level="PAdES B-LTA", stamped_at=NOON),
        timezone=timezone,
        issued_at=NOON,
    )


def a_mark(paper: Paper, name: str = "Ana Example", drawn: bytes | None = None) -> VisibleMark:
    assert paper.signature
    signature = Signature(name=name, at=NOON, consent="consent_1", place=paper.signature, drawn=drawn)
    return VisibleMark(provider="Example Payments Ltd", place=paper.seal, signature=signature)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u200b", "").split())
