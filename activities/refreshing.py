"""Refreshing: each source of lists is asked for news, and staff hear once of what is not as it should be.

A broken file never replaces a good one, one that loses much waits for two people, and a source that does not answer
leaves its version in force, which grows old and then holds the screenings.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from temporalio import activity

from activities import policies
from activities.letters import render
from activities.notices import House
from activities.seams import MailVendor
from activities.vendors.mail import compose, message_id_of
from activities.vendors.publisher import Mark, Publisher
from kyc.lists import Admission, BrokenList, ListSource, Store
from kyc.screening import Policy
from kyc.screening.admission import admit
from kyc.screening.quality import PoorRecall
from onboarding.errors import NotFound, OnboardingError
from onboarding.watching import ListOrder, Refreshed
from records import lists
from records.database import Database
from records.lists import SourceRow

WATCHES_LISTS = "reviewer"  # the role that hears of a list that is not as it should be


class NoSource(NotFound):
    """The settings name no source of lists by this name."""

    code = "no_source"


class Refresher:
    def __init__(
        self, database: Database, store: Store, sources: Sequence[ListSource], publisher: Publisher, pool: Executor,
        mailer: MailVendor, house: House,
    ) -> None:  # fmt: skip
        self._database = database
        self._store = store
        self._sources = {source.name: source for source in sources}
        self._publisher = publisher
        self._pool = pool
        self._mailer = mailer
        self._house = house

    @activity.defn(name="list_sources")
    async def names(self, order: ListOrder) -> list[str]:
        """The sources that the settings name now."""
        return list(self._sources)

    @activity.defn(name="refresh_list")
    async def refresh(self, order: ListOrder) -> Refreshed:
        """Asks one source. What goes wrong is an answer too: it is kept, told to staff once, and tried again later."""
        source = self._sources.get(order.name)
        if source is None:
            raise NoSource
        async with self._database.session() as session:
            before = await lists.source(session, source.name)
        await self._let_in(source)
        try:
            answer = await self._ask(source, before, order.at)
        except OnboardingError as error:
            answer = Refreshed(name=source.name, state="failed", reason=error.reason)
            async with self._database.session() as session:
                await lists.failed(session, source.name, order.at, error.reason, held=self._held(source))
        await self._alert(source.name)
        return answer

    async def _let_in(self, source: ListSource) -> None:
        """A version that two people have let in since comes in force."""
        answer, held = self._store.answered(source.name), self._held(source)
        if answer and held:
            async with self._database.session() as session:
                people = await lists.released_by(session, held)
            if self._store.release(answer.source, people):
                self._store.answer(source.name, answer.source, datetime.now(UTC))

    async def _ask(self, source: ListSource, before: SourceRow, at: datetime) -> Refreshed:
        if source.remote:
            paths, marks, news = await self._fetch(source, before)
            good = self._good(source)
        else:
            paths, marks, news, good = source.paths, {}, True, True
            at = _changed(source) if paths else at
        if not news and good:
            return await self._unchanged(source, marks, at)
        known = self._current(source)
        admission = await self._admit(source, paths, at)
        return await self._admitted(source, admission, known, marks, at)

    async def _admit(self, source: ListSource, paths: list[Path], at: datetime) -> Admission:
        policy, loop = await self._policy(), asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, admit, self._store, source, paths, at, policy)
        except (BrokenList, PoorRecall):
            if source.remote:  # what is in force did not come from these files: ask for whole ones again
                await asyncio.to_thread(shutil.rmtree, self._fetched(source), ignore_errors=True)
            raise

    def _fetched(self, source: ListSource) -> Path:
        return self._store.folder / "fetched" / source.name

    async def _fetch(self, source: ListSource, before: SourceRow) -> tuple[list[Path], dict[str, object], bool]:
        """The files of a source as they are now, what the publisher calls their state, and whether one is new."""
        folder = self._fetched(source)
        paths, marks, news = [], dict(before.marks), False
        for url in source.files:
            path = folder / _name(url)
            known = before.marks.get(url)
            mark = Mark(**known) if isinstance(known, dict) else Mark()
            fetched = await self._publisher.fetch(url, path, mark)
            if fetched:
                marks[url], news = {"etag": fetched.etag, "modified": fetched.modified}, True
            paths.append(path)
        return paths, marks, news

    def _good(self, source: ListSource) -> bool:
        """Whether what was fetched last is in force, so that nothing new is good news."""
        answer = self._store.answered(source.name)
        return bool(answer and self._store.current(answer.source) and not self._store.held(answer.source))

    def _held(self, source: ListSource) -> str | None:
        """The version that waits for two people, whatever this asking came to."""
        answer = self._store.answered(source.name)
        return self._store.held(answer.source) if answer else None

    def _current(self, source: ListSource) -> str | None:
        answer = self._store.answered(source.name)
        return self._store.current(answer.source) if answer else None

    async def _unchanged(self, source: ListSource, marks: dict[str, object], at: datetime) -> Refreshed:
        answer = self._store.answered(source.name)
        assert answer
        self._store.answer(source.name, answer.source, at)
        async with self._database.session() as session:
            await lists.answered(session, source.name, at, marks=marks, version=self._store.current(answer.source))
        return Refreshed(name=source.name, state="unchanged")

    async def _admitted(
        self, source: ListSource, admission: Admission, known: str | None, marks: dict[str, object], at: datetime
    ) -> Refreshed:
        current, answer = self._current(source), self._store.answered(source.name)
        async with self._database.session() as session:
            if admission.state == "held" and answer:
                await lists.failed(session, source.name, at, "loses_too_much", held=self._held(source), marks=marks)
                return Refreshed(name=source.name, state="held", reason="loses_too_much")
            await lists.answered(session, source.name, at, marks=marks, version=current)
        return Refreshed(name=source.name, state="unchanged" if current == known else "in_force")

    async def _alert(self, name: str) -> None:
        """One mail for each kind of trouble, not one for each asking. A repeated one is the same to the byte."""
        async with self._database.session() as session:
            row = await lists.source(session, name)
            what = f"{row.reason}:{row.held or ''}" if row.reason else None
            if what is None or what == row.alerted or row.failed_since is None:
                return
            await self._mail(row, row.failed_since, what)
            await lists.alerted(session, name, what)

    async def _mail(self, row: SourceRow, since: datetime, what: str) -> None:
        facts = {
            "name": WATCHES_LISTS, "company": self._house.company, "contact": self._house.company,
            "contact_email": "", "product": self._house.product, "list": row.name, "until": "",
            "reason": (row.reason or "").replace("_", " "), "since": f"{since:%d %b %Y %H:%M} UTC",
            "answered": f"{row.answered:%d %b %Y %H:%M} UTC" if row.answered else "never",
            "link": f"{self._house.public_url}/docs#/lists",
        }  # fmt: skip
        await self._mailer.send(
            compose(
                render("staff_list", "en", facts), sender=self._house.sender,
                to=self._house.team.format(role=WATCHES_LISTS), date=since,
                message_id=message_id_of(f"list/{row.name}/{since.isoformat()}/{what}"),
            )
        )  # fmt: skip

    async def _policy(self) -> Policy:
        async with self._database.session() as session:
            return await policies.screening(session)


def _name(url: str) -> str:
    """A file name of its own for each address; its end is the publisher's, which may bear the list's date."""
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{Path(urlsplit(url).path).name or 'list'}"


def _changed(source: ListSource) -> datetime:
    return datetime.fromtimestamp(source.paths[0].stat().st_mtime, UTC)
