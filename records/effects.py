"""The effects ledger: every deed in the outside world is done once, and can name its own undoing.

A deed is first noted as *intended* in a transaction of its own. Then, under an advisory lock on its key, the caller
looks outside for it and only acts when it is not there; the receipt and the journal entry are one transaction. Killed
anywhere and run again, it is done once. What was intended and never settled counts as done when a case is undone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.errors import Conflict, Invalid, NotFound, OnboardingError
from records.database import Database
from records.journal import Journal
from records.rows import Row, found
from records.tables import EffectRecord, Facts


@dataclass(frozen=True)
class EffectKind:
    """A kind of deed: by what it is found outside, how it is undone (None: it cannot be), and what is promised."""

    name: str
    found_by: str
    undo: str | None
    at_most: str


KINDS: dict[str, EffectKind] = {
    kind.name: kind
    for kind in (
        EffectKind("mail", "Message-ID", None, "a repeat is byte-identical and keeps its Message-ID"),
        EffectKind("account", "SCIM externalId", "deactivate_and_delete_account", "one account"),
        EffectKind("membership", "SCIM group members", "leave_group", "one membership"),
        EffectKind("envelope", "S3 key and agreement row", "void_envelope", "one envelope"),
        EffectKind("seal", "S3 key of the signed document", None, "one sealed document"),
        EffectKind("certificate", "S3 key of the certificate", None, "one certificate of completion"),
        EffectKind("identity_check", "our reference at the vendor", "close_identity_check", "one inquiry"),
        EffectKind("event", "calendar UID", "cancel_event", "one event"),
    )
}


class EffectState(StrEnum):
    INTENDED = "intended"
    DONE = "done"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


class EffectUndone(Conflict):
    """This deed was taken back; it is not done again under the same key."""

    code = "effect_undone"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Intent(_Frozen):
    """What is to be done. `detail` and `undo_args` hold ids and codes only."""

    key: str
    kind: str
    case_id: str
    step: str
    story: datetime
    actor: str
    detail: Facts = Field(default_factory=dict)
    undo_args: Facts = Field(default_factory=dict)


class Receipt(_Frozen):
    """What the outside world answered: its id for the deed, and facts in ids and codes."""

    id: str
    detail: Facts = Field(default_factory=dict)


class Undo(Row):
    """One undoing of the plan. `receipt_id` is None when the deed was intended only: look for it outside."""

    key: str
    kind: str
    case_id: str
    step: str
    state: EffectState
    undo: str
    undo_args: Facts
    receipt_id: str | None
    receipt: Facts | None


class EffectRow(Row):
    """A line of the ledger."""

    key: str
    kind: str
    case_id: str
    step: str
    actor: str
    story: datetime
    state: EffectState
    attempts: int
    error: str | None
    detail: Facts
    undo: str | None
    undo_args: Facts
    receipt_id: str | None
    receipt: Facts | None
    intended: datetime
    settled: datetime | None


Look = Callable[[], Awaitable[Receipt | None]]
Act = Callable[[], Awaitable[Receipt]]


class Effects:
    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def perform(self, effect: Intent, look: Look, act: Act) -> Receipt:
        """Does the deed once. `look` finds it outside by its natural key, `act` does it.

        Both are called with the lock held and outside any transaction. What they raise goes through; the effect
        stays *intended* and keeps the error's reason code.
        """
        await self._intend(effect)
        async with self._database.lock(effect.key):
            done = await self._receipt(effect.key)
            if done is not None:
                return done
            try:
                receipt = await look() or await act()
            except Exception as error:
                await self._failed(effect.key, error)
                raise
            await self._settle(effect, receipt)
            return receipt

    async def undo(self, effect: Undo, deed: Callable[[], Awaitable[object]], *, actor: str, story: datetime) -> bool:
        """Takes a deed back under its lock; False, and noted with the reason, when `deed` raises one of our errors.

        `deed` must treat "not there" as success. A second call does nothing.
        """
        async with self._database.lock(effect.key):
            async with self._database.session() as session:
                if (await effect_row(session, effect.key)).state is EffectState.UNDONE:
                    return True
            try:
                await deed()
            except OnboardingError as error:
                async with self._database.session() as session:
                    await self.undo_failed(session, effect.key, error.reason, actor=actor, story=story)
                return False
            async with self._database.session() as session:
                await self.undone(session, effect.key, actor=actor, story=story)
            return True

    async def undone(self, session: AsyncSession, key: str, *, actor: str, story: datetime) -> None:
        """Notes, with its journal entry, that a deed was taken back."""
        row = await _moved(session, key, EffectState.UNDONE, error=None)
        await self._journal.write(
            session, row.case_id, actor=actor, what="effect_undone", reason=row.kind, story=story,
            key=f"undone:{key}", effect=key, detail={"undo": row.undo},
        )  # fmt: skip

    async def undo_failed(self, session: AsyncSession, key: str, reason: str, *, actor: str, story: datetime) -> None:
        """Notes, with a journal entry for each try, that a deed could not be taken back."""
        row = await _moved(session, key, EffectState.UNDO_FAILED, error=reason)
        await self._journal.write(
            session, row.case_id, actor=actor, what="effect_undo_failed", reason=reason, story=story,
            effect=key, detail={"undo": row.undo},
        )  # fmt: skip

    async def _intend(self, effect: Intent) -> None:
        kind = KINDS.get(effect.kind)
        if kind is None:
            raise Invalid(code="unknown_effect_kind")
        values = effect.model_dump() | {"state": EffectState.INTENDED, "undo": kind.undo, "attempts": 1}
        statement = insert(EffectRecord).values(**values)
        async with self._database.session() as session:
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=["key"],
                    set_={"attempts": EffectRecord.attempts + 1},
                    where=EffectRecord.state == EffectState.INTENDED,
                )
            )

    async def _receipt(self, key: str) -> Receipt | None:
        async with self._database.session() as session:
            row = await effect_row(session, key)
        if row.state is EffectState.INTENDED:
            return None
        if row.state is not EffectState.DONE or row.receipt_id is None:
            raise EffectUndone
        return Receipt(id=row.receipt_id, detail=row.receipt or {})

    async def _failed(self, key: str, error: Exception) -> None:
        code = error.reason if isinstance(error, OnboardingError) else type(error).__name__
        async with self._database.session() as session:
            await session.execute(update(EffectRecord).where(EffectRecord.key == key).values(error=code))

    async def _settle(self, effect: Intent, receipt: Receipt) -> None:
        """Receipt, state and journal entry, in one transaction."""
        async with self._database.session() as session:
            await session.execute(
                update(EffectRecord)
                .where(EffectRecord.key == effect.key)
                .values(
                    state=EffectState.DONE, error=None, settled=func.clock_timestamp(),
                    receipt_id=receipt.id, receipt=receipt.detail,
                )
            )  # fmt: skip
            await self._journal.write(
                session, effect.case_id, actor=effect.actor, what="effect_done", reason=effect.kind,
                story=effect.story, key=f"effect:{effect.key}", effect=effect.key,
                detail={"step": effect.step, "receipt": receipt.id, **effect.detail},
            )  # fmt: skip


async def effect_row(session: AsyncSession, key: str) -> EffectRow:
    return EffectRow.model_validate(await found(session, EffectRecord, key, "effect_not_found"))


async def of_case(session: AsyncSession, case_id: str) -> list[EffectRow]:
    """The whole ledger of a case, in the order in which the deeds were intended."""
    rows = await session.scalars(
        select(EffectRecord)
        .where(EffectRecord.case_id == case_id)
        .order_by(EffectRecord.order)
        .execution_options(populate_existing=True)
    )
    return [EffectRow.model_validate(row) for row in rows]


async def undo_plan(session: AsyncSession, case_id: str) -> list[Undo]:
    """What a withdrawal would undo, the last deed first; *intended* counts as done, a failed undoing is tried again."""
    open_states = (EffectState.INTENDED, EffectState.DONE, EffectState.UNDO_FAILED)
    rows = await session.scalars(
        select(EffectRecord)
        .where(EffectRecord.case_id == case_id, EffectRecord.undo.is_not(None), EffectRecord.state.in_(open_states))
        .order_by(EffectRecord.order.desc())
        .execution_options(populate_existing=True)
    )
    return [Undo.model_validate(row) for row in rows]


async def _moved(session: AsyncSession, key: str, state: EffectState, error: str | None) -> EffectRecord:
    rows = await session.scalars(
        update(EffectRecord)
        .where(EffectRecord.key == key)
        .values(state=state, error=error, settled=func.clock_timestamp())
        .returning(EffectRecord)
        .execution_options(populate_existing=True)
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound(code="effect_not_found")
    return row
