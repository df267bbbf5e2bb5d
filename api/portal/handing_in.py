"""Documents that a client hands in: streamed through, stored sealed, and told to the story."""

import re

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.portal.access import Visit, Visiting
from api.portal.asked import DocumentView, asking_step, document_view, wanted
from api.portal.uploads import Upload, take
from api.problems import POSTED, errors
from api.repeats import Key, Repeated, doing_once
from onboarding.errors import Invalid, TooLarge
from records import handed_in
from records.documents import Incoming
from records.handed_in import DocumentState, StoredDocument
from records.idempotency import KeyReused

router = APIRouter()

_ITEM = re.compile(r"([a-z0-9_.-]{1,40})(?::([1-9]\d{0,2}))?")


class UnknownItem(Invalid):
    """This is not among the things that are asked for."""

    code = "unknown_item"


@router.get("/documents")
async def documents(visit: Visiting) -> list[DocumentView]:
    """What was handed in, with its state and, where it was refused, the reason."""
    async with visit.door.database.session() as session:
        rows = await handed_in.documents(session, visit.case.id)
    return [document_view(row, visit.language) for row in rows]


_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MULTIPART = {
    "schema": {
        "type": "object",
        "required": ["item", "file"],
        "properties": {
            "item": {"type": "string", "examples": ["identity"]},
            "zone": {"type": "string", "description": "the machine-readable lines, one on each line"},
            "file": {"type": "string", "format": "binary"},
        },
    }
}
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": _MULTIPART, "application/pdf": _BINARY, "image/jpeg": _BINARY},
    }
}


@router.post(
    "/documents",
    status_code=201,
    response_model=DocumentView,
    responses=errors(*POSTED, TooLarge),
    openapi_extra=UPLOAD_BODY,
)
async def upload(request: Request, visit: Visiting, key: Key, item: str = "") -> Response:
    """Hands in a document: the file itself as the body with `?item=`, or multipart with the file as its last field.

    Items are `identity`, `identity:1` for the first owner, `proof_of_address`, `registration`.
    """
    return await hand_in(visit, await take(request, item), key)


async def hand_in(visit: Visit, upload: Upload, key: str) -> Response:
    """Stores and tells. A repeated upload under its key gets the first answer, if its bytes are the same."""
    kind, party = await _expected(visit, upload.item)
    scope = f"{visit.actor} submit_document"
    try:
        async with doing_once(visit.door, scope, key, upload.item.encode()) as once:
            stored = await _store(visit, upload, kind, party)
            await _hand_on(visit, stored, upload.item, visit.door.message_id(scope, stored.id))
            return await once.answer(document_view(stored, visit.language), 201)
    except Repeated as repeated:
        await _check_same(visit, DocumentView.model_validate_json(repeated.answer.body).id, upload)
        raise


async def _expected(visit: Visit, item: str) -> tuple[str, str | None]:
    """The kind and party that an item code names, when such a thing is asked for in this case."""
    match = _ITEM.fullmatch(item)
    async with visit.door.database.session() as session:
        await asking_step(session, visit.case.id)
        asked = {one.partition(":")[0] for one in await wanted(session, visit)}
    if match is None or match[1] not in asked:
        raise UnknownItem
    return match[1], f"owner_{match[2]}" if match[2] else None


async def _store(visit: Visit, upload: Upload, kind: str, party: str | None) -> StoredDocument:
    incoming = Incoming(
        case_id=visit.case.id, kind=kind, party=party, story=visit.now(), actor=visit.actor,
        declared_type=upload.media_type,
    )  # fmt: skip
    stored = await visit.door.documents.store(incoming, upload.stream)
    if upload.zone:
        async with visit.door.database.session() as session:
            await handed_in.save_extracted(session, visit.door.vault, stored.id, {"lines": [*upload.zone]})
    return stored


async def _hand_on(visit: Visit, stored: StoredDocument, item: str, message_id: str) -> None:
    async def undo(session: AsyncSession, reason: str) -> None:
        await handed_in.set_document_state(session, stored.id, DocumentState.REFUSED, reason)
        await visit.write(session, "document_taken_back", f"back:{stored.id}", reason=reason, document=stored.id)

    async with visit.or_take_back(undo):
        async with visit.door.database.session() as session:
            step = await asking_step(session, visit.case.id)
        await visit.tell(step, "submit_document", {"item": item, "document": stored.id}, message_id)


async def _check_same(visit: Visit, document_id: str, upload: Upload) -> None:
    async with visit.door.database.session() as session:
        known = await handed_in.document(session, document_id)
        digest_key = await visit.door.vault.hmac_key(session, visit.case.client_id, known.retention)
    if await upload.digest(digest_key, known.size) != known.digest:
        raise KeyReused
