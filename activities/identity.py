"""Identity checks by a vendor: opened for everybody who must prove who they are, and taken in as the vendor tells.

Without a vendor there are none, and documents are read here alone.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.evidence import doubted
from activities.parties import Party, parties_of
from activities.seams import CheckState, IdentityVendor, Inquiry
from onboarding.case import Language, Person
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import IdentityTaken, VendorTold
from onboarding.errors import NotFound, OnboardingError
from records import cases, identity_checks, inbox, signals
from records.database import Database
from records.effects import Effects, Intent, Receipt
from records.identity_checks import IdentityCheck
from records.journal import Journal
from records.signals import NewSignal, SignalState

ATTEMPTS = 3  # inquiries that may expire before a reviewer is told that nobody came


class Identity:
    """`vendor` is None where nobody checks identities but us."""

    def __init__(self, database: Database, journal: Journal, effects: Effects, vendor: IdentityVendor | None) -> None:
        self._database = database
        self._journal = journal
        self._effects = effects
        self._vendor = vendor

    async def waiting(self, order: Place) -> list[str]:
        """Opens the checks that are due; the codes of the parties whom the vendor has not finished with."""
        if self._vendor is None:
            return []
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            known = await identity_checks.of_case(session, order.case)
        waiting = []
        for party in [party for party in parties_of(client, order.story.date()) if party.item]:
            last = known.get(party.code)
            attempt = _due(last)
            if attempt:
                tried = last.opened if last and last.attempt == attempt else None
                open_ = await self._open(order, party, attempt, client.language, tried)
            else:
                open_ = last is not None and last.state == CheckState.OPEN
            waiting += [party.code] if open_ else []
        return waiting

    async def _open(self, order: Place, party: Party, attempt: int, language: Language, tried: datetime | None) -> bool:
        """Whether it waits for somebody. What came to an end before we knew its id, no event tells us: it is asked."""
        assert self._vendor
        vendor, person = self._vendor, party.said
        assert isinstance(person, Person)
        async with self._database.session() as session:
            check = await identity_checks.begin(
                session, case_id=order.case, step=order.step, party=party.code, attempt=attempt, vendor=vendor.name
            )

        async def look() -> Receipt | None:
            found = await vendor.find(check.id)
            return Receipt(id=found.id) if found else None

        async def act() -> Receipt:
            return Receipt(id=(await vendor.open(check.id, person, language, tried)).id)

        receipt = await self._effects.perform(_intent(order, check), look, act)
        inquiry = await vendor.get(receipt.id)
        async with self._database.session() as session:
            await identity_checks.opened(session, self._journal.vault, check, inquiry.id, inquiry.link)
        inquiry = await vendor.get(receipt.id)
        place = {"case": order.case, "step": order.step, "story": order.story}
        async with self._database.session() as session:
            await self._keep(session, VendorTold(**place, vendor=vendor.name, event=inquiry.id), check, inquiry)
        return inquiry.state is CheckState.OPEN

    @activity.defn(name="take_identity_event")
    async def take(self, order: VendorTold) -> IdentityTaken:
        """Asks the vendor how far the inquiry of this event is, keeps that, and lays the event aside as recorded."""
        return await self._take(order)

    async def take_late(self, order: Place) -> str | None:
        """Takes in what was told of the case when its step was over; why not, where that could not be done."""
        async with self._database.session() as session:
            late = await inbox.too_late(session, order.case)
        for event in late:
            place = {"case": order.case, "step": order.step, "story": order.story}
            try:
                await self._take(VendorTold(**place, vendor=event.vendor, event=event.event), late=True)
            except OnboardingError as error:
                return error.reason
        return None

    async def _take(self, order: VendorTold, late: bool = False) -> IdentityTaken:
        async with self._database.session() as session:
            said = await inbox.payload(session, self._journal.vault, order.vendor, order.event) or {}
            check = await identity_checks.by_reference(session, str(said.get("reference")))
        if check is None or check.case_id != order.case:
            raise NotFound(code="identity_check_not_found")
        inquiry = await self._ask(check, late)
        async with self._database.session() as session:
            raised = await self._keep(session, order, check, inquiry, late) if inquiry else []
            await inbox.delivered(session, order.vendor, order.event)
            rows = await identity_checks.of_case(session, order.case)
        waiting = [code for code, row in rows.items() if row.state == CheckState.OPEN]
        return IdentityTaken(waiting=waiting, signals=raised)

    async def _ask(self, check: IdentityCheck, late: bool) -> Inquiry | None:
        """What the vendor does not have any more, nobody can go through; nor what a vendor who is not asked any more
        says late."""
        if check.vendor_id is None:
            return None
        if self._vendor is None or self._vendor.name != check.vendor:
            return Inquiry(check.vendor_id, CheckState.EXPIRED, "", {}, ["vendor_off"]) if late else None
        try:
            return await self._vendor.get(check.vendor_id)
        except NotFound:
            return Inquiry(check.vendor_id, CheckState.EXPIRED, "", {}, ["gone"])

    async def _keep(
        self, session: AsyncSession, order: VendorTold, check: IdentityCheck, inquiry: Inquiry, late: bool = False
    ) -> list[str]:
        """Keeps how far it is; a doubt of the vendor's is a signal at once, for a review may be open already. What a
        check once came to is not unsaid because it is gone at the vendor."""
        over = inquiry.state is CheckState.EXPIRED and check.settled
        if inquiry.state is not CheckState.OPEN and not over:
            await identity_checks.settle(
                session, self._journal.vault, check, inquiry.state, inquiry.said, inquiry.reasons
            )
            await self._write(session, order, check, inquiry.state)
        last = inquiry.state is not CheckState.EXPIRED or check.attempt >= ATTEMPTS or late
        found = doubted(check.party, check.id, inquiry.state, inquiry.reasons) if last else None
        if found is None:
            return []
        new = NewSignal(
            case_id=order.case, key=found.key, round=0, kind=found.kind, code=found.code, party=found.party,
            evidence=found.evidence,
        )  # fmt: skip
        signal = await signals.signal(session, await signals.add_signal(session, self._journal.vault, new))
        return [signal.id] if signal.state is SignalState.OPEN else []

    async def _write(self, session: AsyncSession, order: VendorTold, check: IdentityCheck, state: str) -> None:
        await self._journal.write(
            session, order.case, actor=f"vendor:{order.vendor}", what=f"identity_{state}", reason=None,
            story=order.story, key=f"identity:{check.id}:{order.event}",
            detail={"party": check.party, "check": check.id, "step": order.step},
        )  # fmt: skip


def _due(last: IdentityCheck | None) -> int | None:
    """The attempt that is to be opened now: the first, one that a crash left half-way, or another after an expiry."""
    if last is None:
        return 1
    if last.state == CheckState.OPEN and last.vendor_id is None:
        return last.attempt
    return last.attempt + 1 if last.state == CheckState.EXPIRED and last.attempt < ATTEMPTS else None


def _intent(order: Place, check: IdentityCheck) -> Intent:
    return Intent(
        key=f"identity:{check.id}", kind="identity_check", case_id=order.case, step=order.step, story=order.story,
        actor=ABOARD, detail={"party": check.party}, undo_args={"reference": check.id},
    )  # fmt: skip
