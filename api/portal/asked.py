"""What is asked of a client now, and what became of what they handed in."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import things, words
from activities.owners import to_verify
from activities.parties import item_of, required
from api.portal.access import Visit
from api.views import example
from onboarding.case import Holder, StepState
from onboarding.errors import StepNotOpen
from onboarding.plan import Kind
from records import cases, forms, handed_in, steps, tasks
from records.handed_in import DocumentState, StoredDocument
from records.rows import Row

_ASKED = {"collect", "more_information"}


class DocumentView(Row):
    """`why` and `mend` say in the client's language why it was refused and what to do."""

    model_config = example(
        {
            "id": "document_5r7t1y6z4x8k2m9q0w3e",
            "item": "identity",
            "title": "Passport or identity card",
            "state": "refused",
            "reason": "expired",
            "why": "This document has expired.",
            "mend": "Please send one that is valid.",
            "media_type": "application/pdf",
            "size": 48211,
            "uploaded": "2026-03-02T09:00:00Z",
        }
    )

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
    items = [item for collect in collects for item in required(collect, visit.client, visit.now().date())]
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
    """How many owners prove who they are."""
    return len(to_verify(visit.client.company, visit.now().date())) if visit.client.company else 0
