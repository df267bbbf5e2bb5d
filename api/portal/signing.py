"""Signing: the agreement can be read before it is signed; consent is evidence, and the story is told of it."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from activities.contract import ConsentText
from activities.letters import things
from activities.paper import consent_text
from api.portal.access import Visit, Visiting, same
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key
from api.views import asked, example
from onboarding.case import Language, Name, Strict
from onboarding.consent import Consent
from onboarding.errors import Conflict, NotFound
from records import agreements
from records.agreements import AgreementRow, AgreementState
from records.rows import Row

router = APIRouter()

_SHOWN = (AgreementState.SENT, AgreementState.SIGNED, AgreementState.SEALED, AgreementState.DECLINED)
_AGENT = 300  # characters of the user agent that are kept
_JOURNAL = 10_000  # entries that are looked through for the opening


class ConsentOutdated(Conflict):
    """The consent text has changed since this page was shown; please read it again."""

    code = "consent_outdated"


class AgreementView(Row):
    """`consent` is what must be shown before signing, word for word. `papers` says what can be read now."""

    model_config = example(
        {
            "id": "agreement_5r7t1y6z4x8k2m9q0w3e",
            "step": "agreement",
            "title": "Services agreement",
            "state": "sent",
            "papers": ["agreement"],
            "consent": None,
        }
    )

    id: str
    step: str
    title: str
    state: AgreementState
    papers: list[str]
    consent: ConsentText | None


class Signing(Strict):
    """The name as the signer types it, and which consent text they accepted: its version and hash."""

    name: Name = Field(examples=["Ana Example"])
    consent_version: str = Field(max_length=40)
    consent_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Declining(Strict):
    """Nothing needs to be said; our people will get in touch."""

    model_config = asked({})


class Signed(Row):
    model_config = example({"agreement": "agreement_5r7t1y6z4x8k2m9q0w3e", "consent": "1", "status": "taken"})

    agreement: str
    consent: str
    status: str


class Declined(Row):
    model_config = example({"agreement": "agreement_5r7t1y6z4x8k2m9q0w3e", "status": "taken"})

    agreement: str
    status: str


@router.get("/agreements")
async def all_agreements(visit: Visiting) -> list[AgreementView]:
    """Every agreement that was put before the client."""
    return await agreement_views(visit)


@router.get("/agreements/{agreement}", responses=errors(*ABOUT_ONE))
async def one_agreement(agreement: str, visit: Visiting) -> AgreementView:
    return await agreement_view(visit, agreement)


@router.get("/agreements/{agreement}/{paper}", responses=errors(*ABOUT_ONE), response_class=Response)
async def paper(agreement: str, paper: str, visit: Visiting) -> Response:
    """The PDF: `document` as presented, `signed` once it is sealed, `certificate` with the evidence."""
    return await read_paper(visit, agreement, paper)


@router.post("/agreements/{agreement}/signature", response_model=Signed, responses=errors(*POSTED, *ABOUT_ONE))
async def signature(agreement: str, body: Signing, request: Request, visit: Visiting, key: Key) -> Response:
    """Records the consent and signs."""
    return await sign(visit, agreement, body, request, key)


@router.post("/agreements/{agreement}/refusal", response_model=Declined, responses=errors(*POSTED, *ABOUT_ONE))
async def refusal(agreement: str, body: Declining, visit: Visiting, key: Key) -> Response:
    """Declines to sign."""
    return await decline(visit, agreement, key)


async def agreement_views(visit: Visit) -> list[AgreementView]:
    async with visit.door.database.session() as session:
        rows = await agreements.agreements(session, visit.case.id)
    return [_view(visit, row) for row in rows if row.state in _SHOWN]


async def agreement_view(visit: Visit, agreement_id: str) -> AgreementView:
    """One agreement. That a signed-in client asks for it is the `opened` of the evidence."""
    async with visit.door.database.session() as session:
        row = await _own(session, visit, agreement_id)
        if row.state is AgreementState.SENT:
            await visit.write(session, "agreement_opened", f"opened:{row.id}", agreement=row.id)
    return _view(visit, row)


async def read_paper(visit: Visit, agreement_id: str, paper: str) -> Response:
    return Response(
        await paper_bytes(visit, agreement_id, paper),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{paper}.pdf"'},
    )


async def paper_bytes(visit: Visit, agreement_id: str, paper: str) -> bytes:
    async with visit.door.database.session() as session:
        row = await _own(session, visit, agreement_id)
    key = _papers(row).get(paper)
    if key is None:
        raise NotFound(code="paper_not_found")
    return await visit.door.documents.read_object(key)


async def sign(visit: Visit, agreement_id: str, body: Signing, request: Request, key: str) -> Response:
    text = consent_of(visit)
    if body.consent_version != text.version or not same(body.consent_sha256, text.sha256):
        raise ConsentOutdated

    async def work(message_id: str) -> Signed:
        return await _sign(visit, agreement_id, _evidence(body, request), message_id)

    return await visit.once(f"sign {agreement_id}", key, body, work)


async def _sign(visit: Visit, agreement_id: str, evidence: Consent, message_id: str) -> Signed:
    consent = message_id.replace("message_", "consent_")
    async with visit.door.database.session() as session:
        row = await _own(session, visit, agreement_id)
        stored = await _consented(session, visit, row, evidence, message_id)

    async def undo(session: AsyncSession, reason: str) -> None:
        if stored:
            await agreements.take_back_consent(session, row.id)
            await visit.write(session, "consent_taken_back", f"back:{message_id}", reason=reason, agreement=row.id)

    async with visit.or_take_back(undo):
        said = await visit.tell(row.step, "sign", {"agreement": row.id, "consent": consent}, message_id)
    return Signed(agreement=row.id, consent=consent, status=said.status)


async def _consented(
    session: AsyncSession, visit: Visit, row: AgreementRow, evidence: Consent, message_id: str
) -> bool:
    """Stores the consent. False when the same was stored before: its answer was lost, and the story is told again."""
    known = await agreements.consent(session, visit.door.vault, row.id)
    if known is not None and row.state is AgreementState.SIGNED and Consent.model_validate(known).name == evidence.name:
        return False
    opened = await _opened_at(session, visit, row.id)
    content = evidence.model_copy(update={"opened_at": opened}).model_dump(mode="json")
    await agreements.record_consent(session, visit.door.vault, row.id, content)
    await visit.write(session, "consent_given", message_id, agreement=row.id)
    return True


async def _opened_at(session: AsyncSession, visit: Visit, agreement_id: str) -> datetime | None:
    """When this agreement was first opened, in real time, as the journal has it."""
    for entry in await visit.door.journal.read(session, visit.case.id, limit=_JOURNAL):
        if entry.what == "agreement_opened" and (entry.detail or {}).get("agreement") == agreement_id:
            return entry.at
    return None


async def decline(visit: Visit, agreement_id: str, key: str) -> Response:
    async def work(message_id: str) -> Declined:
        async with visit.door.database.session() as session:
            row = await _own(session, visit, agreement_id)
        said = await visit.tell(row.step, "decline", {"agreement": row.id}, message_id)
        async with visit.door.database.session() as session:
            await agreements.set_agreement_state(session, row.id, AgreementState.DECLINED, "client_declined")
            await visit.write(session, "agreement_declined", message_id, agreement=row.id)
        return Declined(agreement=row.id, status=said.status)

    return await visit.once(f"decline {agreement_id}", key, Declining(), work)


def consent_of(visit: Visit) -> ConsentText:
    return consent_text(visit.door.provider, visit.client.language)


def _evidence(body: Signing, request: Request) -> Consent:
    """What goes with the consent, sealed: it is printed on the certificate of completion."""
    return Consent(
        name=body.name,
        disclosure_version=body.consent_version,
        disclosure_sha256=body.consent_sha256,
        accepted_at=datetime.now(UTC),
        address=request.client.host[:45] if request.client else "",
        device=request.headers.get("user-agent", "")[:_AGENT],
    )


async def _own(session: AsyncSession, visit: Visit, agreement_id: str) -> AgreementRow:
    """An agreement of this case; those of others are not there."""
    row = await agreements.agreement(session, agreement_id)
    if row.case_id != visit.case.id or row.state not in _SHOWN:
        raise NotFound(code="agreement_not_found")
    return row


def _view(visit: Visit, row: AgreementRow) -> AgreementView:
    language: Language = visit.client.language
    return AgreementView(
        id=row.id, step=row.step, title=things.phrase("agreement", language), state=row.state,
        papers=list(_papers(row)), consent=consent_of(visit) if row.state is AgreementState.SENT else None,
    )  # fmt: skip


def _papers(row: AgreementRow) -> dict[str, str]:
    keys = {"document": row.document_key, "signed": row.signed_key, "certificate": row.certificate_key}
    return {paper: key for paper, key in keys.items() if key is not None}
