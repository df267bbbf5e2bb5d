import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from activities.invitations import Meeting, Party, request
from activities.letters import Letter
from activities.vendors.mail import Attachment, Mailer, MailRefused, compose
from onboarding.errors import Unavailable

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LETTER = Letter(
    subject="Sila semak dokumen – 文件",
    text="Buka:\nhttps://aboard.example/l/1?a=1&b=2\n",
    html='<!doctype html><html lang="ms"><head><title>x</title></head><body>'
    '<a href="https://aboard.example/l/1?a=1&amp;b=2">Buka</a><script>alert(1)</script></body></html>',
    language="ms",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mailbox:
    """The real server in a process of its own."""

    def __init__(self, store: Path) -> None:
        self.smtp, self.http, self.store = free_port(), free_port(), store
        self.start()

    def start(self) -> None:
        ports = ["--smtp-port", str(self.smtp), "--http-port", str(self.http)]
        command = [sys.executable, "-m", "run.local.mailbox", *ports, "--store", str(self.store)]
        self.process = subprocess.Popen(command)
        for _ in range(300):
            try:
                self.get("/healthz")
                return
            except URLError:
                time.sleep(0.1)
        raise AssertionError("the mailbox did not come up")

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(5)

    def get(self, path: str, method: str = "GET") -> Any:
        with urlopen(Request(f"http://127.0.0.1:{self.http}{path}", method=method)) as answer:
            return answer.headers, answer.read()

    def messages(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get(f"/api/messages{query}")[1])
        return found

    async def take(self, message: EmailMessage) -> None:
        await Mailer("127.0.0.1", self.smtp).send(message)


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("mail") / "mail.sqlite")
    yield box
    box.stop(signal.SIGTERM)


@pytest.fixture(autouse=True)
def _empty(mailbox: Mailbox) -> None:
    mailbox.get("/api/messages", "DELETE")


def a_mail(to: str = "ana@client.example", number: int = 1, **more: Any) -> EmailMessage:
    return compose(
        LETTER,
        sender="Aboard <onboarding@aboard.example>",
        to=to,
        message_id=f"<mail-{number}@aboard>",
        date=NOON,
        **more,
    )


async def test_a_mail_can_be_read_as_json(mailbox: Mailbox) -> None:
    await mailbox.take(a_mail(attachments=[Attachment("kontrak.pdf", b"%PDF-1.7")]))

    [message] = mailbox.messages()
    assert message["message_id"] == "<mail-1@aboard>"
    assert message["from"] == "Aboard <onboarding@aboard.example>"
    assert message["to"] == ["ana@client.example"]
    assert message["subject"] == LETTER.subject
    assert message["text"] == LETTER.text
    assert message["links"] == ["https://aboard.example/l/1?a=1&b=2"]
    assert message["attachments"] == [{"name": "kontrak.pdf", "media_type": "application/pdf", "size": 8}]


async def test_the_list_is_filtered_by_recipient_subject_and_time(mailbox: Mailbox) -> None:
    await mailbox.take(a_mail("ana@client.example", 1))
    await mailbox.take(a_mail("ben@client.example", 2))

    newest, oldest = mailbox.messages()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert [message["message_id"] for message in mailbox.messages("?to=ANA")] == ["<mail-1@aboard>"]
    assert len(mailbox.messages("?subject=dokumen")) == 2
    assert mailbox.messages("?subject=other") == []
    assert mailbox.messages(f"?since={oldest['id']}") == [newest]
    assert mailbox.messages(f"?since={later}") == []


@pytest.mark.parametrize("since", ["yesterday", "2026-03-04T12:00:00"])
def test_a_time_that_is_none_is_refused(mailbox: Mailbox, since: str) -> None:
    with pytest.raises(HTTPError) as refused:
        mailbox.messages(f"?since={since}")

    refused.value.close()
    assert refused.value.code == 422


async def test_an_address_that_bounces_is_refused_for_good_and_a_busy_one_for_now(mailbox: Mailbox) -> None:
    with pytest.raises(MailRefused) as bounced:
        await mailbox.take(a_mail("ana@bounce.example"))
    with pytest.raises(Unavailable) as busy:
        await mailbox.take(a_mail("ana@busy.example"))

    assert "ana" not in f"{bounced.value} {busy.value}"
    assert mailbox.messages() == []


async def test_addresses_of_other_scripts_arrive(mailbox: Mailbox) -> None:
    await mailbox.take(a_mail("josé.李@bücher.example"))

    [message] = mailbox.messages()
    assert message["to"] == ["josé.李@xn--bcher-kva.example"]


async def test_the_html_of_a_mail_runs_nothing_and_loads_nothing(mailbox: Mailbox) -> None:
    await mailbox.take(a_mail())
    number = mailbox.messages()[0]["id"]

    headers, _ = mailbox.get(f"/messages/{number}/html")
    _, page = mailbox.get(f"/messages/{number}")

    assert headers["Content-Security-Policy"].startswith("sandbox allow-popups allow-popups-to-escape-sandbox; ")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b'sandbox="allow-popups' in page
    assert b"alert(1)" not in page.replace(b"&lt;script&gt;alert(1)", b"")


async def test_an_attachment_is_downloaded_and_never_shown(mailbox: Mailbox) -> None:
    await mailbox.take(a_mail(attachments=[Attachment("<x>.html", b"<script>", "text/html")]))
    number = mailbox.messages()[0]["id"]

    headers, content = mailbox.get(f"/messages/{number}/attachments/0")

    assert content == b"<script>"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%3Cx%3E.html"


async def test_an_invitation_is_an_alternative_and_an_attachment(mailbox: Mailbox) -> None:
    people = Party("Aboard", "onboarding@aboard.example"), (Party("Ana", "ana@client.example"),)
    meeting = Meeting("meeting_1@aboard", 0, NOON, NOON + timedelta(hours=1), NOON, "Kickoff", *people)

    await mailbox.take(a_mail(invite=request(meeting)))

    [message] = mailbox.messages()
    assert [part["name"] for part in message["attachments"]] == ["invite.ics"]


async def test_what_was_answered_with_250_survives_a_kill(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mail.sqlite")
    for number in range(5):
        await box.take(a_mail(number=number))
    box.stop(signal.SIGKILL)

    box.start()
    kept = [message["message_id"] for message in box.messages()]
    box.stop(signal.SIGTERM)

    assert kept == [f"<mail-{number}@aboard>" for number in range(4, -1, -1)]


def test_it_stops_at_once_when_asked(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mail.sqlite")

    with socket.create_connection(("127.0.0.1", box.smtp)), socket.create_connection(("127.0.0.1", box.http)):
        status = box.stop(signal.SIGTERM)

    assert status in {0, -signal.SIGTERM}


def test_a_foreign_host_name_is_not_served(mailbox: Mailbox) -> None:
    asked = Request(f"http://127.0.0.1:{mailbox.http}/", headers={"Host": "evil.example"})

    with pytest.raises(HTTPError) as refused:
        urlopen(asked)

    refused.value.close()
    assert refused.value.code == 400
