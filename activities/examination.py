"""One examination of a client: every party compared with its papers and screened, and what was found kept as signals.

A finding that was kept before is not kept again, so a signal that somebody judged stays judged.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.evidence import SANCTION, Found, Paper, compared, listed
from activities.parties import Party, is_identity, item_of, parties_of
from activities.watchlist import Watchlist
from kyc import mrz
from kyc.screening import Screening
from onboarding.deeds import ABOARD, Place, Screened
from onboarding.errors import OnboardingError
from records import cases, handed_in, signals
from records.database import Database
from records.handed_in import DocumentState
from records.journal import Journal
from records.signals import NewScreening, NewSignal, SignalState

NO_LIST = "none"  # the name of the list where there was none to look at
log = logging.getLogger(__name__)


class Examination:
    def __init__(self, database: Database, journal: Journal, watchlist: Watchlist) -> None:
        self._database = database
        self._journal = journal
        self._watchlist = watchlist

    async def examine(self, order: Place, turn: int, occasion: str) -> Screened:
        """Compares and screens every party. `occasion` tells one examination from the next; the same is the same."""
        async with self._database.session() as session:
            client = await cases.client_of(session, self._journal.vault, order.case)
            papers = await papers_of(session, self._journal, order.case)
        parties = list(parties_of(client))
        found = [each for party in parties for each in compared(party, papers, order.story.date())]
        screenings, held = await self._screen(parties)
        found += [each for screening in screenings for each in listed(screening)]
        async with self._database.session() as session:
            await self._keep_screenings(session, order, turn, occasion, parties, screenings, held)
            await self._keep_findings(session, order, turn, found)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="screening_held" if held else "screened", reason=held,
                story=order.story, key=f"screened:{occasion}:{order.story.isoformat()}",
                detail={"parties": len(parties), "findings": len(found)},
            )  # fmt: skip
            return await _standing(session, order.case, held)

    async def _screen(self, parties: Sequence[Party]) -> tuple[list[Screening], str | None]:
        """The screenings, and why they are not whole."""
        try:
            screenings = await self._watchlist.screen([party.subject() for party in parties], datetime.now(UTC))
        except OnboardingError as error:
            return [], error.reason
        except Exception as error:
            # whatever went wrong, it holds the case: nothing but a whole screening may let it pass
            log.error("a screening failed: %s", type(error).__name__)
            return [], "screening_failed"
        gaps = [gap for screening in screenings for gap in screening.not_covered]
        return screenings, gaps[0] if gaps else None

    async def _keep_screenings(
        self,
        session: AsyncSession,
        order: Place,
        turn: int,
        occasion: str,
        parties: Sequence[Party],
        screenings: Sequence[Screening],
        held: str | None,
    ) -> None:
        done = {screening.subject: screening for screening in screenings}
        for party in parties:
            new = _kept(order, turn, occasion, party.code, done.get(party.code), held)
            await signals.add_screening(session, self._journal.vault, new)

    async def _keep_findings(self, session: AsyncSession, order: Place, turn: int, found: Sequence[Found]) -> None:
        for each in found:
            new = NewSignal(
                case_id=order.case, key=each.key, round=turn, kind=each.kind, code=each.code, party=each.party,
                evidence=each.evidence,
            )  # fmt: skip
            await signals.add_signal(session, self._journal.vault, new)


def _kept(
    order: Place, turn: int, occasion: str, party: str, screening: Screening | None, held: str | None
) -> NewScreening:
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
        evidence=screening.model_dump(mode="json") if screening else None,
    )


async def _standing(session: AsyncSession, case_id: str, held: str | None) -> Screened:
    """What nobody has judged yet; list hits count until somebody clears them."""
    known = await signals.signals(session, case_id)
    return Screened(
        signals=[row.id for row in known if row.state is SignalState.OPEN],
        sanctions=[row.id for row in known if row.kind == SANCTION and row.state is not SignalState.CLEARED],
        held=held,
    )


async def papers_of(session: AsyncSession, journal: Journal, case_id: str) -> list[Paper]:
    """The accepted identity documents with the lines of their zones."""
    papers = []
    for document in await handed_in.documents(session, case_id):
        if document.state is DocumentState.ACCEPTED and is_identity(item_of(document)):
            said = await handed_in.extracted(session, journal.vault, document.id) or {}
            lines = said.get("lines")
            papers.append(Paper(document, [str(line) for line in lines] if isinstance(lines, list) else []))
    return papers


def expiries(papers: Sequence[Paper], today: date) -> list[date]:
    """When the identity documents expire, as far as their zones say."""
    days = (mrz.read(paper.lines, today).fields.expiry_date for paper in papers if paper.lines)
    return [day for day in days if day]
