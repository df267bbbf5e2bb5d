from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.invitations import Meeting, Party, cancel, request
from activities.letters import Letter
from activities.vendors import mail
from activities.vendors.mail import Attachment, Mailer, compose
from onboarding.errors import OnboardingError, Unavailable
from tests.activities.vendors import free_port

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LETTER = Letter("Welcome, 李 and Ñandú", "Hello 李\n" + "x" * 2000, f"<html><body>{'y' * 2000} ñ</body></html>")
MEETING = Meeting(
    "meeting_1@aboard",
    0,
    NOON,
    NOON + timedelta(hours=1),
    NOON,
    "Kickoff",
    Party("Host", "host@aboard.example"),
    (Party("Ana", "ana@client.example"),),
)


def parts(letter: Letter = LETTER, to: str = "ana@client.example", message_id: str = "<a@aboard>") -> bytes:
    return compose(
        letter,
        sender="Aboard <onboarding@aboard.example>",
        to=to,
        message_id=message_id,
        date=NOON,
        reply_to="Host <host@aboard.example>",
        attachments=[Attachment("ü.pdf", b"%PDF")],
        invite=request(MEETING),
    ).as_bytes()


def test_the_same_input_gives_the_same_bytes() -> None:
    assert parts() == parts()
    assert parts(message_id="<b@aboard>") != parts()


def test_a_mail_is_what_was_put_into_it() -> None:
    message = message_from_bytes(parts(), policy=default)

    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert str(text.get_content()).split() == LETTER.text.split()
    assert str(page.get_content()).strip() == LETTER.html
    assert (message["Subject"], message["Message-ID"]) == (LETTER.subject, "<a@aboard>")
    assert message["Date"].datetime == NOON
    assert message["Reply-To"] == "Host <host@aboard.example>"
    assert not message.defects


def test_no_line_is_longer_than_mail_allows() -> None:
    assert max(map(len, parts().split(b"\r\n"))) <= 998


def test_an_invitation_is_an_alternative_that_names_its_method() -> None:
    message = message_from_bytes(parts(), policy=default)

    kinds = [(part.get_content_type(), part.get_param("method")) for part in message.walk()]
    assert kinds == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", "REQUEST"),
        ("application/ics", "REQUEST"),
        ("application/pdf", None),
    ]


def test_both_copies_of_an_invitation_are_the_same_calendar() -> None:
    message = message_from_bytes(parts(), policy=default)

    copies = [part.get_payload(decode=True) for part in message.walk() if part.get_param("method")]
    assert copies == [request(MEETING).ics, request(MEETING).ics]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_a_subject_never_adds_a_header(subject: str) -> None:
    message = message_from_bytes(parts(Letter(subject, "text", "<html></html>")), policy=default)

    assert len(message.keys()) == len(set(message.keys())) == 10
    assert message["To"] == "ana@client.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@client.example",
        "ana@",
        "ana@client.example\r\nBcc: x@y.example",
        "ana@client.example, ben@client.example",
        "Ana <ana@client.example>",
        "a b@client.example",
        "ana@client..example",
        ".ana@client.example",
        "ana@-.example",
        "a" * 65 + "@client.example",
        "ana\u202e@client.example",
    ],
)
def test_what_cannot_be_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(mail.BadAddress) as refused:
        parts(to=address)

    assert str(refused.value) == mail.BadAddress.__doc__


@pytest.mark.parametrize("sender", ["Aboard\r\nBcc: x@y.example <a@b.example>", "<>", "Aboard"])
def test_a_sender_that_is_none_is_refused(sender: str) -> None:
    with pytest.raises(mail.BadAddress):
        compose(LETTER, sender=sender, to="ana@client.example", message_id="<a@aboard>", date=NOON)


@pytest.mark.parametrize("message_id", ["", "a@b", "<a b@c>", "<a@b>\r\nX: y", "<a@b> <c@d>"])
def test_a_message_id_that_is_none_is_refused(message_id: str) -> None:
    with pytest.raises(mail.BadMessageId):
        parts(message_id=message_id)


def test_a_domain_of_another_script_is_spelt_as_the_dns_does() -> None:
    assert mail.address_of("ana@straße.example") == "ana@xn--strae-oqa.example"


def test_the_message_id_of_an_effect_is_stable_and_tells_nothing() -> None:
    key = "case_0123456789abcdefghjk/welcome"

    assert mail.message_id_of(key) == mail.message_id_of(key) != mail.message_id_of(key + "2")
    assert "case" not in mail.message_id_of(key)


async def test_a_server_that_is_away_is_tried_again() -> None:
    message = compose(LETTER, sender="a@aboard.example", to="ana@client.example", message_id="<a@aboard>", date=NOON)

    with pytest.raises(Unavailable) as away:
        await Mailer("127.0.0.1", free_port()).send(message)

    assert isinstance(away.value, OnboardingError)
    assert "ana" not in str(away.value)
    assert away.value.__cause__ is None


def test_a_cancellation_names_its_method() -> None:
    assert b"METHOD:CANCEL" in cancel(MEETING).ics
