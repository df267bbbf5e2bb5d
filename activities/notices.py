"""Notices: every mail, to the client or to staff. The order names a letter and what it is about, in ids and codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import facts
from activities.letters import render, words
from activities.seams import MailVendor
from activities.vendors.mail import compose, message_id_of
from onboarding.deeds import ABOARD, Notice
from onboarding.errors import Invalid
from records import cases, holds
from records.database import Database
from records.effects import Effects, Intent, Receipt
from records.journal import Journal
from records.links import Links, Purpose

LINK_VALID = timedelta(hours=24)  # real time; one that came too late offers a new one in one tap
COMMERCIAL = frozenset(  # what a client who is held does not get until it no longer is
    {"material", "slots", "invitation_check_in", "invitation_reminder", "missed", "reminder", "summary", "survey"}
)
ONLY_IN_TIME = frozenset({"invitation_reminder", "reminder"})  # of no use later: not kept
HELD = "held"  # instead of a Message-ID
SURVEY_VALID = timedelta(days=30)  # whether the survey is open is for the story to say, not for its link


class NoAddress(Invalid):
    """There is no e-mail address to write to."""

    code = "no_address"


@dataclass(frozen=True)
class House:
    """Who writes: the company's name and product, its sender address, the base of its links, its team mailboxes."""

    company: str
    product: str
    sender: str
    public_url: str
    team: str = "{role}@aboard.example"


class Notices:
    def __init__(
        self, database: Database, journal: Journal, effects: Effects, links: Links, mailer: MailVendor, house: House
    ) -> None:
        self._database = database
        self._vault = journal.vault
        self._effects = effects
        self._links = links
        self._mailer = mailer
        self._house = house

    @activity.defn(name="send_mail")
    async def send(self, order: Notice) -> str:
        """Sends one mail and answers its Message-ID. Tried again, it is the same mail to the byte.

        A commercial one for a client who is held is kept for the end of the hold.
        """
        if order.to == "client" and order.letter in COMMERCIAL and await self._kept(order):
            return HELD
        message_id = message_id_of(f"{order.case}/{order.key}")

        async def look() -> Receipt | None:
            return None  # nobody can be asked whether a mail has arrived: the same one may come twice

        async def act() -> Receipt:
            await self._send(order, message_id)
            return Receipt(id=message_id)

        intent = Intent(
            key=f"mail:{order.case}:{order.key}",
            kind="mail",
            case_id=order.case,
            step=order.step,
            story=order.story,
            actor=ABOARD,
            detail={"letter": order.letter, "to": order.to},
        )
        return (await self._effects.perform(intent, look, act)).id

    async def _kept(self, order: Notice) -> bool:
        async with self._database.session() as session:
            held = await holds.held(session, order.case)
            if held and order.letter not in ONLY_IN_TIME:
                await holds.keep_mail(session, order.case, order.key, order.model_dump(mode="json"))
            return held

    async def _send(self, order: Notice, message_id: str) -> None:
        async with self._database.session() as session:
            client = await cases.client_of(session, self._vault, order.case)
            owner = await facts.contact(session, order.case)
            reader = await facts.reader(session, order, client, self._house.team)
            link, expires = await self._link(session, order)
            said = await facts.gather(session, self._vault, order, client, reader)
        if not reader.email:
            raise NoAddress
        until = words.spoken_time(expires, reader.timezone, reader.language) if expires else ""
        common = {"name": reader.name, "company": self._house.company, "contact": owner.name, "link": link}
        common |= {"product": self._house.product, "until": until}
        letter = render(order.letter, reader.language, {**common, "contact_email": owner.email, **said.facts})
        await self._mailer.send(
            compose(
                letter,
                sender=self._house.sender,
                to=reader.email,
                message_id=message_id,
                date=order.story,
                reply_to=f"{owner.name} <{owner.email}>" if order.to == "client" else None,
                invite=facts.invite(said.meeting, client, owner, reader.language) if said.meeting else None,
            )
        )

    async def _link(self, session: AsyncSession, order: Notice) -> tuple[str, datetime | None]:
        """Where the letter leads, and until when in real time."""
        if order.to != "client":
            return f"{self._house.public_url}/console/cases/{order.case}", None
        purpose = Purpose(order.link or "portal")
        subject = next((order.about[name] for name in ("survey", "agreement", "meeting") if name in order.about), None)
        valid_for = SURVEY_VALID if purpose is Purpose.SURVEY else LINK_VALID
        link_id = await self._links.create(
            session, order.case, purpose, key=order.key, valid_for=valid_for, subject=subject
        )
        door = "survey" if purpose is Purpose.SURVEY else "enter"
        token = await self._links.mint(session, link_id)
        return f"{self._house.public_url}/portal/{door}/{token}", (await self._links.known(session, token)).expires
