"""Forms: a draft that can be resumed, and what was submitted; both sealed under the client's profile key."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from records.keys import Vault
from records.retention import Retention
from records.rows import Row
from records.sealing import Content, seal, unseal
from records.tables import FormRecord


class FormRow(Row):
    form: str
    draft: Content | None
    saved: datetime | None
    submitted: Content | None
    submitted_at: datetime | None


async def save_draft(session: AsyncSession, vault: Vault, case_id: str, form: str, content: Content) -> None:
    """Keeps what is filled in so far; the last draft counts."""
    draft = await seal(session, vault, case_id, Retention.PROFILE, content, _context(case_id, form))
    await _store(session, case_id, form, {"draft": draft, "saved": func.clock_timestamp()})


async def submit(session: AsyncSession, vault: Vault, case_id: str, form: str, content: Content) -> None:
    """Keeps what was submitted and drops the draft."""
    submitted = await seal(session, vault, case_id, Retention.PROFILE, content, _context(case_id, form))
    values = {"submitted": submitted, "submitted_at": func.clock_timestamp(), "draft": None, "saved": None}
    await _store(session, case_id, form, values)


async def take_back(
    session: AsyncSession, vault: Vault, case_id: str, form: str, *, submitted: Content | None, draft: Content
) -> None:
    """Undoes a submission that nobody wanted: what was submitted before counts again, what was sent is the draft."""
    context = _context(case_id, form)
    before = await seal(session, vault, case_id, Retention.PROFILE, submitted, context) if submitted else None
    kept = await seal(session, vault, case_id, Retention.PROFILE, draft, context)
    values: dict[str, object] = {"submitted": before, "draft": kept, "saved": func.clock_timestamp()}
    await _store(session, case_id, form, values if submitted else values | {"submitted_at": None})


async def form(session: AsyncSession, vault: Vault, case_id: str, form: str) -> FormRow:
    """The form of a case; an empty one before anything was saved."""
    row = await session.get(FormRecord, (case_id, form), populate_existing=True)
    if row is None:
        return FormRow(form=form, draft=None, saved=None, submitted=None, submitted_at=None)
    context = _context(case_id, form)
    return FormRow(
        form=form,
        draft=await unseal(session, vault, case_id, row.draft, context),
        saved=row.saved,
        submitted=await unseal(session, vault, case_id, row.submitted, context),
        submitted_at=row.submitted_at,
    )


async def _store(session: AsyncSession, case_id: str, form: str, values: Mapping[str, object]) -> None:
    statement = insert(FormRecord).values(case_id=case_id, form=form, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["case_id", "form"], set_=values))


def _context(case_id: str, form: str) -> str:
    return f"form/{case_id}/{form}"
