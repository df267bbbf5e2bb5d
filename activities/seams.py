"""What the deeds ask of the vendors: one protocol a kind; a vendor is one file under vendors/ that fits it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol

from activities.contract import VisibleMark
from activities.invitations import Meeting
from onboarding.case import Language, Person
from onboarding.errors import Conflict, Invalid, OnboardingError, Unauthenticated


class CredentialsRefused(OnboardingError):
    """The outside service does not accept our credentials, or does not let them do this; staff must look."""

    code = "credentials_refused"
    status = 502


class AccountTaken(Conflict):
    """The user name or the external id already belongs to an account that is not ours."""

    code = "account_taken"


@dataclass(frozen=True)
class Account:
    """A user in the customer's directory, without anything personal. `id` is the directory's, `external_id` ours."""

    id: str
    external_id: str
    user_name: str
    active: bool


class AccountsVendor(Protocol):
    """A directory of users and groups.

    Every deed may be repeated, and by several at once. Raises Unavailable when the directory does not answer (try
    again), CredentialsRefused, AccountTaken, NotFound for an account that is gone, else Invalid.
    """

    async def find_user(self, external_id: str) -> Account | None: ...

    async def open_user(self, external_id: str, user_name: str, display_name: str, email: str) -> Account:
        """The account with this external id, opened if there is none; one that is there is returned as it is."""
        ...

    async def ensure_member(self, group_name: str, account_id: str) -> str:
        """Put the account into the group, which is created if there is none; returns the group's id.

        Directories may allow two groups of one name: of two that are made at once the older one stays.
        """
        ...

    async def leave(self, group_name: str, account_id: str) -> None:
        """Take the account out of the group; one that is not in it, or a group that is not there, is out."""
        ...

    async def is_active(self, account_id: str) -> bool:
        """False as well when the account is gone."""
        ...

    async def deactivate(self, account_id: str) -> None:
        """Lock the account out; one that is gone is locked out."""
        ...

    async def delete(self, account_id: str) -> None:
        """Remove the account and its memberships; one that is gone is removed."""
        ...

    async def probe(self, external_id: str, group_name: str) -> list[str]:
        """The checks of the trial that failed: `account_missing`, `account_unreadable`, `account_inactive`,
        `not_in_group`. Empty when the client can start."""
        ...


class MailVendor(Protocol):
    """A mail server. A repeated mail keeps its Message-ID and its bytes; it may arrive twice."""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over. Raises Unavailable (try again), MailRefused or CredentialsRefused (do not)."""
        ...


@dataclass(frozen=True)
class Booking:
    """A meeting as a calendar holds it, without anything personal."""

    uid: str
    sequence: int
    start: datetime
    end: datetime


class CalendarVendor(Protocol):
    """The host's calendar. Every deed may be repeated. Raises Unavailable, CredentialsRefused, else Invalid."""

    async def find(self, uid: str) -> Booking | None: ...

    async def put(self, meeting: Meeting) -> Booking:
        """Book the meeting, or move the booking that has its UID; an older sequence than the booked changes nothing.
        Returns what is booked."""
        ...

    async def remove(self, uid: str) -> None:
        """Take the booking out; one that is not there is out."""
        ...

    async def busy(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The times, in UTC and in order, at which the host is taken between the two moments."""
        ...


class SealVendor(Protocol):
    """Who seals papers with the company's key. Raises Unavailable when no time stamp is to be had."""

    async def seal(self, pdf: bytes, mark: VisibleMark) -> bytes:
        """The paper with the mark upon it and the seal around both."""
        ...


@dataclass(frozen=True)
class Article:
    """A publication as a news search gives it: `snippet` is what it shows of the text, the headline at least."""

    link: str
    title: str
    snippet: str
    seen: datetime
    outlet: str
    language: str


class NewsVendor(Protocol):
    """A search in the news. Nothing but the name that is asked for leaves the house.

    Raises Unavailable when it does not answer or answers that it is too busy (try again), QueryRefused for a name that
    it cannot search, else Invalid.
    """

    @property
    def name(self) -> str: ...

    async def articles(self, name: str, terms: Sequence[str], days: int, at_most: int) -> list[Article]:
        """What was published in that many days about the name with one of the terms, the newest first."""
        ...


class QueryRefused(Invalid):
    """The outside service cannot search for this."""

    code = "query_refused"


class Standing(StrEnum):
    """Whether a registration is kept up. `unknown`: the registry says what nobody here knows how to read."""

    IN_ORDER = "in_order"
    LAPSED = "lapsed"
    RETIRED = "retired"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RegistryRecord:
    """A company as a registry has it: `values` by the fields of the evidence matrix, `places` the path of each within
    the answer. `active` is false once the company itself is gone; `renewal` is the day when it is due, or empty."""

    id: str
    values: dict[str, str]
    places: dict[str, str]
    active: bool
    standing: Standing
    renewal: str


@dataclass(frozen=True)
class RegistryAnswer:
    """What a registry answered, byte by byte, when, and to which question."""

    content: bytes
    read: datetime
    asked: dict[str, str]
    records: list[RegistryRecord]


class RegistryVendor(Protocol):
    """A public registry of companies. Nothing but the number that is asked for leaves the house, and never a person's.

    Raises Unavailable when it does not answer or answers that it is too busy (try again), else Invalid. A company that
    it does not know is an answer without records.
    """

    @property
    def name(self) -> str: ...

    async def by_lei(self, lei: str) -> RegistryAnswer: ...

    async def by_number(self, number: str, country: str) -> RegistryAnswer: ...


class CheckState(StrEnum):
    """How far an identity check is. `review`: the vendor's own people have doubts; `failed`: it says no."""

    OPEN = "open"
    PASSED = "passed"
    REVIEW = "review"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Inquiry:
    """An identity check as its vendor holds it. `said` is what it read: name, given_names, surname, birth_date, number;
    `link` is where the person is checked, `reasons` why the vendor decided so, in its own words."""

    id: str
    state: CheckState
    link: str
    said: dict[str, str]
    reasons: list[str]


class IdentityVendor(Protocol):
    """Who checks identities for us. `reference` is ours, opaque, and what an inquiry is found by.

    Raises Unavailable (try again), CredentialsRefused, NotFound for an inquiry that is gone, else Invalid.
    """

    @property
    def name(self) -> str: ...

    async def find(self, reference: str) -> Inquiry | None: ...

    async def open(self, reference: str, person: Person, language: Language, tried: datetime | None = None) -> Inquiry:
        """Opens an inquiry about this person, who is asked in this language.

        `tried` is when that was begun before and cut off: what is left of it there is taken up.
        """
        ...

    async def get(self, inquiry: str) -> Inquiry: ...

    async def close_inquiry(self, inquiry: str) -> None:
        """Nobody can go on with it; one that is over or gone stays so."""
        ...

    async def forget(self, inquiry: str) -> None:
        """All that the vendor holds of the person is deleted, or was."""
        ...


@dataclass(frozen=True)
class VendorWord:
    """What a vendor's verified webhook says: its event's id, what happened, and the vendor's id of the inquiry."""

    event: str
    what: str
    inquiry: str


class Webhook(Protocol):
    """Reads a vendor's webhooks."""

    def read(self, headers: Mapping[str, str], body: bytes) -> VendorWord | None:
        """None for what does not concern us. Raises WebhookRefused when it is not the vendor's."""
        ...


class WebhookRefused(Unauthenticated):
    """This was not signed by the vendor."""

    code = "webhook_refused"
