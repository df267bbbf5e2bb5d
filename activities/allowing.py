"""Allowances: a hit that two people know to be another party raises no signal, as long as nothing changed.

Changed means: what is compared of the party or the entry, a strength that another algorithm or policy raises, a day
that is past. Then the allowance ends by itself and the hit is a signal that somebody judges anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from kyc.lists import Entry
from kyc.screening import Hit
from kyc.screening.replay import Past, matching_hash
from onboarding.deeds import ABOARD, Place
from onboarding.errors import Conflict, Invalid
from onboarding.reasons import check_reason
from records import allowances, basis, signals
from records.allowances import AllowanceRow, AllowanceState, NewAllowance
from records.journal import Journal
from records.sealing import client_id_of
from records.signals import SignalRow, SignalState

LONGEST = timedelta(days=366)  # a client is looked at anew once a year where the risk is high (AMLR Art. 26)
_ENDED = (AllowanceState.REOPENED, AllowanceState.EXPIRED, AllowanceState.REVOKED)
Why = Literal["allowance_expired", "party_or_entry_changed", "strength_raised"]


class NotCleared(Conflict):
    """Only a list hit that a reviewer has cleared can be allowed from then on."""

    code = "signal_not_cleared"


class HitIsGone(Conflict):
    """The last screening of this party did not find this entry."""

    code = "hit_is_gone"


class ExpiryTooFar(Invalid):
    """An allowance ends in the future, and within a year."""

    code = "expiry_out_of_range"


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


async def propose(
    session: AsyncSession, journal: Journal, signal: SignalRow, *, reason: str, expires: datetime, actor: str,
    story: datetime,
) -> str:  # fmt: skip
    """Proposes to pass over a cleared hit from now on; it waits for a second person. The id of the allowance."""
    if signal.state is not SignalState.CLEARED:
        raise NotCleared
    check_reason(signal.kind, "cleared", reason)
    if not story < expires <= story + LONGEST:
        raise ExpiryTooFar
    past, hit = await _last_hit(session, journal, signal)
    new = NewAllowance(
        case_id=signal.case_id, client_id=await client_id_of(session, signal.case_id), signal_id=signal.id,
        party=past.asked.id, entry=hit.entry, matching=matching_hash(past.asked, record_of(past, hit.entry)),
        strength=hit.strength, policy=past.screening.policy, reason=reason, proposed_by=actor, expires_story=expires,
    )  # fmt: skip
    return await allowances.propose(session, journal.vault, new)


async def _last_hit(session: AsyncSession, journal: Journal, signal: SignalRow) -> tuple[Past, Hit]:
    """What the last screening of the signal's party says of the signal's entry."""
    shown = await signals.evidence(session, journal.vault, signal.id) or {}
    for row in await basis.last_screenings(session, journal.vault, signal.case_id):
        if row.party == signal.party and row.evidence:
            past = Past.model_validate(row.evidence)
            for hit in past.screening.hits:
                if hit.entry == shown.get("entry") and hit.entry in past.records:
                    return past, hit
    raise HitIsGone
