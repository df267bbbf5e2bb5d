"""Vendors in memory: what the protocols of activities.seams promise, and a list of what happened."""

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

from activities.invitations import Meeting
from activities.seams import Account, AccountsVendor, AccountTaken, Booking, CalendarVendor, MailVendor
from onboarding.errors import NotFound, OnboardingError


class FakeDirectory:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, set[str]] = {}
        self.happened: list[str] = []

    async def find_user(self, external_id: str) -> Account | None:
        return next((account for account in self.accounts.values() if account.external_id == external_id), None)

    async def open_user(self, external_id: str, user_name: str, display_name: str, email: str) -> Account:
        if found := await self.find_user(external_id):
            return found
        if any(account.user_name.lower() == user_name.lower() for account in self.accounts.values()):
            raise AccountTaken
        account = Account(f"user-{external_id}", external_id, user_name, active=True)
        self.accounts[account.id] = account
        self.happened.append(f"opened {external_id}")
        return account

    async def ensure_member(self, group_name: str, account_id: str) -> str:
        if account_id not in self.accounts:
            raise NotFound
        self.groups.setdefault(group_name, set()).add(account_id)
        return f"group-{group_name}"

    async def leave(self, group_name: str, account_id: str) -> None:
        if account_id in self.groups.get(group_name, set()):
            self.groups[group_name].discard(account_id)
            self.happened.append(f"left {group_name}")

    async def is_active(self, account_id: str) -> bool:
        return account_id in self.accounts and self.accounts[account_id].active

    async def deactivate(self, account_id: str) -> None:
        if account_id in self.accounts:
            self.accounts[account_id] = replace(self.accounts[account_id], active=False)
            self.happened.append(f"deactivated {self.accounts[account_id].external_id}")

    async def delete(self, account_id: str) -> None:
        if account := self.accounts.pop(account_id, None):
            self.happened.append(f"deleted {account.external_id}")
        for members in self.groups.values():
            members.discard(account_id)

    async def probe(self, external_id: str, group_name: str) -> list[str]:
        account = await self.find_user(external_id)
        if account is None:
            return ["account_missing"]
        outside = account.id not in self.groups.get(group_name, set())
        return ["account_inactive"] * (not account.active) + ["not_in_group"] * outside


_fits: type[AccountsVendor] = FakeDirectory


class FakeMailer:
    """Keeps what was sent; raises what stands in `failures`, one at a time, before that."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.failures: list[OnboardingError] = []

    async def send(self, message: EmailMessage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.sent if address in str(message["To"])]


class FakeCalendar:
    def __init__(self) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.taken: list[tuple[datetime, datetime]] = []
        self.happened: list[str] = []

    async def find(self, uid: str) -> Booking | None:
        meeting = self.meetings.get(uid)
        return Booking(uid, meeting.sequence, meeting.start, meeting.end) if meeting else None

    async def put(self, meeting: Meeting) -> Booking:
        held = await self.find(meeting.uid)
        if held and held.sequence >= meeting.sequence:
            return held
        self.meetings[meeting.uid] = meeting
        self.happened.append(f"booked {meeting.uid} {meeting.sequence}")
        return Booking(meeting.uid, meeting.sequence, meeting.start, meeting.end)

    async def remove(self, uid: str) -> None:
        if self.meetings.pop(uid, None):
            self.happened.append(f"removed {uid}")

    async def busy(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        booked = [(meeting.start, meeting.end) for meeting in self.meetings.values()]
        return sorted(span for span in [*booked, *self.taken] if span[0] < end and start < span[1])


_sends: type[MailVendor] = FakeMailer
_books: type[CalendarVendor] = FakeCalendar
