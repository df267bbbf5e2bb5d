"""Cases: the client, where the case stands, its plan, its steps and what they wait for.

Nothing here decides or journals: whoever changes a case writes the journal entry in the same session. The one
exception is `open_case`, with which a journal begins.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

from psycopg.errors import NotNullViolation, UniqueViolation
from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, Select, func, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, CaseStatus, Client, Code, Holder, Moment, Strict, is_id, new_id
from onboarding.clock import Clock
from onboarding.errors import Conflict, Invalid, NotFound
from onboarding.plan import Plan
from records.journal import APPENDING, Journal
from records.keys import Vault, new_keys
from records.retention import Retention
from records.rows import Row, found
from records.tables import CaseRecord, ClientRecord, WaitRecord


class ReferenceTaken(Conflict):
    """There is already a case with this reference."""

    code = "reference_taken"


class NewCase(Strict):
    """What it takes to open a case. `reference` is the CRM's own opaque id: unique, and no address or name.
    `owner`: a customer-success manager; None is the first of them."""

    client: Client
    playbook: Code
    speed: float = Field(default=1.0, ge=1.0, le=1_000_000.0)
    started_by: str
    owner: str | None = None
    reference: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/-]{1,64}$")] | None = None


class CaseRow(Row):
    """A case without the client's data. `started` is None until its workflow has marked it."""

    id: str
    client_id: str
    playbook: str
    speed: float
    status: CaseStatus
    reason: str | None
    band: Band | None
    owner: str
    started_by: str
    reference: str | None
    facts: dict[str, str]
    due: Moment | None
    created: datetime
    started: datetime | None
    ended_story: datetime | None
    journal_length: int

    @property
    def clock(self) -> Clock:
        """Fixed when the case is opened: its origin is the time at which it was stored."""
        return Clock(origin=self.created, speed=self.speed)


class Filter(Strict):
    """Which cases; what is None does not matter. `waiting_on` asks for an open wait with that holder."""

    status: CaseStatus | None = None
    band: Band | None = None
    playbook: Code | None = None
    owner: str | None = None
    waiting_on: Holder | None = None
    client_id: str | None = None
    reference: str | None = None


class Page(Row):
    """`next` is the cursor of the following page, None on the last."""

    rows: list[CaseRow]
    next: str | None


# client, keys, case and its first entry in one round trip: this is what POST /cases waits for
_STORE = text(f"""
    WITH client AS (
        INSERT INTO clients (id, kind, language, profile) VALUES (:client, :kind, :language, :profile)
    ), keys AS (
        INSERT INTO client_keys (id, client_id, retention, wrapped)
        SELECT id, :client, retention, wrapped
        FROM unnest(CAST(:keys AS varchar[]), CAST(:retentions AS varchar[]), CAST(:wrapped AS bytea[]))
            AS key (id, retention, wrapped)
    ), first_csm AS (
        SELECT id FROM staff WHERE disabled IS NULL AND roles @> '["csm"]' ORDER BY id LIMIT 1
    ), {APPENDING}
    INSERT INTO cases (id, client_id, playbook, speed, status, owner, started_by, reference, created, journal_length)
    VALUES (:case, :client, :playbook, :speed, :status, COALESCE(:owner, (SELECT id FROM first_csm)), :actor,
        :reference, :at, 1)
    RETURNING *, NULL AS due
""")  # noqa: S608  (both parts are ours)


async def open_case(
    session: AsyncSession, journal: Journal, new: NewCase, case_id: str | None = None, *, at: datetime
) -> CaseRow:
    """Stores client, keys, case and the entry `case_opened`, all or nothing; `at` is where the case's clock begins.
    ReferenceTaken on a known reference, NotFound (`nobody_with_role`) where no owner is named and none works here.
    """
    case = {
        "playbook": new.playbook, "speed": new.speed, "status": CaseStatus.STARTING, "owner": new.owner,
        "reference": new.reference,
    }  # fmt: skip
    entry = journal.first(case_id or new_id("case"), actor=new.started_by, what="case_opened", at=at)
    try:
        stored = await session.execute(_STORE, case | entry | await _client_row(journal.vault, new.client))
    except IntegrityError as error:
        raise _refusal(error) from error
    return CaseRow.model_validate(stored.one())


def _refusal(error: IntegrityError) -> Exception:
    if isinstance(error.orig, NotNullViolation):
        return NotFound(code="nobody_with_role")
    return ReferenceTaken() if isinstance(error.orig, UniqueViolation) else error


async def _client_row(vault: Vault, client: Client) -> dict[str, object]:
    client_id = new_id("client")
    keys = new_keys(client_id)
    profile = keys[Retention.PROFILE].seal(client.model_dump_json().encode(), f"profile/{client_id}")
    return {
        "client": client_id, "kind": client.kind, "language": client.language, "profile": profile,
        "keys": [key.id for key in keys.values()], "retentions": list(keys), "wrapped": await vault.wrapped(keys),
    }  # fmt: skip


async def client_of(session: AsyncSession, vault: Vault, case_id: str) -> Client:
    """The client of a case, opened; Erased when the profile's key is gone."""
    result = await session.execute(
        select(ClientRecord.id, ClientRecord.profile)
        .join(CaseRecord, CaseRecord.client_id == ClientRecord.id)
        .where(CaseRecord.id == case_id)
    )
    row = result.one_or_none()
    if row is None:
        raise NotFound(code="case_not_found")
    return Client.model_validate_json(await vault.open(session, row.id, row.profile, f"profile/{row.id}"))


async def set_client(session: AsyncSession, vault: Vault, case_id: str, client: Client) -> None:
    """Replaces the client's data, as when a form was submitted. The kind never changes."""
    row = await found(session, ClientRecord, (await case(session, case_id)).client_id, "client_not_found")
    if row.kind != client.kind:
        raise Conflict(code="client_kind_changed")
    row.language = client.language
    row.profile = await vault.seal(
        session, row.id, Retention.PROFILE, client.model_dump_json().encode(), f"profile/{row.id}"
    )
    await session.flush()


async def case(session: AsyncSession, case_id: str) -> CaseRow:
    return CaseRow.model_validate(await found(session, CaseRecord, case_id, "case_not_found"))


async def of_client(session: AsyncSession, client_id: str) -> list[CaseRow]:
    """Every case of a client, the oldest first."""
    query = select(CaseRecord).where(CaseRecord.client_id == client_id).order_by(CaseRecord.created, CaseRecord.id)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [CaseRow.model_validate(row) for row in rows]


async def by_reference(session: AsyncSession, reference: str) -> CaseRow | None:
    row = (await session.scalars(select(CaseRecord).where(CaseRecord.reference == reference))).one_or_none()
    return CaseRow.model_validate(row) if row else None


async def cases(session: AsyncSession, which: Filter, cursor: str | None = None, limit: int = 50) -> Page:
    """Cases that fit, newest first, in pages. Invalid (`bad_cursor`) on a cursor that we did not give."""
    query = _filtered(which).order_by(CaseRecord.created.desc(), CaseRecord.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(CaseRecord.created, CaseRecord.id) < _from_cursor(cursor))
    rows = [CaseRow.model_validate(row) for row in await session.scalars(query)]
    more = len(rows) > limit
    return Page(rows=rows[:limit], next=_to_cursor(rows[limit - 1]) if more else None)


def _filtered(which: Filter) -> Select[CaseRecord]:
    same: dict[str, object] = which.model_dump(exclude_none=True, exclude={"waiting_on"})
    query = select(CaseRecord).filter_by(**same)
    if which.waiting_on is None:
        return query
    waits = select(WaitRecord.case_id).where(WaitRecord.holder == which.waiting_on)
    return query.where(CaseRecord.id.in_(waits))


def _to_cursor(row: CaseRow) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.created.isoformat(), row.id]).encode()).decode()


def _from_cursor(cursor: str) -> ColumnElement[tuple[datetime, str]]:
    try:
        created, case_id = json.loads(base64.urlsafe_b64decode(cursor))
        if not is_id(case_id, "case"):
            raise ValueError
        return tuple_(datetime.fromisoformat(created).astimezone(UTC), case_id)
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid("This is not a cursor of ours.", code="bad_cursor") from error


async def mark_started(session: AsyncSession, case_id: str) -> None:
    """Says that the workflow runs; the first time counts."""
    await session.execute(
        update(CaseRecord)
        .where(CaseRecord.id == case_id, CaseRecord.started.is_(None))
        .values(started=func.clock_timestamp())
    )


async def unstarted(session: AsyncSession, older_than: timedelta, limit: int = 100) -> list[CaseRow]:
    """Cases that were stored at least `older_than` ago (real time) and whose workflow never said that it runs."""
    rows = await session.scalars(
        select(CaseRecord)
        .where(CaseRecord.started.is_(None), CaseRecord.created < func.clock_timestamp() - older_than)
        .order_by(CaseRecord.created)
        .limit(limit)
    )
    return [CaseRow.model_validate(row) for row in rows]


async def set_status(
    session: AsyncSession,
    case_id: str,
    status: CaseStatus,
    *,
    reason: str | None = None,
    ended: datetime | None = None,
) -> None:
    """`ended` is the story time at which the case ended, with the statuses that end one."""
    await _change(session, case_id, status=status, reason=reason, ended_story=ended)


async def set_plan(session: AsyncSession, case_id: str, plan: Plan) -> None:
    await _change(session, case_id, plan=plan.model_dump(mode="json"), facts=plan.facts)


async def plan(session: AsyncSession, case_id: str) -> Plan:
    """The pinned plan; NotFound (`plan_not_found`) before there is one."""
    row = await found(session, CaseRecord, case_id, "case_not_found")
    if row.plan is None:
        raise NotFound(code="plan_not_found")
    return Plan.model_validate(row.plan)


async def add_facts(session: AsyncSession, case_id: str, facts: dict[str, str]) -> None:
    """Adds to the facts (codes) that conditions rest on; a known name is replaced."""
    row = await found(session, CaseRecord, case_id, "case_not_found")
    row.facts = {**row.facts, **facts}
    await session.flush()


async def set_band(session: AsyncSession, case_id: str, band: Band) -> None:
    await _change(session, case_id, band=band)


async def set_owner(session: AsyncSession, case_id: str, owner: str) -> None:
    await _change(session, case_id, owner=owner)


async def set_case_due(session: AsyncSession, case_id: str, due: Moment) -> None:
    row = await found(session, CaseRecord, case_id, "case_not_found")
    row.due = due
    await session.flush()


async def _change(session: AsyncSession, case_id: str, **values: object) -> None:
    changed = await session.scalars(
        update(CaseRecord).where(CaseRecord.id == case_id).values(**values).returning(CaseRecord.id)
    )
    if changed.one_or_none() is None:
        raise NotFound(code="case_not_found")
