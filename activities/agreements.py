"""Agreements: drawn up, sealed once they are signed, and certified with the evidence of how that came about."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import paper
from activities.casework import begin, calendar_of
from activities.contract import (
    CompletionRecord,
    Disclosure,
    Event,
    Paper,
    Party,
    Place,
    SealRecord,
    Signature,
    Signer,
    Template,
    VisibleMark,
)
from activities.drafting import agreement_text, terms_named
from activities.seams import SealVendor
from onboarding.case import Client
from onboarding.consent import Consent
from onboarding.deeds import ABOARD, Drafting, Drawn, Sealing
from onboarding.deeds import Place as Order
from onboarding.errors import Conflict, Tampered
from records import agreements, cases, effects, handed_in, signals
from records.agreements import AgreementRow, AgreementState
from records.database import Database
from records.documents import Documents, object_key
from records.effects import Effects, Intent, Receipt
from records.handed_in import DocumentState
from records.journal import Journal
from records.retention import Retention
from records.tables import Facts

LEVEL = "PAdES B-LTA"
Identified = Literal["email_link", "document_check", "screening", "vendor", "staff"]


class NotSigned(Conflict):
    """Nobody has signed this agreement."""

    code = "not_signed"


class Agreements:
    """`provider` is us as a party of every agreement; papers are set in `pool`, outside the event loop."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        ledger: Effects,
        documents: Documents,
        seal: SealVendor,
        provider: Party,
        pool: Executor,
    ) -> None:
        self._database = database
        self._journal = journal
        self._vault = journal.vault
        self._ledger = ledger
        self._documents = documents
        self._seal = seal
        self._provider = provider
        self._pool = pool

    @activity.defn(name="draw_up_agreement")
    async def draw_up(self, order: Drafting) -> Drawn:
        """Sets the paper, stores it and puts it before the client for signature."""
        made_from = paper.template("agreement")
        terms = terms_named(order.agree.terms)
        async with self._database.session() as session:
            await begin(session, self._journal, order)
            agreement = await agreements.draft(
                session, order.case, order.step, key=order.story.isoformat(), template=order.agree.template,
                version=made_from.version,
            )  # fmt: skip
            row = await agreements.agreement(session, agreement)
            client = await cases.client_of(session, self._vault, order.case)
        if row.state is not AgreementState.DRAFT:
            return Drawn(agreement=agreement)
        day = calendar_of(client).local(order.story).date()
        text = agreement_text(agreement, order.story, day, self._provider, client, terms)
        printed = await self._in_pool(paper.agreement_pdf, text, client.language)
        key = await self._file_presented(order, agreement, printed, text.service)
        async with self._database.session() as session:
            await agreements.set_document(session, self._vault, agreement, key, printed.pdf)
            await agreements.set_agreement_state(session, agreement, AgreementState.SENT)
        return Drawn(agreement=agreement)

    @activity.defn(name="seal_agreement")
    async def seal(self, order: Sealing) -> None:
        """Sets the client's mark upon the paper and seals both; what was presented stays the first bytes of it."""
        async with self._database.session() as session:
            row = await agreements.agreement(session, order.agreement)
            consent = await self._consent(session, order.agreement)
            client = await cases.client_of(session, self._vault, order.case)
            presented = await effects.effect_row(session, f"envelope:{order.agreement}")
        if row.state is AgreementState.SEALED:
            return
        mark = self._mark(order.agreement, consent, client, presented.receipt or {})

        async def act() -> bytes:
            return await self._seal.seal(await self._presented(row), mark)

        key = await self._file(order, "seal", "signed", act)
        sealed = await self._documents.read_object(key)
        async with self._database.session() as session:
            await agreements.set_signed(session, self._vault, order.agreement, key, sealed)

    @activity.defn(name="certify_agreement")
    async def certify(self, order: Sealing) -> None:
        """The certificate of completion: who signed what, when and how, with the whole record attached."""
        async with self._database.session() as session:
            row = await agreements.agreement(session, order.agreement)
            client = await cases.client_of(session, self._vault, order.case)
        if row.certificate_key:
            return
        record = await self._record(order, row, client)

        async def act() -> bytes:
            return (await self._in_pool(paper.certificate_pdf, record, client.language)).pdf

        key = await self._file(order, "certificate", "certificate", act)
        certificate = await self._documents.read_object(key)
        async with self._database.session() as session:
            await agreements.set_certificate(session, self._vault, order.agreement, key, certificate)

    # ── filing ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _file_presented(self, order: Order, agreement: str, printed: Paper, title: str) -> str:
        """Stores the paper that is presented. One that an interrupted try stored and nobody saw gives way to ours."""
        name = f"agreements/{agreement}/presented.pdf"
        receipt = Receipt(id=object_key(order.case, name), detail=_facts_of(printed, title))

        async def look() -> Receipt | None:
            if not await self._documents.has_object(receipt.id):
                return None
            if await self._documents.read_object(receipt.id) == printed.pdf:
                return receipt
            await self._documents.delete_object(receipt.id)
            return None

        async def act() -> Receipt:
            await self._documents.put_object(order.case, name, printed.pdf)
            return receipt

        await self._ledger.perform(_intent(order, "envelope", agreement), look, act)
        return receipt.id

    async def _file(self, order: Sealing, kind: str, name: str, make: Callable[[], Awaitable[bytes]]) -> str:
        """Makes and stores a paper once."""
        path = f"agreements/{order.agreement}/{name}.pdf"
        receipt = Receipt(id=object_key(order.case, path))

        async def look() -> Receipt | None:
            return receipt if await self._documents.has_object(receipt.id) else None

        async def act() -> Receipt:
            await self._documents.put_object(order.case, path, await make())
            return receipt

        await self._ledger.perform(_intent(order, kind, order.agreement), look, act)
        return receipt.id

    # ── evidence ───────────────────────────────────────────────────────────────────────────────────────────────
    async def _consent(self, session: AsyncSession, agreement: str) -> Consent:
        said = await agreements.consent(session, self._vault, agreement)
        if said is None:
            raise NotSigned
        return Consent.model_validate(said)

    async def _presented(self, row: AgreementRow) -> bytes:
        """The paper as the client saw it; Tampered when it is not the one whose HMAC was kept."""
        pdf = await self._documents.read_object(str(row.document_key))
        async with self._database.session() as session:
            client = (await cases.case(session, row.case_id)).client_id
            digest = await self._vault.hmac(session, client, pdf, Retention.CONTRACT)
        if digest != row.document_digest:
            raise Tampered
        return pdf

    def _mark(self, agreement: str, consent: Consent, client: Client, presented: Facts) -> VisibleMark:
        signature = Signature(
            name=consent.name,
            at=consent.accepted_at,
            timezone=client.timezone,
            consent=agreement,
            place=Place.model_validate_json(str(presented["signature"])),
            drawn=base64.b64decode(consent.drawn) if consent.drawn else None,
        )
        place = Place.model_validate_json(str(presented["seal"]))
        return VisibleMark(provider=self._provider.name, place=place, language=client.language, signature=signature)

    async def _record(self, order: Sealing, row: AgreementRow, client: Client) -> CompletionRecord:
        """Everything in real time: what was shown and signed is proved by its SHA-256, on the client's own paper."""
        if row.sealed is None or row.signed_key is None:
            raise NotSigned
        presented, produced = await self._presented(row), await self._documents.read_object(row.signed_key)
        async with self._database.session() as session:
            consent = await self._consent(session, order.agreement)
            envelope = await effects.effect_row(session, f"envelope:{order.agreement}")
            identified = await _identified_by(session, order.case)
        facts = envelope.receipt or {}
        return CompletionRecord(
            certificate_id=order.agreement.replace("agreement", "certificate", 1),
            agreement_id=order.agreement,
            case_id=order.case,
            provider=self._provider.name,
            title=str(facts["title"]),
            pages=int(str(facts["pages"])),
            template=Template.model_validate_json(str(facts["template"])),
            presented_sha256=_sha256(presented),
            produced_sha256=_sha256(produced),
            signers=[_signer(consent, client, identified)],
            disclosure=Disclosure(
                version=consent.disclosure_version, sha256=consent.disclosure_sha256, accepted_at=consent.accepted_at
            ),
            events=_events(envelope.settled or row.created, consent, row.sealed),
            seal=SealRecord(by=self._provider.name, level=LEVEL, stamped_at=row.sealed),
            timezone=client.timezone,
            issued_at=row.sealed,
        )

    async def _in_pool(self, make: Callable[..., Paper], *values: object) -> Paper:
        return await asyncio.get_running_loop().run_in_executor(self._pool, make, *values)


def _intent(order: Order, kind: str, agreement: str) -> Intent:
    return Intent(
        key=f"{kind}:{agreement}", kind=kind, case_id=order.case, step=order.step, story=order.story, actor=ABOARD,
        detail={"agreement": agreement}, undo_args={"agreement": agreement},
    )  # fmt: skip


def _facts_of(printed: Paper, title: str) -> Facts:
    """Where the marks belong and what the paper was made from; nothing of what it says."""
    return {
        "title": title,
        "pages": printed.pages,
        "template": printed.template.model_dump_json(),
        "seal": printed.seal.model_dump_json(),
        "signature": printed.signature.model_dump_json() if printed.signature else None,
    }


async def _identified_by(session: AsyncSession, case_id: str) -> list[Identified]:
    """How the signer was known: by the link in their mail, and by what verification did before."""
    ways: list[Identified] = ["email_link"]
    documents = await handed_in.documents(session, case_id)
    if any(one.kind == "identity" and one.state is DocumentState.ACCEPTED for one in documents):
        ways.append("document_check")
    if any(one.outcome != "held" for one in await signals.screenings(session, case_id)):
        ways.append("screening")
    return ways


def _signer(consent: Consent, client: Client, identified: list[Identified]) -> Signer:
    return Signer(
        name=consent.name,
        email=client.person.email or "",
        address=consent.address[:45],
        device=consent.device,
        identified_by=identified,
    )


def _events(sent: datetime, consent: Consent, sealed: datetime) -> list[Event]:
    """In the order in which they came about."""
    events = [Event(at=sent, kind="sent", actor="provider")]
    if consent.opened_at:
        events.append(Event(at=consent.opened_at, kind="opened", actor="client"))
    accepted = {"disclosure_version": consent.disclosure_version}
    events += [
        Event(at=consent.accepted_at, kind="consented", actor="client", detail=accepted),
        Event(at=consent.accepted_at, kind="signed", actor="client"),
        Event(at=sealed, kind="sealed", actor="system"),
    ]
    return events


def _sha256(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()
