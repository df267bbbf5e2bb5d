"""Tasks: one thing that one person must do; and notes. A task's state is decided by a workflow and kept here."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Code, Holder, Moment, Strict, new_id
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import client_id_of
from records.tables import Facts, NoteRecord, TaskRecord

# duties that the end of a step or a case takes from nobody
LASTING = ("condition_met", "blocking_report_filed", "near_miss_looked_at", "late_vendor_event_looked_at")


class NewTask(Strict):
    """`key` makes opening it twice the same as once: unique in its step. `resources` are codes and ids."""

    case_id: str
    step: Code
    key: str
    code: Code
    role: Code
    holder: Holder
    owner: str | None = None
    due: Moment | None = None
    opened_story: datetime
    resources: Facts = Field(default_factory=dict)
    exit_criterion: Code | None = None


class TaskRow(Row):
    id: str
    case_id: str
    step: str
    key: str
    code: str
    role: str
    owner: str | None
    holder: Holder
    state: str
    due: Moment | None
    opened_story: datetime
    closed_story: datetime | None
    resolution: str | None
    resources: Facts
    exit_criterion: str | None


class NoteRow(Row):
    id: str
    case_id: str
    author: str
    text: str
    created: datetime


async def open_task(session: AsyncSession, new: NewTask) -> str:
    """The id of the task; the one that was opened under this key before, when there is one."""
    due = new.due
    values = new.model_dump(exclude={"due"}) | {
        "id": new_id("task"), "state": "open",
        "due_nominal": due and due.nominal, "due_effective": due and due.effective, "due_reason": due and due.reason,
    }  # fmt: skip
    await session.execute(insert(TaskRecord).values(**values).on_conflict_do_nothing())
    known = await session.scalars(
        select(TaskRecord.id).where(
            TaskRecord.case_id == new.case_id, TaskRecord.step == new.step, TaskRecord.key == new.key
        )
    )
    return known.one()


async def close_task(
    session: AsyncSession, task_id: str, *, resolution: str, story: datetime, state: str = "done"
) -> bool:
    """Ends an open task as `done` or `cancelled`; False when it was over already, which then stands."""
    await task(session, task_id)
    closed = await session.scalars(
        update(TaskRecord)
        .where(TaskRecord.id == task_id, TaskRecord.state == "open")
        .values(state=state, resolution=resolution, closed_story=story)
        .returning(TaskRecord.id)
    )
    return closed.one_or_none() is not None


async def cancel_tasks(
    session: AsyncSession, case_id: str, *, story: datetime, resolution: str, step: str | None = None
) -> list[str]:
    """Cancels the open tasks of a case, or of one step of it, but for those that last, and names them."""
    lasts = func.coalesce(TaskRecord.exit_criterion, "").in_(LASTING)
    query = update(TaskRecord).where(TaskRecord.case_id == case_id, TaskRecord.state == "open", ~lasts)
    if step is not None:
        query = query.where(TaskRecord.step == step)
    cancelled = query.values(state="cancelled", resolution=resolution, closed_story=story).returning(TaskRecord.id)
    return list(await session.scalars(cancelled))


async def assign_task(session: AsyncSession, task_id: str, owner: str) -> None:
    (await found(session, TaskRecord, task_id, "task_not_found")).owner = owner
    await session.flush()


async def set_task_due(session: AsyncSession, task_id: str, due: Moment) -> None:
    (await found(session, TaskRecord, task_id, "task_not_found")).due = due
    await session.flush()


async def task(session: AsyncSession, task_id: str) -> TaskRow:
    return TaskRow.model_validate(await found(session, TaskRecord, task_id, "task_not_found"))


async def tasks(
    session: AsyncSession,
    *,
    case_id: str | None = None,
    step: str | None = None,
    state: str | None = None,
    owner: str | None = None,
    holder: Holder | None = None,
    roles: Sequence[str] | None = None,
    limit: int = 200,
) -> list[TaskRow]:
    """Tasks that fit, the first due first; `roles` are the roles of which one must be asked for."""
    query = select(TaskRecord).order_by(TaskRecord.due_effective.nulls_last(), TaskRecord.created).limit(limit)
    for column, value in (
        (TaskRecord.case_id, case_id), (TaskRecord.step, step), (TaskRecord.state, state),
        (TaskRecord.owner, owner), (TaskRecord.holder, holder),
    ):  # fmt: skip
        query = query if value is None else query.where(column == value)
    if roles is not None:
        query = query.where(TaskRecord.role.in_(roles))
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [TaskRow.model_validate(row) for row in rows]


async def add_note(
    session: AsyncSession,
    vault: Vault,
    case_id: str,
    *,
    author: str,
    text: str,
    key: str | None = None,
    confidential: bool = False,
) -> str:
    """Keeps free text, sealed (class `contact`), and answers its id. The same `key` in a case is the same note.

    A `confidential` one is a reviewer's: it is kept as long as the KYC file (class `kyc`) and never among `notes`.
    """
    client_id = await client_id_of(session, case_id)
    note_id = new_id("note")
    retention = Retention.KYC if confidential else Retention.CONTACT
    sealed = await vault.seal(session, client_id, retention, text.encode(), f"note/{note_id}")
    statement = insert(NoteRecord).values(
        id=note_id, case_id=case_id, key=key, author=author, text=sealed, confidential=confidential
    )
    await session.execute(statement.on_conflict_do_nothing())
    if key is None:
        return note_id
    known = await session.scalars(select(NoteRecord.id).where(NoteRecord.case_id == case_id, NoteRecord.key == key))
    return known.one()


async def remove_note(session: AsyncSession, note_id: str) -> None:
    """Takes a note back, as when what it belonged to was refused."""
    await session.execute(delete(NoteRecord).where(NoteRecord.id == note_id))


async def note(session: AsyncSession, vault: Vault, note_id: str) -> NoteRow:
    row = await found(session, NoteRecord, note_id, "note_not_found")
    client_id = await client_id_of(session, row.case_id)
    return await _opened(session, vault, client_id, row)


async def notes(session: AsyncSession, vault: Vault, case_id: str) -> list[NoteRow]:
    """The notes of a case, the oldest first, but for confidential ones: they are for reviewers alone."""
    client_id = await client_id_of(session, case_id)
    rows = await session.scalars(
        select(NoteRecord)
        .where(NoteRecord.case_id == case_id, NoteRecord.confidential.is_(False))
        .order_by(NoteRecord.created)
    )
    return [await _opened(session, vault, client_id, row) for row in rows]


async def _opened(session: AsyncSession, vault: Vault, client_id: str, row: NoteRecord) -> NoteRow:
    text = await vault.open(session, client_id, row.text, f"note/{row.id}")
    return NoteRow(id=row.id, case_id=row.case_id, author=row.author, text=text.decode(), created=row.created)
