"""One examination of a client: every party compared with its papers and screened, and what was found kept as signals.

A finding that was kept before is not kept again, so a signal that somebody judged stays judged.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities import policies, whole
from activities.allowing import PassedOver, pass_over
from activities.evidence import (
    OFFICE,
    SANCTION,
    SANCTIONS,
    Checked,
    Found,
    Paper,
    blocked,
    compared,
    file_of,
    listed,
    of_lists,
    owned,
)
from activities.media import Media
from activities.parties import Party, is_identity, item_of, parties_of
from activities.registry import Registry
from activities.watchlist import Watchlist
from kyc import mrz
from kyc.lists import Entry
from kyc.screening import Hit, Screening, Subject
from kyc.screening.replay import Past
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import Screened
from onboarding.errors import OnboardingError
from records import cases, evidence_files, handed_in, identity_checks, signals
from records import policies as kept_policies
from records.cases import CaseRow
from records.database import Database
from records.handed_in import DocumentState
from records.journal import Journal
from records.keys import Vault
from records.retention import Retention
from records.sealing import client_id_of
from records.signals import NewScreening, NewSignal, SignalState

NO_LIST = "none"  # the name of the list where there was none to look at
log = logging.getLogger(__name__)


class Examination:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        watchlist: Watchlist,
        media: Media | None = None,
        registry: Registry | None = None,
    ) -> None:
        self._database = database
        self._journal = journal
        self._watchlist = watchlist
        self._media = media or Media(None)
        self._registry = registry or Registry(None)

    async def examine(self, order: Place, turn: int, occasion: str, beside: Sequence[CaseRow] = ()) -> Screened:
        """Compares and screens every party. `occasion` tells one examination from the next; the same is the same.

        What was handed in, checked and judged in the cases `beside` of the same client counts as if it were here.
        """
        known = [order.case, *(case.id for case in beside)]
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            papers = await papers_of(session, self._journal, known)
            key = await media_key(session, self._journal.vault, order.case)
            checked = await checks_of(session, self._journal.vault, known)
        today = order.story.date()
        parties = list(parties_of(client, today))
        looks = await self._registry.look_up(parties, key)
        columns, found = looks.columns, looks.found
        for party in parties:
            found += compared(party, papers, today, checked.get(party.code), columns[party.code])
        found += owned(client.company, today) if client.company else []
        pasts, held = await self._screen(parties)
        press = await self._media.search(parties, key)
        found, held = [*found, *press.found], held or press.held or looks.held
        async with self._database.session() as session:
            passed = {past.asked.id: await pass_over(session, self._journal, order, past) for past in pasts}
            found += [each for past in pasts for each in _raised(past, passed[past.asked.id])]
            pasts = [past.model_copy(update={"allowed": passed[past.asked.id].allowed}) for past in pasts]
            await self._keep_screenings(session, order, turn, occasion, parties, pasts, held)
            await self._keep_findings(session, order, turn, found, known)
            if client.company:
                hits = await self._standing_hits(session, known, pasts, passed)
                await self._keep_findings(session, order, turn, list(blocked(client.company, hits)), known)
            others = {code: [column] for code, column in columns.items()}
            for past in pasts:
                others[past.asked.id] += of_lists(past)
            kept = file_of(client, parties, papers, today, checked, others)
            kept |= {"media": press.searched, "registry": looks.kept}
            await evidence_files.keep(session, self._journal.vault, order.case, occasion, turn, kept)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="screening_held" if held else "screened", reason=held,
                story=order.story, key=f"screened:{occasion}:{order.story.isoformat()}",
                detail={"parties": len(parties), "findings": len(found)},
            )  # fmt: skip
            return await _standing(session, order.case, beside, held)

    async def _screen(self, parties: Sequence[Party]) -> tuple[list[Past], str | None]:
        """The screenings by the policy in force, and why they are not whole."""
        try:
            subjects, now = [party.subject() for party in parties], datetime.now(UTC)
            async with self._database.session() as session:
                policy = await policies.screening(session)
                await kept_policies.keep(session, policies.of_screening(policy))
            screenings = await self._watchlist.screen(subjects, now, policy)
            records = await self._watchlist.records(screenings)
        except OnboardingError as error:
            return [], error.reason
        except Exception as error:
            # whatever went wrong, it holds the case: nothing but a whole screening may let it pass
            log.error("a screening failed: %s", type(error).__name__)
            return [], "screening_failed"
        gaps = [gap for screening in screenings for gap in screening.not_covered]
        pasts = [_past(asked, now, each, records) for asked, each in zip(subjects, screenings, strict=True)]
        return pasts, gaps[0] if gaps else None

    async def _keep_screenings(
        self,
        session: AsyncSession,
        order: Place,
        turn: int,
        occasion: str,
        parties: Sequence[Party],
        pasts: Sequence[Past],
        held: str | None,
    ) -> None:
        done = {past.asked.id: past for past in pasts}
        for party in parties:
            new = _kept(order, turn, occasion, party.code, done.get(party.code), held)
            await signals.add_screening(session, self._journal.vault, new)

    async def _keep_findings(
        self, session: AsyncSession, order: Place, turn: int, found: Sequence[Found], known: Sequence[str]
    ) -> None:
        """What was found in another case of the client is judged there, or was."""
        elsewhere = await signals.keys_in(session, known[1:])
        for each in [each for each in found if each.key not in elsewhere]:
            new = NewSignal(
                case_id=order.case, key=each.key, round=turn, kind=each.kind, code=each.code, party=each.party,
                evidence=each.evidence,
            )  # fmt: skip
            await signals.add_signal(session, self._journal.vault, new)

    async def _standing_hits(
        self, session: AsyncSession, known: Sequence[str], pasts: Sequence[Past], passed: Mapping[str, PassedOver]
    ) -> dict[str, list[Hit]]:
        """By party, the entries of sanctions lists that match it and that no reviewer has cleared."""
        cleared = await signals.keys_in(session, known, SignalState.CLEARED)
        found: dict[str, list[Hit]] = {}
        for past in pasts:
            over = passed[past.asked.id]
            for each, hit in zip(listed(past), past.screening.hits, strict=True):
                judged = hit.entry in over.allowed or over.key(each.key, hit.entry) in cleared
                if each.kind == SANCTION and not judged:
                    found.setdefault(past.asked.id, []).append(hit)
        return found


def _past(asked: Subject, now: datetime, screening: Screening, records: Mapping[str, Entry]) -> Past:
    entries = {hit.entry: records[hit.entry] for hit in screening.hits if hit.entry in records}
    raw = {number: json.loads(entry.to_json()) for number, entry in entries.items()}
    return Past(asked=asked, now=now, screening=screening, records=raw)


def _raised(past: Past, over: PassedOver) -> Iterator[Found]:
    """The findings of a screening, without those that are allowed."""
    for each, hit in zip(listed(past), past.screening.hits, strict=True):
        if hit.entry not in over.allowed:
            yield replace(each, key=over.key(each.key, hit.entry))


def _kept(order: Place, turn: int, occasion: str, party: str, past: Past | None, held: str | None) -> NewScreening:
    screening = past.screening if past else None
    gap = screening.not_covered[0] if screening and screening.not_covered else None
    why = gap if screening else held
    used = screening.lists[0] if screening and screening.lists else None
    version = used.version if used else None
    return NewScreening(
        case_id=order.case,
        key=f"{occasion}:{party}:{version}:{why}",
        round=turn,
        party=party,
        list_name=used.source if used else NO_LIST,
        list_version=version,
        outcome="held" if why or screening is None else screening.outcome,
        held=why,
        hits=len(screening.hits) if screening else 0,
        evidence=past.model_dump(mode="json") if past else None,
    )


async def _standing(session: AsyncSession, case_id: str, beside: Sequence[CaseRow], held: str | None) -> Screened:
    """What nobody has judged yet; list hits count until somebody clears them. What the verification of another case
    has still to judge is not for whoever asks here."""
    own = await cases.case(session, case_id)
    ours = await whole.judged_by_monitoring(session, [own, *beside])
    found = await signals.of_client(session, own.client_id) if beside else await signals.signals(session, case_id)
    known = [row for row in found if row.case_id in ours or row.state is SignalState.CONFIRMED]
    return Screened(
        signals=[row.id for row in known if row.state is SignalState.OPEN],
        sanctions=[row.id for row in known if row.kind in SANCTIONS and row.state is not SignalState.CLEARED],
        offices=[row.id for row in known if row.kind == OFFICE and row.state is not SignalState.CLEARED],
        held=held,
    )


async def checks_of(session: AsyncSession, vault: Vault, case_ids: Sequence[str]) -> dict[str, Checked]:
    """What an identity vendor made of each party, as far as it has come to an end; the last of several cases."""
    found = [row for case_id in case_ids for row in (await identity_checks.of_case(session, case_id)).values()]
    settled = sorted(((row.settled, row) for row in found if row.settled), key=lambda each: each[0])
    rows = {row.party: row for _, row in settled}
    results = {code: await identity_checks.result(session, vault, row.id) for code, row in rows.items()}
    return {code: Checked(row.id, row.state, results[code].said, results[code].reasons) for code, row in rows.items()}


async def media_key(session: AsyncSession, vault: Vault, case_id: str) -> bytes:
    """The client's own key under which articles are named."""
    return await vault.hmac_key(session, await client_id_of(session, case_id), Retention.KYC)


async def papers_of(session: AsyncSession, journal: Journal, case_ids: Sequence[str]) -> list[Paper]:
    """The accepted identity documents with the lines of their zones; of several cases the last one of each item, which
    replaces those before as it would in one case."""
    accepted = [
        document
        for case_id in case_ids
        for document in await handed_in.documents(session, case_id)
        if document.state is DocumentState.ACCEPTED and is_identity(item_of(document))
    ]
    newest = {item_of(each): each.case_id for each in sorted(accepted, key=lambda each: each.uploaded)}
    papers = []
    for document in accepted:
        if document.case_id == newest[item_of(document)]:
            said = await handed_in.extracted(session, journal.vault, document.id) or {}
            lines, page = said.get("lines"), said.get("page")
            read = [str(line) for line in lines] if isinstance(lines, list) else []
            papers.append(Paper(document, read, page if isinstance(page, int) else 1))
    return papers


def expiries(papers: Sequence[Paper], today: date) -> list[date]:
    """When the identity documents expire, as far as their zones say."""
    days = (mrz.read(paper.lines, today).fields.expiry_date for paper in papers if paper.lines)
    return [day for day in days if day]
