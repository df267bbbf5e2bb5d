"""Looking back: a list has changed; which clients does that concern? Their Monitoring is told to look again."""

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import policies
from activities.parties import parties_of
from kyc.lists import Entry, Kind, ListSource, ListVersion, NoVersion, Store, diff
from kyc.screening import Index, Policy
from kyc.screening.changes import Changed
from kyc.screening.reverse import Hashing
from kyc.screening.shapes import Holders
from onboarding.errors import Gone, Tampered
from onboarding.watching import ListOrder, LookedBack
from records import cases, lists, watching
from records.database import Database
from records.journal import Journal
from records.watching import NewStir, WatchedRow

LIST_CHANGED = "list_changed"


class LookBack:
    def __init__(
        self, database: Database, journal: Journal, store: Store, sources: Sequence[ListSource], hashing: Hashing
    ) -> None:
        self._database = database
        self._journal = journal
        self._store = store
        self._sources = sources
        self._hashing = hashing

    @activity.defn(name="look_back")
    async def look_back(self, order: ListOrder) -> LookedBack:
        """Compares the version in force with the one that clients were compared with last.

        Who comes into question by the hashes is screened against what changed; whoever is hit by it, or was hit by
        what is gone, is to be looked at again. Kept with the mark of the version in one transaction.
        """
        answer = self._store.answered(order.name)
        current = self._store.current(answer.source) if answer else None
        async with self._database.session() as session:
            before = (await lists.source(session, order.name)).swept
            policy = await policies.screening(session)
        if current is None or current == before:
            return LookedBack()
        changed = await asyncio.to_thread(self._changed, before, current)
        async with self._database.session() as session:
            rows = await self.in_question(session, changed, policy)
            concerned = await self._hit(session, changed, rows, policy)
            new = [
                NewStir(client_id=row.client_id, case_id=row.case_id, cause=LIST_CHANGED, key=f"list:{current}")
                for row in concerned
            ]
            stirred = await watching.stir(session, new)
            await lists.swept(session, order.name, current)
        return LookedBack(changed=len(changed), in_question=len(rows), stirred=stirred)

    async def concerned(self, session: AsyncSession, entries: Sequence[Entry], policy: Policy) -> list[WatchedRow]:
        """One row of each client of whom a party matches one of these entries now."""
        return await self._hit(session, entries, await self.in_question(session, entries, policy), policy)

    async def in_question(self, session: AsyncSession, changed: Sequence[Entry], policy: Policy) -> list[WatchedRow]:
        """One row of each client whom these entries may concern, by its hashes alone."""
        return await self.touched_by(session, await asyncio.to_thread(self.taken_apart, changed, policy))

    def taken_apart(self, changed: Sequence[Entry], policy: Policy) -> Changed:
        with _uncollected():
            return Changed(changed, self._hashing, policy)

    async def touched_by(self, session: AsyncSession, change: Changed) -> list[WatchedRow]:
        """The same, of a change that was taken apart already."""
        with _uncollected():
            words = await asyncio.to_thread(change.touch, await watching.touched(session, change.keys))
            holders = (Holders(Kind(each.kind), *each[1:]) for each in await watching.holders(session, words))
            alike = await asyncio.to_thread(change.in_question, holders)
            alike |= await asyncio.to_thread(change.closer, await watching.words(session, change.doubtful))
            rows = await watching.watched(session, alike.union(await watching.whole(session, change.wholes)))
        return list({row.client_id: row for row in rows}.values())

    def _changed(self, before: str | None, current: str) -> list[Entry]:
        """What is new or says something else, and what is gone."""
        after = self._store.open(current)
        try:
            old = self._store.open(before) if before else None
        except NoVersion:  # the folder was lost or laid out anew: all of it may be news
            old = None
        if old is None:
            return list(after.entries)
        change = diff(old, after)
        come, gone = {*change.added, *change.changed}, set(change.removed)
        return [e for e in after.entries if e.id in come] + [e for e in old.entries if e.id in gone]

    async def _hit(
        self, session: AsyncSession, changed: Sequence[Entry], rows: Sequence[WatchedRow], policy: Policy
    ) -> list[WatchedRow]:
        """Those whose parties match one of the entries."""
        if not rows:
            return []
        now = datetime.now(UTC)
        entries = tuple(sorted(changed, key=lambda entry: entry.id))
        with TemporaryDirectory(prefix="aboard-change-") as folder:
            version = ListVersion("change", "change", entries, now)
            index = await asyncio.to_thread(Index.build, [version], Path(folder) / "index")
            return [row for row in rows if await self._matches(session, index, row, policy, now)]

    async def _matches(
        self, session: AsyncSession, index: Index, row: WatchedRow, policy: Policy, now: datetime
    ) -> bool:
        try:
            client = await cases.client_of(session, self._journal.vault, row.case_id)
        except Gone:
            return False
        except Tampered:
            return True  # who cannot be screened is not clear
        subjects = [party.subject() for party in parties_of(client, now.date())]
        return await asyncio.to_thread(lambda: any(index.screen(each, policy, now).hits for each in subjects))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector: it would go again and again through millions of numbers in lists that last as long
    as this does and hold no cycles. Counting references frees them as ever."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
