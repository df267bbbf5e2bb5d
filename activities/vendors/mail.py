"""Mail by SMTP. Once cannot be promised for mail, so a repeated one is the same to the byte."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

import aiosmtplib
import idna

from activities.invitations import Invite
from activities.letters import Letter
from activities.seams import CredentialsRefused
from onboarding.errors import Invalid, OnboardingError, Unavailable

SECONDS = 30.0  # a server that says nothing for so long is tried again later
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]{1,200}@[A-Za-z0-9.-]{1,100}>")
_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x20\x7f]{1,64}")


class BadAddress(Invalid):
    """This cannot be a mail address."""

    code = "bad_address"


class BadMessageId(Invalid):
    """A Message-ID looks like <something@domain>."""

    code = "bad_message_id"


class MailRefused(OnboardingError):
    """The mail server will never take this mail: the address does not exist or the message is not wanted."""

    code = "mail_refused"
    status = 502


@dataclass(frozen=True)
class Attachment:
    filename: str
    content: bytes
    media_type: str = "application/pdf"


@dataclass(frozen=True)
class Mailer:
    """Sends through one SMTP server. With `start_tls` a server that does not offer it is not talked to; `tls` is TLS
    from the first byte (port 465)."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    start_tls: bool = False
    tls: bool = False

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over. Unavailable: try again. MailRefused, CredentialsRefused: do not."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username or None,
                password=self.password or None,
                start_tls=self.start_tls,
                use_tls=self.tls,
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise _our_error(failure) from None  # theirs quotes the address


def compose(
    letter: Letter,
    *,
    sender: str,
    to: str,
    message_id: str,
    date: datetime,
    reply_to: str | None = None,
    attachments: Sequence[Attachment] = (),
    invite: Invite | None = None,
) -> EmailMessage:
    """A mail of this letter: the same input gives the same bytes. `sender` and `reply_to` may carry a name, `to` is a
    bare address, `message_id` stays the same for every attempt, and `date` (aware) comes with it."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadMessageId
    message = EmailMessage(policy=SMTP if address_of(to).isascii() else SMTPUTF8)
    message["From"] = _mailbox(sender)
    message["To"] = _mailbox(address_of(to))
    if reply_to:
        message["Reply-To"] = _mailbox(reply_to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers to it
    _fill(message, letter, attachments, invite)
    message["Content-Language"] = letter.language  # after the parts: they would take it with them
    _name_boundaries(message, message_id)
    return message


def message_id_of(key: str) -> str:
    """The Message-ID of the mail with this effect key: stable, and it tells nothing of the key."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@aboard>"


def address_of(text: str) -> str:
    """The address with its domain as the DNS spells it; BadAddress when it can be none."""
    local, _, domain = text.strip().rpartition("@")
    if (
        not _LOCAL_PART.fullmatch(local)
        or not local.isprintable()
        or local[0] == "."
        or local[-1] == "."
        or ".." in local
    ):
        raise BadAddress
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        raise BadAddress from None


def _mailbox(text: str) -> Address:
    if not text.isprintable():
        raise BadAddress
    name, address = parseaddr(text)
    local, _, domain = address_of(address).rpartition("@")
    return Address(name, local, domain)


def _fill(message: EmailMessage, letter: Letter, attachments: Sequence[Attachment], invite: Invite | None) -> None:
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if invite:
        ics, method = invite.ics.decode(), {"method": invite.method}
        message.add_alternative(ics, subtype="calendar", params=method, cte="base64")
        message.add_attachment(invite.ics, "application", "ics", filename="invite.ics", params=method)
    for attachment in attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, kind, subtype, filename=attachment.filename)


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    # the standard library draws them at random when the message is written out
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"={hashlib.sha256(f'{message_id} {place}'.encode()).hexdigest()[:40]}=")


def _our_error(failure: Exception) -> OnboardingError:
    if isinstance(failure, aiosmtplib.SMTPAuthenticationError):
        return CredentialsRefused()
    if isinstance(failure, aiosmtplib.SMTPNotSupported):
        return MailRefused("The mail server cannot carry this kind of address.")
    if isinstance(failure, aiosmtplib.SMTPRecipientsRefused):
        return _by_code(failure.recipients[0].code)
    if isinstance(failure, aiosmtplib.SMTPDataError):
        return _by_code(failure.code)
    return Unavailable("The mail server does not answer.")


def _by_code(code: int) -> OnboardingError:
    if 500 <= code < 600:
        return MailRefused(f"The mail server refuses this mail for good ({code}).")
    return Unavailable(f"The mail server does not take this mail now ({code}).")
