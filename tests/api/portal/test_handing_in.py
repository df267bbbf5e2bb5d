"""Forms and documents: nothing is half-stored, a refusal is taken back, and a repeated request is one."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from onboarding.errors import Conflict, StepNotOpen, Unavailable
from records import forms, handed_in
from tests.api.house import FakeEngine
from tests.api.portal.guest import LINES, PDF, Guest, Host, a_company

BIRTH = {"person": {"birth_date": "1971-08-23"}}
TOO_MUCH = 26 * 1024 * 1024


async def form_of(guest: Guest) -> forms.FormRow:
    async with guest.door.database.session() as session:
        return await forms.form(session, guest.door.vault, guest.case, "profile")


async def documents_of(guest: Guest) -> list[handed_in.StoredDocument]:
    async with guest.door.database.session() as session:
        return await handed_in.documents(session, guest.case)


async def test_a_form_is_stored_sealed_and_only_its_code_is_told(guest: Guest) -> None:
    answer = await guest.post("/forms/profile/submission", BIRTH)

    assert (answer.status_code, answer.json()) == (200, {"form": "profile", "status": "taken"})
    assert guest.told() == [("collect", "submit_form", {"form": "profile"})]
    assert (await form_of(guest)).submitted == BIRTH


async def test_a_draft_is_resumed(guest: Guest) -> None:
    await guest.http.put("/api/v1/portal/forms/profile/draft", json={"person": {"phone": "+46700999111"}})

    assert (await guest.get("/forms/profile")).json()["draft"] == {"person": {"phone": "+46700999111"}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"person": {"birth_date": f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"}}, "birth_date_in_future"),
        ({"person": {}}, "birth_date_missing"),
        (BIRTH | {"country": "QQ"}, "unknown_country"),
        (BIRTH | {"timezone": "Mars/Olympus"}, "unknown_timezone"),
        (BIRTH | {"language": "xx"}, "language_invalid"),
        (BIRTH | {"nonsense": 1}, "invalid"),
    ],
)
async def test_a_form_that_cannot_be_is_refused_and_nothing_is_stored(
    guest: Guest, body: dict[str, object], code: str
) -> None:
    answer = await guest.post("/forms/profile/submission", body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert guest.told() == []
    assert (await form_of(guest)).submitted is None


async def test_a_form_that_the_story_refuses_is_a_draft_again(guest: Guest) -> None:
    guest.engine.failures.append(StepNotOpen())

    answer = await guest.post("/forms/profile/submission", BIRTH)

    form = await form_of(guest)
    assert (answer.status_code, answer.json()["code"]) == (409, "step_not_open")
    assert (form.submitted, form.draft) == (None, BIRTH)


async def test_an_outage_takes_nothing_back_and_the_same_request_goes_through(guest: Guest) -> None:
    guest.engine.failures.append(Unavailable())
    first = await guest.post("/forms/profile/submission", BIRTH, key="k")

    again = await guest.post("/forms/profile/submission", BIRTH, key="k")

    assert (first.status_code, again.status_code) == (503, 200)
    assert len(guest.told()) == 1


async def test_the_same_form_under_the_same_key_is_told_once(guest: Guest) -> None:
    await guest.post("/forms/profile/submission", BIRTH, key="k")

    again = await guest.post("/forms/profile/submission", BIRTH, key="k")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(guest.told()) == 1


async def test_another_form_under_the_same_key_is_a_conflict(guest: Guest) -> None:
    await guest.post("/forms/profile/submission", BIRTH, key="k")

    answer = await guest.post("/forms/profile/submission", BIRTH | {"language": "es"}, key="k")

    assert answer.json()["code"] == "idempotency_key_reused"


async def test_a_document_is_stored_and_only_its_id_is_told(guest: Guest) -> None:
    answer = await guest.hands_in(PDF)

    document = answer.json()
    assert (answer.status_code, document["item"], document["state"]) == (201, "identity", "received")
    assert guest.told() == [("collect", "submit_document", {"item": "identity", "document": document["id"]})]
    assert b"".join([chunk async for chunk in guest.door.documents.fetch(document["id"])]) == PDF


async def test_the_zone_that_comes_with_a_picture_is_kept_sealed(guest: Guest) -> None:
    form = {"item": (None, "identity"), "zone": (None, "\n".join(LINES)), "file": ("id.pdf", PDF, "application/pdf")}

    answer = await guest.http.post("/api/v1/portal/documents", files=form, headers=guest.key())

    async with guest.door.database.session() as session:
        said = await handed_in.extracted(session, guest.door.vault, answer.json()["id"])
    assert said == {"lines": LINES}


async def test_a_document_of_an_owner_is_told_apart(host: Host, engine: FakeEngine) -> None:
    guest = Guest(host, engine, await host.opens(a_company()))
    await guest.enters()

    await guest.hands_in(PDF, "identity:1")

    assert [(row.kind, row.party) for row in await documents_of(guest)] == [("identity", "owner_1")]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"MZ\x90\x00 program", 422, "executable"),
        (b"just words", 422, "unknown_type"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript >>"), 422, "pdf_with_program"),
        (PDF + b" " * TOO_MUCH, 413, "too_large"),
    ],
)
async def test_a_bad_file_is_refused_and_not_stored(guest: Guest, data: bytes, status: int, code: str) -> None:
    answer = await guest.hands_in(data)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await documents_of(guest) == []
    assert guest.told() == []


async def test_what_nobody_asked_for_is_refused(guest: Guest) -> None:
    assert (await guest.hands_in(PDF, "love-letter")).json()["code"] == "unknown_item"


async def test_a_document_that_the_story_refuses_is_marked_so(guest: Guest) -> None:
    guest.engine.failures.append(Conflict(code="case_closed"))

    answer = await guest.hands_in(PDF)

    assert answer.status_code == 409
    assert [(row.state, row.reason) for row in await documents_of(guest)] == [("refused", "case_closed")]


async def test_the_same_bytes_under_the_same_key_are_one_document(guest: Guest) -> None:
    first = await guest.hands_in(PDF, key="k")

    again = await guest.hands_in(PDF, key="k")

    assert first.json() == again.json()
    assert len(await documents_of(guest)) == 1


async def test_other_bytes_under_the_same_key_are_a_conflict(guest: Guest) -> None:
    await guest.hands_in(PDF, key="k")

    answer = await guest.hands_in(PDF + b"!", key="k")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_step_that_is_over_takes_nothing(guest: Guest) -> None:
    await guest.host.finishes(guest.case, "collect")

    assert (await guest.hands_in(PDF)).json()["code"] == "step_not_open"
    assert (await guest.post("/forms/profile/submission", BIRTH)).json()["code"] == "step_not_open"


async def test_a_refused_document_comes_back_with_its_reason(guest: Guest) -> None:
    document = (await guest.hands_in(PDF)).json()["id"]
    async with guest.door.database.session() as session:
        await handed_in.set_document_state(session, document, handed_in.DocumentState.REFUSED, "expired")

    listed = (await guest.get("/documents")).json()

    assert listed[0]["why"] == "The document has expired."
    assert listed[0]["mend"] == "Please send one that is still valid."


async def test_what_a_reviewer_asks_for_is_taken_by_the_review(guest: Guest) -> None:
    await guest.host.finishes(guest.case, "collect")
    await guest.host.asks(guest.case, "verify", "more_information", items="proof_of_address")

    await guest.hands_in(PDF, "proof_of_address")

    assert [(step, what) for step, what, _ in guest.told()] == [("verify", "submit_document")]


async def test_nothing_of_the_client_is_in_what_the_story_hears(guest: Guest) -> None:
    await guest.post("/forms/profile/submission", {"person": {"name": "Zephyrine Quillfeather", **BIRTH["person"]}})

    heard = json.dumps([message.model_dump(mode="json") for _, message in guest.engine.heard])
    assert "Zephyrine" not in heard
    assert "1971" not in heard
