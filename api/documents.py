"""Documents: what was handed in, its bytes for those who may read them, and handing in for a client."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.access import Caseworker, DocumentReader, Reader, TheDoor
from api.door import Door
from api.portal.access import Visit
from api.portal.asked import DocumentView
from api.portal.handing_in import UPLOAD_BODY, hand_in
from api.portal.uploads import take
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key
from api.views import CASE_ID, Id, example
from records import cases, handed_in, openings
from records.handed_in import StoredDocument
from records.links import Purpose, SessionRow
from records.staff import StaffRow

router = APIRouter(tags=["documents"])

_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/heic": "heic",
    "image/webp": "webp",
}


class DocumentList(BaseModel):
    model_config = example(
        {
            "documents": [
                {
                    "id": "document_7t1y6z4x8k2m9q0w3e5r",
                    "case_id": CASE_ID,
                    "kind": "identity",
                    "party": None,
                    "state": "accepted",
                    "reason": None,
                    "media_type": "application/pdf",
                    "size": 48213,
                    "digest": "5d41",
                    "retention": "kyc",
                    "uploaded_story": "2026-03-02T10:00:00Z",
                    "uploaded": "2026-03-02T10:00:00Z",
                }
            ]
        }
    )

    documents: list[StoredDocument]


@dataclass(frozen=True)
class OnBehalf(Visit):
    """A member of staff who hands in for a client, in their own name."""

    staff: str = ""

    @property
    def actor(self) -> str:
        return self.staff


@router.get(
    "/cases/{case_id}/documents",
    response_model=DocumentList,
    responses=errors(*ABOUT_ONE),
    summary="Documents of a case in the order in which they came",
)
async def list_documents(door: TheDoor, caller: Reader, case_id: Id) -> DocumentList:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        return DocumentList(documents=await handed_in.documents(session, case_id))


@router.get(
    "/documents/{document_id}/content",
    response_class=StreamingResponse,
    responses={**errors(*ABOUT_ONE), 200: {"content": {"application/octet-stream": {}}, "description": "The document"}},
    summary="The document itself; reading it is journaled",
)
async def read_document(door: TheDoor, caller: DocumentReader, document_id: Id) -> StreamingResponse:
    async with door.database.session() as session:
        row = await handed_in.document(session, document_id)
    chunks = door.documents.fetch(document_id)
    first = await anext(chunks)  # what is gone, erased or changed is told before anything is sent
    await _note_reading(door, row, caller)
    headers = {
        "Content-Disposition": f'attachment; filename="{row.id}.{_EXTENSIONS.get(row.media_type, "bin")}"',
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_joined(first, chunks), media_type=row.media_type, headers=headers)


@router.post(
    "/cases/{case_id}/documents",
    status_code=201,
    response_model=DocumentView,
    responses=errors(*POSTED, *ABOUT_ONE),
    openapi_extra=UPLOAD_BODY,
    summary="Hand in a document for a client",
)
async def hand_in_for_client(
    request: Request, door: TheDoor, caller: Caseworker, case_id: Id, key: Key, item: str = ""
) -> Response:
    """The file itself as the body with `?item=`, or multipart with the file as its last field; it is streamed."""
    # a key of staff is theirs in every case; the same one may come in two of them
    return await hand_in(await _on_behalf(door, case_id, caller), await take(request, item), f"{case_id}/{key}")


async def _on_behalf(door: Door, case_id: str, caller: StaffRow) -> OnBehalf:
    now = datetime.now(UTC)
    no_session = SessionRow(
        case_id=case_id, link_id="", purpose=Purpose.PORTAL, subject=None, idle_until=now, expires=now
    )
    async with door.database.session() as session:
        case = await cases.case(session, case_id)
        client = await cases.client_of(session, door.vault, case_id)
    return OnBehalf(door=door, secret="", session=no_session, case=case, client=client, staff=caller.id)


async def _note_reading(door: Door, row: StoredDocument, caller: StaffRow) -> None:
    async with door.database.session() as session:
        story = (await cases.case(session, row.case_id)).clock.story(datetime.now(UTC))
        await openings.opened(session, row.case_id, caller.id, "document", [row.id])
        await door.journal.write(
            session,
            row.case_id,
            actor=caller.id,
            what="document_read",
            reason=row.kind,
            story=story,
            detail={"document": row.id},
        )


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
