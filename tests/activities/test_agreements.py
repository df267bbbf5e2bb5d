"""Agreements: one envelope, one seal, one certificate, and their evidence."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from activities.agreements import NotSigned
from activities.drafting import UnknownTerms
from onboarding.consent import Consent
from onboarding.deeds import Drafting, Sealing
from onboarding.errors import Tampered, Unavailable
from onboarding.plan import Agree
from records import agreements, effects
from records.agreements import AgreementRow, AgreementState
from tests.activities.desk import STORY, Desk, a_company, a_person

CONSENT = Consent(
    name="Hortensia Vexley", disclosure_version="1", disclosure_sha256="ab" * 32,
    accepted_at=datetime(2026, 3, 3, 11, 0, tzinfo=UTC), opened_at=datetime(2026, 3, 3, 10, 50, tzinfo=UTC),
    address="192.0.2.7", device="Firefox",
)  # fmt: skip


def drafting(case: str, terms: str = "saas", later: int = 0) -> Drafting:
    story = STORY + timedelta(hours=later)
    return Drafting(case=case, step="agreement", story=story, agree=Agree(template="agreement", terms=terms))


async def shown(desk: Desk, agreement: str) -> AgreementRow:
    async with desk.database.session() as session:
        return await agreements.agreement(session, agreement)


async def signed(desk: Desk, case: str) -> Sealing:
    agreement = (await desk.agreements.draw_up(drafting(case))).agreement
    async with desk.database.session() as session:
        content = CONSENT.model_dump(mode="json")
        await agreements.record_consent(session, desk.journal.vault, agreement, content)
    return Sealing(case=case, step="agreement", story=STORY + timedelta(days=1), agreement=agreement)


async def test_an_agreement_that_is_drawn_up_twice_is_one(desk: Desk) -> None:
    case = await desk.case()

    first = await desk.agreements.draw_up(drafting(case))
    again = await desk.agreements.draw_up(drafting(case))

    row = await shown(desk, first.agreement)
    assert first == again
    assert row.state is AgreementState.SENT
    assert list(desk.bucket.objects) == [row.document_key]
    assert "Hortensia Vexley" in text_of(await desk.documents.read_object(str(row.document_key)))


async def test_after_a_refusal_there_is_a_new_draft(desk: Desk) -> None:
    case = await desk.case()

    first = await desk.agreements.draw_up(drafting(case))
    second = await desk.agreements.draw_up(drafting(case, later=1))

    assert first != second


async def test_terms_that_nobody_wrote_are_unknown(desk: Desk) -> None:
    case = await desk.case()

    with pytest.raises(UnknownTerms):
        await desk.agreements.draw_up(drafting(case, "nobody-wrote-these"))


@pytest.mark.parametrize("terms", ["saas", "financial-services"])
@pytest.mark.parametrize("language", ["en", "es", "ms"])
async def test_each_playbook_s_terms_are_there_in_each_language(desk: Desk, terms: str, language: str) -> None:
    case = await desk.case(a_company().model_copy(update={"language": language}))

    drawn = await desk.agreements.draw_up(drafting(case, terms))

    assert (await shown(desk, drawn.agreement)).document_key


async def test_a_paper_of_an_interrupted_try_gives_way_to_the_one_that_is_sent(desk: Desk) -> None:
    case = await desk.case()
    async with desk.database.session() as session:
        agreement = await agreements.draft(
            session, case, "agreement", template="agreement", version="0", key=STORY.isoformat()
        )
    await desk.documents.put_object(case, f"agreements/{agreement}/presented.pdf", b"of another template")

    drawn = await desk.agreements.draw_up(drafting(case))

    assert drawn.agreement == agreement
    row = await shown(desk, agreement)
    assert (await desk.documents.read_object(str(row.document_key))).startswith(b"%PDF")


async def test_nothing_is_sealed_that_nobody_signed(desk: Desk) -> None:
    case = await desk.case()
    drawn = await desk.agreements.draw_up(drafting(case))

    with pytest.raises(NotSigned):
        await desk.agreements.seal(Sealing(case=case, step="agreement", story=STORY, agreement=drawn.agreement))


async def test_a_seal_is_set_once_upon_what_was_presented_with_the_client_s_mark(desk: Desk) -> None:
    case = await desk.case()
    order = await signed(desk, case)

    await desk.agreements.seal(order)
    await desk.agreements.seal(order)

    row = await shown(desk, order.agreement)
    (mark,) = desk.sealer.marks
    assert row.state is AgreementState.SEALED
    assert mark.signature
    assert (mark.signature.name, mark.provider) == ("Hortensia Vexley", "Provider Ltd")
    presented = await desk.documents.read_object(str(row.document_key))
    assert await desk.documents.read_object(str(row.signed_key)) == presented + b"sealed"


async def test_without_a_time_stamp_nothing_is_sealed_and_a_later_try_is(desk: Desk) -> None:
    case = await desk.case()
    order = await signed(desk, case)
    desk.sealer.failures.append(Unavailable())

    with pytest.raises(Unavailable):
        await desk.agreements.seal(order)
    assert (await shown(desk, order.agreement)).state is AgreementState.SIGNED
    await desk.agreements.seal(order)

    async with desk.database.session() as session:
        row = await effects.effect_row(session, f"seal:{order.agreement}")
    assert (row.state, row.attempts) == ("done", 2)


async def test_a_paper_that_was_changed_in_the_store_is_not_sealed(desk: Desk) -> None:
    case = await desk.case()
    order = await signed(desk, case)
    row = await shown(desk, order.agreement)
    await desk.documents.delete_object(str(row.document_key))
    await desk.documents.put_object(case, f"agreements/{order.agreement}/presented.pdf", b"%PDF-1.7 something else")

    with pytest.raises(Tampered):
        await desk.agreements.seal(order)


async def test_the_certificate_tells_what_was_presented_and_signed_and_when(desk: Desk) -> None:
    case = await desk.case(a_person())
    order = await signed(desk, case)
    await desk.agreements.seal(order)

    await desk.agreements.certify(order)
    await desk.agreements.certify(order)

    row = await shown(desk, order.agreement)
    certificate = PdfReader(BytesIO(await desk.documents.read_object(str(row.certificate_key))))
    record = json.loads(certificate.attachments["events.json"][0])
    presented = await desk.documents.read_object(str(row.document_key))
    assert record["presented_sha256"] == hashlib.sha256(presented).hexdigest()
    assert [event["kind"] for event in record["events"]] == ["sent", "opened", "consented", "signed", "sealed"]
    assert record["signers"][0]["identified_by"] == ["email_link"]
    assert len(desk.bucket.objects) == 3
    assert (await desk.said(case)).count("effect_done") == 3


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
