"""Documents through the staff's door: handed in for a client, listed, read by those who may."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from api.door import Door
from onboarding.case import Holder, Role
from onboarding.errors import Conflict
from records import cases, tasks
from records.documents import LIMIT
from records.objects import Bucket
from records.tasks import NewTask
from tests.api.house import Caller, FakeEngine, Staff, a_request, planned

PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4096


@pytest.fixture
def bucket(s3_bucket: Bucket) -> Bucket:
    return s3_bucket


@pytest.fixture
async def case_id(desk: Caller, door: Door) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    await planned(door, case_id, opened=["collect"])
    async with door.database.session() as session:
        story = (await cases.case(session, case_id)).created
        task = NewTask(
            case_id=case_id, step="collect", key="1", code="collect", role="client", holder=Holder.CLIENT,
            opened_story=story,
        )  # fmt: skip
        await tasks.open_task(session, task)
    return case_id


async def hands_in(
    caller: Caller,
    case_id: str,
    content: object = PNG,
    media: str = "image/png",
    key: str = "d",
    item: str = "identity",
) -> httpx2.Response:
    headers = {"Idempotency-Key": key, "Content-Type": media}
    path = f"/api/v1/cases/{case_id}/documents?item=identity"
    return await caller.http.post(path, content=content, headers=headers)  # type: ignore[arg-type]


async def test_staff_hand_in_for_a_client_in_their_own_name(
    desk: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    answer = await hands_in(desk, case_id)

    [listed] = (await desk.get(f"/cases/{case_id}/documents")).json()["documents"]
    assert answer.status_code == 201, answer.text
    assert (listed["id"], listed["media_type"], listed["size"]) == (answer.json()["id"], "image/png", len(PNG))
    [(workflow, message)] = engine.heard
    assert (workflow, message.what, message.actor) == (f"onboarding-{case_id}/collect", "submit_document", desk.id)


async def test_the_same_upload_again_is_the_same_document(desk: Caller, engine: FakeEngine, case_id: str) -> None:
    first, second = await hands_in(desk, case_id), await hands_in(desk, case_id)
    other = await hands_in(desk, case_id, PDF, "application/pdf")

    assert first.json() == second.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(engine.heard) == 1


async def test_the_same_key_in_another_case_is_another_upload(desk: Caller, door: Door, case_id: str) -> None:
    first = await hands_in(desk, case_id)
    other_case = str((await desk.post("/cases", a_request())).json()["case"])

    second = await hands_in(desk, other_case)

    assert first.status_code == 201
    assert "identity" not in second.json().get("id", "")
    assert second.json().get("id") != first.json()["id"]


async def test_a_reviewer_reads_the_bytes_and_the_journal_says_so(
    desk: Caller, staff: Staff, door: Door, case_id: str
) -> None:
    document = (await hands_in(desk, case_id)).json()["id"]
    reviewer = await staff.who_is(Role.REVIEWER)

    answer = await reviewer.get(f"/documents/{document}/content")

    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == f'attachment; filename="{document}.png"'
    timeline = (await desk.get(f"/cases/{case_id}")).json()["timeline"]
    assert [(e["actor"], e["reason"]) for e in timeline if e["what"] == "document_read"] == [(reviewer.id, "identity")]


async def test_an_unknown_document_is_not_found(desk: Caller) -> None:
    answer = await desk.get("/documents/document_0000000000000000000z/content")

    assert (answer.status_code, answer.json()["code"]) == (404, "document_not_found")


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"", "application/pdf", 422, "empty_file"),
        (b"MZ\x90\x00" * 64, "application/pdf", 422, "executable"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction 3 0 R /JavaScript 2 0 R"), "application/pdf", 422, None),
        (b"just words", "text/plain", 422, "unknown_type"),
    ],
)
async def test_a_bad_file_is_refused_with_its_reason(
    desk: Caller, engine: FakeEngine, case_id: str, content: bytes, media: str, status: int, code: str | None
) -> None:
    answer = await hands_in(desk, case_id, content, media)

    assert answer.status_code == status
    assert answer.json()["code"] == (code or answer.json()["code"])
    assert engine.heard == []
    assert (await desk.get(f"/cases/{case_id}/documents")).json()["documents"] == []


async def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(desk: Caller, case_id: str) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    headers = {"Idempotency-Key": "big", "Content-Type": "image/png", "Content-Length": str(2 * 1024**3)}

    answer = await desk.http.post(f"/api/v1/cases/{case_id}/documents?item=identity", content=never(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_file_that_grows_too_large_leaves_nothing(desk: Caller, engine: FakeEngine, case_id: str) -> None:
    async def growing() -> AsyncIterator[bytes]:
        yield PNG
        for _ in range(LIMIT // 1_000_000 + 2):
            yield bytes(1_000_000)

    answer = await hands_in(desk, case_id, growing())

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await desk.get(f"/cases/{case_id}/documents")).json()["documents"] == []


async def test_what_the_story_refuses_is_marked_refused(desk: Caller, engine: FakeEngine, case_id: str) -> None:
    engine.failures.append(Conflict(code="step_not_open"))

    answer = await hands_in(desk, case_id)

    [listed] = (await desk.get(f"/cases/{case_id}/documents")).json()["documents"]
    assert (answer.status_code, listed["state"], listed["reason"]) == (409, "refused", "step_not_open")
