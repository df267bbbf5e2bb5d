"""Onfido's webhooks: what the vendor has signed, and nothing else."""

import onfido
import pytest

from activities.seams import VendorWord, Webhook, WebhookRefused
from activities.vendors.onfido import Onfido, OnfidoWebhook
from tests.activities.vendors.test_onfido import ANA, server, url, vendor
from tests.outside.onfido import SECRET, OnfidoServer, signed

__all__ = ["server", "url", "vendor"]
_reads: type[Webhook] = OnfidoWebhook


@pytest.fixture
async def run(vendor: Onfido, server: OnfidoServer) -> str:
    opened = await vendor.open("identity_1", ANA, "en")
    server.says(opened.id, "approved")
    return opened.id


def read(body: bytes, headers: dict[str, str], token: str = SECRET) -> VendorWord | None:
    return OnfidoWebhook(token).read({name.lower(): value for name, value in headers.items()}, body)


def test_a_signed_event_says_which_run_it_is_about(server: OnfidoServer, run: str) -> None:
    body = server.event(run)

    word = read(body, signed(body))

    assert word
    assert (word.what, word.inquiry, len(word.event)) == ("workflow_run.completed", run, 64)


def test_the_vendors_own_verifier_reads_what_the_fake_signs(server: OnfidoServer, run: str) -> None:
    body = server.event(run)

    event = onfido.WebhookEventVerifier(SECRET).read_payload(body.decode(), signed(body)["X-SHA2-Signature"])

    assert event
    assert event.payload
    assert event.payload.object
    assert event.payload.object.id == run


def test_an_event_that_is_sent_again_is_the_same(server: OnfidoServer, run: str) -> None:
    first, again = server.event(run), server.event(run).replace(b'"tags": ["identity_1"]', b'"tags": null')

    assert read(first, signed(first)) == read(again, signed(again))


def test_a_run_that_is_decided_anew_is_another_event(server: OnfidoServer, run: str) -> None:
    first = server.event(run)
    server.says(run, "declined")
    second = server.event(run)

    assert read(first, signed(first)) != read(second, signed(second))


@pytest.mark.parametrize("header", ["", "0" * 64, "nonsense", "ünsigned"])
def test_what_is_not_signed_by_the_vendor_is_refused(server: OnfidoServer, run: str, header: str) -> None:
    with pytest.raises(WebhookRefused):
        read(server.event(run), {"X-SHA2-Signature": header})


def test_a_body_that_was_changed_is_refused(server: OnfidoServer, run: str) -> None:
    body = server.event(run)

    with pytest.raises(WebhookRefused):
        read(body.replace(b"approved", b"declined"), signed(body))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[1]", b'{"payload": null}', b"\xff\xfe",
        b'{"payload": {"resource_type": "workflow_task", "action": "workflow_task.started", "object": {"id": "t_1"}}}',
        b'{"payload": {"resource_type": "check", "action": "check.completed",'
        b' "object": {"id": "00000000-0000-4000-8000-000000000001"}}}',
    ],
)  # fmt: skip
def test_a_signed_event_about_something_else_does_not_concern_us(body: bytes) -> None:
    assert read(body, signed(body)) is None
