"""The identity vendor against Persona's API as it is documented, on a real port; and its webhooks."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from activities.seams import CheckState, CredentialsRefused, IdentityVendor, VendorWord, Webhook, WebhookRefused
from activities.vendors.persona import Persona, PersonaWebhook
from onboarding.case import Person
from onboarding.errors import Invalid, NotFound, Unavailable
from tests.outside.persona import SECRET, TEMPLATE, TOKEN, PersonaServer, signed
from tests.outside.serving import served

ANA = Person(name="Ana Sample", given_names="Ana", family_name="Sample", birth_date=date(1985, 5, 17))
LINK = "https://inquiry.withpersona.com/verify"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_fits: type[IdentityVendor] = Persona
_reads: type[Webhook] = PersonaWebhook


@pytest.fixture
def server() -> PersonaServer:
    return PersonaServer()


@pytest.fixture
async def vendor(server: PersonaServer) -> AsyncIterator[Persona]:
    async with served(server.app) as url:
        vendor = Persona(url, TOKEN, TEMPLATE, LINK)
        yield vendor
        await vendor.close()


async def test_an_inquiry_is_opened_with_what_is_to_be_compared(vendor: Persona, server: PersonaServer) -> None:
    opened = await vendor.open("identity_1", ANA)

    assert (opened.state, opened.link) == (CheckState.OPEN, f"{LINK}?inquiry-id={opened.id}")
    fields = server.inquiries[opened.id]["attributes"]["fields"]
    assert {name: told["value"] for name, told in fields.items()} == {
        "name-first": "Ana", "name-last": "Sample", "birthdate": "1985-05-17",
    }  # fmt: skip


async def test_a_person_of_whom_little_is_known_is_opened_too(vendor: Persona) -> None:
    assert (await vendor.open("identity_1", Person(name="Ana"))).state is CheckState.OPEN


async def test_the_same_reference_twice_is_one_inquiry(vendor: Persona, server: PersonaServer) -> None:
    first, second = await vendor.open("identity_1", ANA), await vendor.open("identity_1", ANA)

    assert first == second
    assert server.happened == ["opened identity_1"]


async def test_an_inquiry_is_found_by_our_reference(vendor: Persona) -> None:
    assert await vendor.find("identity_1") is None

    opened = await vendor.open("identity_1", ANA)

    assert await vendor.find("identity_1") == opened


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", "open"), ("completed", "passed"), ("approved", "passed"), ("needs_review", "review"),
        ("failed", "failed"), ("declined", "failed"), ("expired", "expired"),
    ],
)  # fmt: skip
async def test_every_status_of_the_vendor_has_its_state(
    vendor: Persona, server: PersonaServer, status: str, state: str
) -> None:
    opened = await vendor.open("identity_1", ANA)
    server.says(opened.id, status)

    assert (await vendor.get(opened.id)).state == state


async def test_what_the_vendor_read_comes_in_our_words(vendor: Persona, server: PersonaServer) -> None:
    opened = await vendor.open("identity_1", ANA)
    server.says(opened.id, "completed", name_last="Sampel", identification_number="PX1234567")

    assert (await vendor.get(opened.id)).said == {
        "name": "Ana Sampel", "given_names": "Ana", "surname": "Sampel", "birth_date": "1985-05-17",
        "number": "PX1234567",
    }  # fmt: skip


async def test_a_status_that_we_do_not_know_is_no_pass(vendor: Persona, server: PersonaServer) -> None:
    opened = await vendor.open("identity_1", ANA)
    server.says(opened.id, "sparkling")

    with pytest.raises(Invalid):
        await vendor.get(opened.id)


async def test_closing_twice_closes_once(vendor: Persona, server: PersonaServer) -> None:
    opened = await vendor.open("identity_1", ANA)

    await vendor.close_inquiry(opened.id)
    await vendor.close_inquiry(opened.id)
    await vendor.close_inquiry("inq_gone")

    assert server.happened == ["opened identity_1", f"expired {opened.id}"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Unavailable), (503, Unavailable), (403, CredentialsRefused), (404, NotFound), (400, Invalid)],
)
async def test_what_the_vendor_refuses_is_one_of_our_errors(
    vendor: Persona, server: PersonaServer, status: int, error: type[Exception]
) -> None:
    server.troubles.append(status)

    with pytest.raises(error):
        await vendor.open("identity_1", ANA)


async def test_a_vendor_that_is_not_there_is_tried_again() -> None:
    vendor = Persona("http://127.0.0.1:9", TOKEN, TEMPLATE, LINK)

    with pytest.raises(Unavailable):
        await vendor.get("inq_1")
    await vendor.close()


# Webhooks


def an_event(server: PersonaServer, reference: str | None = "identity_1") -> bytes:
    attributes: dict[str, object] = {"status": "completed", "reference-id": reference, "fields": {}}
    server.inquiries["inq_1"] = {"type": "inquiry", "id": "inq_1", "attributes": attributes}
    return server.event("inq_1", "completed")


def read(body: bytes, headers: dict[str, str], secret: str = SECRET) -> VendorWord | None:
    lowered = {name.lower(): value for name, value in headers.items()}
    return PersonaWebhook(secret).read(lowered, body, NOW)


def test_a_signed_event_says_what_it_is_about(server: PersonaServer) -> None:
    body = an_event(server)

    assert read(body, signed(body, at=NOW.timestamp())) == VendorWord(
        "evt_completed1_identity_1", "inquiry.completed", "identity_1"
    )


def test_while_a_secret_is_rotated_either_will_do(server: PersonaServer) -> None:
    body, at = an_event(server), NOW.timestamp()
    both = " ".join(signed(body, secret, at)["Persona-Signature"] for secret in ("wbhsec_old", SECRET))

    assert read(body, {"Persona-Signature": both})


@pytest.mark.parametrize("header", ["", "t=1,v1=", "v1=" + "0" * 64, "nonsense", "t=1772442000,v1=" + "0" * 64])
def test_what_is_not_signed_by_the_vendor_is_refused(server: PersonaServer, header: str) -> None:
    with pytest.raises(WebhookRefused):
        read(an_event(server), {"Persona-Signature": header})


def test_a_body_that_was_changed_is_refused(server: PersonaServer) -> None:
    body = an_event(server)

    with pytest.raises(WebhookRefused):
        read(body.replace(b"completed", b"approved"), signed(body, at=NOW.timestamp()))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_event_of_another_time_is_refused(server: PersonaServer, seconds: int) -> None:
    body = an_event(server)

    with pytest.raises(WebhookRefused):
        read(body, signed(body, at=NOW.timestamp() + seconds))


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"data": {"type": "event", "id": "evt_1"}}', b"\xff\xfe"])
def test_a_signed_event_about_something_else_does_not_concern_us(body: bytes) -> None:
    assert read(body, signed(body, at=NOW.timestamp())) is None


def test_an_inquiry_that_is_not_ours_does_not_concern_us(server: PersonaServer) -> None:
    body = an_event(server, reference=None)

    assert read(body, signed(body, at=NOW.timestamp())) is None


def test_a_webhook_is_signed_in_real_time(server: PersonaServer) -> None:
    body = an_event(server)
    lowered = {name.lower(): value for name, value in signed(body, at=time.time()).items()}

    assert PersonaWebhook(SECRET).read(lowered, body, datetime.now(UTC))
