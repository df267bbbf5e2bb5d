"""Intake: what is lacking, and the verdict on what was handed in."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfWriter

from onboarding.diligence import Collecting, Handed, Verdict
from onboarding.errors import NotFound
from onboarding.plan import Collect
from records import forms, handed_in
from records.handed_in import DocumentState
from tests.activities.desk import PNG, STORY, Desk, a_company, a_person, pdf, zone

COLLECT = Collect(
    documents={"person": ["identity", "proof_of_address"], "company": ["registration", "identity"]}, needs_owners=True
)


async def lacking(desk: Desk, case: str) -> list[str]:
    return (await desk.intake.lacking(Collecting(case=case, step="collect", story=STORY, collect=COLLECT))).items


async def hand_in(desk: Desk, case: str, document: str, item: str = "identity", later: int = 0) -> Verdict:
    story = STORY + timedelta(minutes=later)
    return await desk.intake.check(Handed(case=case, step="collect", story=story, item=item, document=document))


async def submit(desk: Desk, case: str, form: dict[str, object], later: int = 0) -> Verdict:
    async with desk.database.session() as session:
        await forms.submit(session, desk.journal.vault, case, "profile", form)
    story = STORY + timedelta(minutes=later)
    return await desk.intake.check(Handed(case=case, step="collect", story=story, item="profile", form="profile"))


async def test_a_person_is_asked_for_the_form_and_their_documents(desk: Desk) -> None:
    case = await desk.case(a_person())

    assert await lacking(desk, case) == ["profile", "identity", "proof_of_address"]


async def test_a_company_is_asked_for_the_identity_of_each_owner(desk: Desk) -> None:
    case = await desk.case(a_company())

    assert await lacking(desk, case) == ["profile", "registration", "identity:1", "identity:2"]


async def test_what_was_accepted_is_not_asked_for_again(desk: Desk) -> None:
    client = a_company()
    case = await desk.case(client)
    assert client.company
    second = await desk.upload(case, pdf(zone(client.company.owners[1].person)), party="owner_2")
    await submit(desk, case, {"person": {"phone": "+353 1 234 5678"}})

    verdict = await hand_in(desk, case, second, "identity:2")

    assert verdict.accepted
    assert await lacking(desk, case) == ["registration", "identity:1"]


async def test_the_zone_in_the_text_of_a_pdf_is_read_and_kept(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    lines = zone(client.person)
    document = await desk.upload(case, pdf(["PASSPORT", *lines]))

    verdict = await hand_in(desk, case, document)

    assert verdict == Verdict(item="identity", accepted=True)
    async with desk.database.session() as session:
        assert await handed_in.extracted(session, desk.journal.vault, document) == {"lines": lines, "page": 1}


async def test_an_expired_document_is_refused_and_another_may_follow(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    old = await desk.upload(case, pdf(zone(client.person, date(2025, 12, 31))))
    new = await desk.upload(case, pdf(zone(client.person)))

    assert await hand_in(desk, case, old) == Verdict(item="identity", accepted=False, reason="expired")
    assert (await hand_in(desk, case, new, later=5)).accepted
    async with desk.database.session() as session:
        states = [document.state for document in await handed_in.documents(session, case)]
    assert states == [DocumentState.REPLACED, DocumentState.ACCEPTED]


async def test_a_zone_that_does_not_add_up_is_asked_for_once_more_and_then_left_to_a_reviewer(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    first, second = zone(client.person)
    wrong = [first, second[:13] + "850518" + second[19:]]  # another birthday under the old check digit
    papers = [await desk.upload(case, pdf(wrong)) for _ in range(2)]

    verdicts = [await hand_in(desk, case, paper, later=n) for n, paper in enumerate(papers)]

    assert [verdict.reason for verdict in verdicts] == ["mrz_checksum", None]


async def test_lines_that_are_no_zone_are_unreadable(desk: Desk) -> None:
    case = await desk.case()
    document = await desk.upload(case, pdf(["P<IRLVEXLEY<<HORTENSIA<<<<<<<", "PX1234567<8IRL850517<<<<<<<<"]))

    assert (await hand_in(desk, case, document)).reason == "mrz_unreadable"


async def test_a_picture_is_accepted_without_a_zone(desk: Desk) -> None:
    case = await desk.case()
    document = await desk.upload(case, PNG, type_="image/png")

    assert (await hand_in(desk, case, document)).accepted


async def test_a_document_for_something_else_is_refused(desk: Desk) -> None:
    case = await desk.case()
    document = await desk.upload(case, pdf(["Electricity bill"]), kind="proof_of_address")

    assert (await hand_in(desk, case, document, "identity")).reason == "wrong_document"


async def test_a_document_of_another_case_is_not_found(desk: Desk) -> None:
    mine, theirs = await desk.case(), await desk.case()
    document = await desk.upload(theirs, PNG, type_="image/png")

    with pytest.raises(NotFound):
        await hand_in(desk, mine, document)


async def test_a_document_keeps_its_verdict_when_it_is_checked_again(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    document = await desk.upload(case, pdf(zone(client.person, date(2020, 1, 1))))
    first = await hand_in(desk, case, document)

    assert await hand_in(desk, case, document) == first
    assert (await desk.said(case)).count("document_refused") == 1


async def test_a_form_completes_what_is_known_and_leaves_the_rest(desk: Desk) -> None:
    case = await desk.case()

    verdict = await submit(desk, case, {"person": {"phone": "+353 1 234 5678", "email": ""}})

    client = await desk.client(case)
    assert verdict.accepted
    assert (client.person.phone, client.person.email) == ("+353 1 234 5678", "hortensia@vexley.example")


async def test_fields_of_the_person_may_stand_alone(desk: Desk) -> None:
    case = await desk.case()

    await submit(desk, case, {"birth_date": "1985-05-18"})

    assert (await desk.client(case)).person.birth_date == date(1985, 5, 18)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"person": {"birth_date": "2031-01-01"}}, "birth_date_in_future"),
        ({"person": {"birth_date": "1799-01-01"}}, "birth_date_invalid"),
        ({"person": {"birth_date": "yesterday"}}, "birth_date_invalid"),
        ({"person": {"nationality": "QQ"}}, "nationality_invalid"),
        ({"country": "QQ"}, "unknown_country"),
        ({"timezone": "Mars/Olympus"}, "unknown_timezone"),
        ({"person": {"shoe_size": "44"}}, "shoe_size_invalid"),
        ({"person": ["a list"]}, "person_invalid"),
    ],
)
async def test_a_form_that_cannot_be_comes_back_with_its_reason(
    desk: Desk, form: dict[str, object], reason: str
) -> None:
    case = await desk.case()

    verdict = await submit(desk, case, form)

    assert (verdict.accepted, verdict.reason) == (False, reason)
    assert await desk.client(case) == a_person()


async def test_a_company_without_owners_is_asked_for_them(desk: Desk) -> None:
    case = await desk.case(a_company(()))

    assert (await submit(desk, case, {"person": {"phone": "+353 1 234 5678"}})).reason == "owners_missing"
    assert "profile" in await lacking(desk, case)


async def test_owners_cannot_hold_more_than_all(desk: Desk) -> None:
    case = await desk.case(a_company(("60%", "1/2")))

    assert (await submit(desk, case, {"language": "en"})).reason == "shares_exceed_whole"


async def test_a_form_of_which_nothing_was_sent_is_missing(desk: Desk) -> None:
    case = await desk.case()
    order = Handed(case=case, step="collect", story=STORY, item="profile", form="profile")

    assert (await desk.intake.check(order)).reason == "form_missing"


async def test_the_page_on_which_a_zone_stands_is_kept_for_the_evidence(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    document = await desk.upload(case, two_pages(["COVER LETTER"], zone(client.person)))

    await hand_in(desk, case, document)

    async with desk.database.session() as session:
        read = await handed_in.extracted(session, desk.journal.vault, document)
    assert read == {"lines": zone(client.person), "page": 2}


def two_pages(*pages: list[str]) -> bytes:
    written = PdfWriter()
    for lines in pages:
        written.append(BytesIO(pdf(lines)))
    made = BytesIO()
    written.write(made)
    return made.getvalue()
