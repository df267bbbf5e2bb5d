"""Allowances in use: a hit that two people know to be another party raises no signal, as long as nothing changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from kyc.lists import Entry
from kyc.screening import Hit
from kyc.screening.replay import Past, matching_hash
from onboarding.deeds import ABOARD, Place
from records import allowances
from records.allowances import AllowanceRow, AllowanceState
from records.journal import Journal
from records.sealing import client_id_of

_ENDED = (AllowanceState.REOPENED, AllowanceState.EXPIRED, AllowanceState.REVOKED)
Why = Literal["allowance_expired", "party_or_entry_changed", "strength_raised"]


@dataclass
class PassedOver:
    """Of one party: `allowed` is entry → the allowance that covers it, `ended` entry → the one that no longer does."""

    allowed: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)

    def key(self, key: str, entry: str) -> str:
        """The key of a hit's signal: after an allowance ended it is another one, so that somebody judges it again."""
        return f"{key}:after:{self.ended[entry]}" if entry in self.ended else key


async def pass_over(session: AsyncSession, journal: Journal, order: Place, past: Past) -> PassedOver:
    """Which hits of a party are allowed. An allowance that no longer holds is ended here, and the journal says why."""
    client_id = await client_id_of(session, order.case)
    known = [row for row in await allowances.of_client(session, client_id) if row.party == past.asked.id]
    found = PassedOver()
    for hit in past.screening.hits if known else ():
        row = _last(known, hit)
        if row is None:
            continue
        if row.state is AllowanceState.IN_FORCE:
            why = await _over(session, journal, order, past, hit, row)
            if why is None:
                found.allowed[hit.entry] = row.id
                continue
            await _end(session, journal, order, row, why)
        found.ended[hit.entry] = row.id
    return found


def _last(known: Sequence[AllowanceRow], hit: Hit) -> AllowanceRow | None:
    """The allowance that counts for a hit: the one in force, else the last one that ended."""
    mine = [row for row in known if row.entry == hit.entry and row.state is not AllowanceState.PROPOSED]
    standing = [row for row in mine if row.state is AllowanceState.IN_FORCE]
    found = standing or [row for row in mine if row.state in _ENDED]
    return found[-1] if found else None


async def _over(
    session: AsyncSession, journal: Journal, order: Place, past: Past, hit: Hit, row: AllowanceRow
) -> Why | None:
    """Why an allowance no longer holds; None when it does."""
    if order.story >= row.expires_story:
        return "allowance_expired"
    record = past.records.get(hit.entry)
    if record is None or await mark_of(session, journal, row.client_id, past, hit.entry) != row.matching:
        return "party_or_entry_changed"
    return "strength_raised" if hit.strength > row.strength else None


async def mark_of(session: AsyncSession, journal: Journal, client_id: str, past: Past, entry: str) -> str:
    """The keyed hash over what is compared of a party and one of its hits."""
    matching = matching_hash(past.asked, record_of(past, entry))
    return await allowances.mark(session, journal.vault, client_id, matching)


def record_of(past: Past, entry: str) -> Entry:
    """The record of a hit as it was screened against."""
    return Entry.from_raw(past.records[entry])


async def _end(session: AsyncSession, journal: Journal, order: Place, row: AllowanceRow, why: Why) -> None:
    state = AllowanceState.EXPIRED if why == "allowance_expired" else AllowanceState.REOPENED
    await allowances.end(session, row.id, state, why)
    await journal.write(
        session, order.case, actor=ABOARD, what=f"allowance_{state}", reason=why, story=order.story,
        key=f"allowance:{row.id}:{state}", detail={"step": order.step, "entry": row.entry},
    )  # fmt: skip
