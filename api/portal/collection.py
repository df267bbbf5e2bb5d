"""What a client hands in: forms with drafts, and documents that stream in. The story says whether they are awaited."""

import re
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import things, words
from activities.parties import item_of, required
from activities.profile import completed
from api.portal.access import Visit, Visiting
from api.portal.uploads import Upload, take
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key, Repeated, doing_once
from onboarding.case import Code, Holder, StepState, Strict
from onboarding.errors import Invalid, NotFound, StepNotOpen, TooLarge
from onboarding.plan import Collect, Kind
from records import cases, forms, handed_in, steps, tasks
from records.documents import Incoming
from records.handed_in import DocumentState, StoredDocument
from records.idempotency import KeyReused
from records.rows import Row

router = APIRouter()

_ASKED = {"collect", "more_information"}
_ITEM = re.compile(r"([a-z0-9_.-]{1,40})(?::([1-9]\d{0,2}))?")


class UnknownItem(Invalid):
    """This is not among the things that are asked for."""

    code = "unknown_item"


class PersonForm(Strict):
    """What is left out stays as it is known. The e-mail address is where links go to: staff change it."""

    name: str | None = Field(default=None, max_length=300)
    given_names: str | None = Field(default=None, max_length=300)
    family_name: str | None = Field(default=None, max_length=300)
    birth_date: str | None = Field(default=None, max_length=10, examples=["1990-04-12"])
    nationality: str | None = Field(default=None, max_length=2)
    phone: str | None = Field(default=None, max_length=32)
    document_number: str | None = Field(default=None, max_length=40)
    address: dict[str, JsonValue] | None = None


class CompanyForm(Strict):
    """`owners` replaces the whole list; each has a `person` and a `share` such as `25%` or `1/3`."""

    name: str | None = Field(default=None, max_length=300)
    registration_number: str | None = Field(default=None, max_length=60)
    country: str | None = Field(default=None, max_length=2)
    address: dict[str, JsonValue] | None = None
    owners: list[dict[str, JsonValue]] | None = Field(default=None, max_length=100)


class Profile(Strict):
    """The profile form of a person, or of a company with its owners."""

    person: PersonForm | None = None
    company: CompanyForm | None = None
    country: str | None = Field(default=None, max_length=2)
    language: str | None = Field(default=None, max_length=2)
    timezone: str | None = Field(default=None, max_length=64)

    def said(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


class FormView(Row):
    """`known` is what we know so far, `draft` what was saved and not sent yet."""

    form: str
    known: dict[str, Any]
    draft: dict[str, Any] | None
    saved: datetime | None
    submitted_at: datetime | None


class Submitted(Row):
    """`status` is `taken`, or `kept` while the case is paused."""

    form: str
    status: str


class DocumentView(Row):
    """`why` and `mend` say in the client's language why it was refused and what to do."""

    id: str
    item: str
    title: str
    state: DocumentState
    reason: str | None
    why: str | None
    mend: str | None
    media_type: str
    size: int
    uploaded: datetime


class ItemView(Row):
    """One thing that is asked for. `state` is `missing`, or the state of the newest document."""

    item: str
    title: str
    kind: str
    state: str
    why: str | None = None
    mend: str | None = None


# ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/forms/{form}", responses=errors(*ABOUT_ONE))
async def form(form: Code, visit: Visiting) -> FormView:
    """The form as it stands, to be filled in or resumed."""
    return await form_view(visit, form)


@router.put("/forms/{form}/draft", status_code=204, responses=errors(*ABOUT_ONE))
async def draft(form: Code, body: Profile, visit: Visiting) -> None:
    """Saves what is filled in so far; the last draft counts."""
    await save_draft(visit, form, body)


@router.post("/forms/{form}/submission", response_model=Submitted, responses=errors(*POSTED, *ABOUT_ONE))
async def submission(form: Code, body: Profile, visit: Visiting, key: Key) -> Response:
    """Sends the form. What cannot be is refused at once, with a reason code, and nothing is stored."""
    return await submit_form(visit, form, body, key)


async def form_view(visit: Visit, form: str) -> FormView:
    async with visit.door.database.session() as session:
        await _collects(session, visit, form)
        row = await forms.form(session, visit.door.vault, visit.case.id, form)
    known = visit.client.model_dump(mode="json", exclude={"person": {"email"}})
    return FormView(form=form, known=known, draft=row.draft, saved=row.saved, submitted_at=row.submitted_at)


async def save_draft(visit: Visit, form: str, body: Profile) -> None:
    async with visit.door.database.session() as session:
        await _collects(session, visit, form)
        await forms.save_draft(session, visit.door.vault, visit.case.id, form, body.said())


async def submit_form(visit: Visit, form: str, body: Profile, key: str) -> Response:
    async with visit.door.database.session() as session:
        collect = await _collects(session, visit, form)
    completed(visit.client, body.said(), visit.now().date(), needs_owners=collect.needs_owners)

    async def work(message_id: str) -> Submitted:
        return await _submit(visit, form, body.said(), message_id)

    return await visit.once(f"submit_form {form}", key, body, work)


async def _submit(visit: Visit, form: str, content: dict[str, Any], message_id: str) -> Submitted:
    vault, case = visit.door.vault, visit.case.id
    async with visit.door.database.session() as session:
        step = await asking_step(session, case)
        before = await forms.form(session, vault, case, form)
        await forms.submit(session, vault, case, form, content)
        await visit.write(session, "form_submitted", message_id, form=form)

    async def undo(session: AsyncSession, reason: str) -> None:
        await forms.take_back(session, vault, case, form, submitted=before.submitted, draft=content)
        await visit.write(session, "form_taken_back", f"back:{message_id}", reason=reason, form=form)

    async with visit.or_take_back(undo):
        receipt = await visit.tell(step, "submit_form", {"form": form}, message_id)
    return Submitted(form=form, status=receipt.status)


async def _collects(session: AsyncSession, visit: Visit, form: str) -> Collect:
    plan = await cases.plan(session, visit.case.id)
    for planned in plan.steps:
        if planned.step.collect and planned.step.collect.form == form:
            return planned.step.collect
    raise NotFound(code="form_not_found")


# ── documents ──────────────────────────────────────────────────────────────────────────────────────────────────────
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
_UPLOAD_BODY = {
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
    openapi_extra=_UPLOAD_BODY,
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


# ── what is asked for ──────────────────────────────────────────────────────────────────────────────────────────────
async def asking_step(session: AsyncSession, case_id: str) -> str:
    """The step that takes what a client hands in: the one that asks now, else one that is open. StepNotOpen."""
    asking = [task.step for task in await _asking(session, case_id)]
    taking = [
        row.key
        for row in await steps.steps(session, case_id)
        if row.state is StepState.OPEN and row.kind in (Kind.COLLECTION, Kind.VERIFICATION)
    ]
    if not asking and not taking:
        raise StepNotOpen
    return [*asking, *taking][0]


async def wanted(session: AsyncSession, visit: Visit) -> list[str]:
    """The codes of all forms and documents that this case has asked for so far."""
    plan = await cases.plan(session, visit.case.id)
    collects = [planned.step.collect for planned in plan.steps if planned.step.collect and planned.state == "planned"]
    items = [item for collect in collects for item in required(collect, visit.client)]
    for task in await _asking(session, visit.case.id):
        items += [item for item in str(task.resources.get("items", "")).split(",") if item]
    kinds = [code for collect in collects for code in collect.documents.get(visit.client.kind, [])]
    return list(dict.fromkeys(items)) if visit.client.kind == "person" else list(dict.fromkeys([*items, *kinds]))


async def items_of(session: AsyncSession, visit: Visit) -> list[ItemView]:
    """Everything that is asked for, the form first, with the state of each."""
    rows = {item_of(row): row for row in await handed_in.documents(session, visit.case.id)}
    views = []
    for item in await wanted(session, visit):
        kind = item.partition(":")[0]
        if kind == "identity" and item == "identity" and visit.client.kind == "company" and _owners(visit):
            continue
        views.append(await _item_view(session, visit, item, rows.get(item)))
    return views


async def _item_view(session: AsyncSession, visit: Visit, item: str, row: StoredDocument | None) -> ItemView:
    title = things.item(item, visit.language)
    if row is None:
        known = await forms.form(session, visit.door.vault, visit.case.id, item)
        is_form = item == "profile"
        return ItemView(
            item=item,
            title=title,
            kind="form" if is_form else "document",
            state=DocumentState.RECEIVED if known.submitted is not None else "missing",
        )
    reason = words.explain(row.reason, visit.language) if row.reason else None
    return ItemView(
        item=item, title=title, kind="document", state=row.state,
        why=reason and reason.why, mend=reason and reason.mend,
    )  # fmt: skip


def document_view(row: StoredDocument, language: str) -> DocumentView:
    reason = words.explain(row.reason, language) if row.reason else None
    return DocumentView(
        id=row.id, item=item_of(row), title=things.item(item_of(row), language), state=row.state, reason=row.reason,
        why=reason and reason.why, mend=reason and reason.mend, media_type=row.media_type, size=row.size,
        uploaded=row.uploaded,
    )  # fmt: skip


async def _asking(session: AsyncSession, case_id: str) -> list[tasks.TaskRow]:
    held = await tasks.tasks(session, case_id=case_id, state="open", holder=Holder.CLIENT)
    return [task for task in held if task.code in _ASKED]


def _owners(visit: Visit) -> int:
    return len(visit.client.company.owners) if visit.client.company else 0
