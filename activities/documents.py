"""Intake: what is still to be handed in, and what becomes of what was. A refusal says what the client can mend."""

import asyncio
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.parties import is_identity, item_of, required, zone_in
from activities.profile import BadForm, completed
from kyc import mrz
from onboarding.deeds import ABOARD
from onboarding.diligence import Collecting, Handed, Lacking, Verdict
from onboarding.errors import NotFound
from records import cases, forms, handed_in
from records.database import Database
from records.documents import Documents
from records.handed_in import DocumentState, StoredDocument
from records.journal import Detail, Journal
from records.sealing import Content

PAGES = 4  # the zone of a document stands on one of its first pages
PICTURES = ("image/jpeg", "image/png", "image/heic", "image/webp")


class Intake:
    def __init__(self, database: Database, journal: Journal, documents: Documents) -> None:
        self._database = database
        self._journal = journal
        self._documents = documents

    @activity.defn(name="lacking")
    async def lacking(self, order: Collecting) -> Lacking:
        """The items that were not accepted yet, in the order in which they are asked for."""
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            accepted = {
                item_of(document)
                for document in await handed_in.documents(session, order.case)
                if document.state is DocumentState.ACCEPTED
            }
            if await self._form_is_complete(session, order):
                accepted.add(order.collect.form)
        return Lacking(
            items=[item for item in required(order.collect, client, order.story.date()) if item not in accepted]
        )

    @activity.defn(name="check_handed_in")
    async def check(self, order: Handed) -> Verdict:
        """Accepts, or refuses with the code of a reason; a document keeps the verdict that it got first."""
        if order.document:
            return await self._check_document(order, order.document)
        return await self._check_form(order, order.form or order.item)

    # ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def _form_is_complete(self, session: AsyncSession, order: Collecting) -> bool:
        submitted = (await forms.form(session, self._journal.vault, order.case, order.collect.form)).submitted
        if submitted is None:
            return False
        client = await cases.client_of(session, self._journal.vault, order.case)
        try:
            completed(client, submitted, order.story.date(), needs_owners=order.collect.needs_owners)
        except BadForm:
            return False
        return True

    async def _check_form(self, order: Handed, form: str) -> Verdict:
        async with self._database.session() as session:
            reason = await self._take_form(session, order, form)
            what = "form_refused" if reason else "form_accepted"
            key = f"{form}:{order.story.isoformat()}"
            await self._write(session, order, what, reason, key, {"form": form})
        return Verdict(item=order.item, accepted=reason is None, reason=reason)

    async def _take_form(self, session: AsyncSession, order: Handed, form: str) -> str | None:
        """Completes the client's profile by what was submitted; why it cannot, as a code."""
        vault = self._journal.vault
        submitted = (await forms.form(session, vault, order.case, form)).submitted
        if submitted is None:
            return "form_missing"
        client = await cases.client_of(session, vault, order.case)
        try:
            client = completed(
                client, submitted, order.story.date(), needs_owners=await _needs_owners(session, order.case)
            )
        except BadForm as bad:
            return bad.reason
        await cases.set_client(session, vault, order.case, client)
        return None

    # ── documents ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _check_document(self, order: Handed, document_id: str) -> Verdict:
        async with self._database.session() as session:
            document = await handed_in.document(session, document_id)
        if document.case_id != order.case:
            raise NotFound(code="document_not_found")
        if document.state is not DocumentState.RECEIVED:
            accepted = document.state is not DocumentState.REFUSED
            return Verdict(item=order.item, accepted=accepted, reason=document.reason)
        lines, page = await self._zone(document) if is_identity(order.item) else ([], 1)
        reason = await self._fault(order, document, lines)
        await self._settle(order, document, {"lines": [*lines], "page": page} if lines else None, reason)
        return Verdict(item=order.item, accepted=reason is None, reason=reason)

    async def _fault(self, order: Handed, document: StoredDocument, lines: list[str]) -> str | None:
        """Why it is refused. Without a zone (a picture) it is accepted, and a reviewer is told that none was read."""
        if item_of(document) != order.item:
            return "wrong_document"
        if document.media_type not in ("application/pdf", *PICTURES):
            return "wrong_kind"
        if not lines:
            return None
        try:
            zone = mrz.read(lines, order.story.date())
        except mrz.ZoneUnreadable:
            return "mrz_unreadable"
        if zone.fields.expiry_date and zone.fields.expiry_date < order.story.date():
            return "expired"
        if not zone.valid and not await self._was_refused(document, "mrz_checksum"):
            return "mrz_checksum"  # asked for once more; the second time it is for a reviewer to judge
        return None

    async def _was_refused(self, document: StoredDocument, reason: str) -> bool:
        async with self._database.session() as session:
            earlier = await handed_in.documents(session, document.case_id, document.kind)
        return any(one.party == document.party and one.reason == reason for one in earlier)

    async def _zone(self, document: StoredDocument) -> tuple[list[str], int]:
        """The zone that came with the upload, else the one in the text of a PDF; and the page that it stands on."""
        async with self._database.session() as session:
            said = await handed_in.extracted(session, self._journal.vault, document.id) or {}
        lines = said.get("lines")
        if isinstance(lines, list) and lines:
            return [str(line) for line in lines], 1
        if document.media_type != "application/pdf":
            return [], 1
        content = b"".join([chunk async for chunk in self._documents.fetch(document.id)])
        pages = await asyncio.to_thread(pages_of, content)
        zones = [(zone, number) for number, text in enumerate(pages, 1) if (zone := zone_in(text))]
        return zones[0] if zones else ([], 1)

    async def _settle(self, order: Handed, document: StoredDocument, read: Content | None, reason: str | None) -> None:
        state = DocumentState.REFUSED if reason else DocumentState.ACCEPTED
        async with self._database.session() as session:
            await handed_in.set_document_state(session, document.id, state, reason)
            if read:
                await handed_in.save_extracted(session, self._journal.vault, document.id, read)
            if not reason:
                await handed_in.replace_earlier(session, document.id)
            detail = {"document": document.id, "item": order.item}
            await self._write(session, order, f"document_{state}", reason, document.id, detail)

    async def _write(
        self, session: AsyncSession, order: Handed, what: str, reason: str | None, key: str, detail: Detail
    ) -> None:
        await self._journal.write(
            session, order.case, actor=ABOARD, what=what, reason=reason, story=order.story, key=f"{what}:{key}",
            detail=detail,
        )  # fmt: skip


async def _needs_owners(session: AsyncSession, case_id: str) -> bool:
    plan = await cases.plan(session, case_id)
    return any(planned.step.collect.needs_owners for planned in plan.steps if planned.step.collect)


def pages_of(pdf: bytes) -> list[str]:
    """The text layer of each of the first pages; none where it cannot be read."""
    try:
        return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages[:PAGES]]
    except (PyPdfError, ValueError, KeyError, RecursionError):
        return []
