"""What the judgement found in a case: signals, screenings, ratings. Evidence is sealed (class `kyc`)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, Code, Strict, new_id
from onboarding.errors import Conflict
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, seal, unseal
from records.tables import CaseRecord, RatingRecord, ScreeningRecord, SignalRecord


class SignalState(StrEnum):
    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


class AlreadyJudged(Conflict):
    """Somebody judged this signal differently before."""

    code = "already_judged"


class NewSignal(Strict):
    """`key` names the finding in its case: found again in the same round it is the same signal."""

    case_id: str
    key: str
    round: int
    kind: Code
    code: Code
    party: Code | None = None
    evidence: Content


class SignalRow(Row):
    id: str
    case_id: str
    round: int
    party: str | None
    kind: str
    code: str
    state: SignalState
    reason: str | None
    judged_by: str | None
    judged_at: datetime | None
    created: datetime


class NewScreening(Strict):
    """`outcome`: clear, hits or held. A held one says why in `held` and is never clear."""

    case_id: str
    key: str
    round: int
    party: Code
    list_name: Code
    list_version: str | None = None
    outcome: Code
    held: Code | None = None
    hits: int = 0
    evidence: Content | None = None


class ScreeningRow(Row):
    id: str
    round: int
    party: str
    list_name: str
    list_version: str | None
    outcome: str
    held: str | None
    hits: int
    at: datetime


class OneScreening(ScreeningRow):
    case_id: str


class NewRating(Strict):
    """`factors`: a list of codes with their points and values in codes, for all to read. `occasion` tells one rating
    of a case from the next; `round` is that of the review it was made for, 0 for Monitoring."""

    case_id: str
    occasion: str
    round: int
    band: Band
    points: float
    factors: list[Content]
    policy: Code
    policy_version: str


class RatingRow(Row):
    id: str
    round: int
    band: Band
    points: float
    factors: list[Content]
    policy: str
    policy_version: str
    at: datetime


async def add_signal(session: AsyncSession, vault: Vault, new: NewSignal) -> str:
    """The id of the signal; the one of this key when there is one."""
    context = f"signal/{new.case_id}/{new.key}"
    evidence = await seal(session, vault, new.case_id, Retention.KYC, new.evidence, context)
    values = new.model_dump(exclude={"evidence"}) | {"id": new_id("signal"), "state": SignalState.OPEN}
    statement = insert(SignalRecord).values(**values, evidence=evidence)
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "key"]))
    known = select(SignalRecord.id).where(SignalRecord.case_id == new.case_id, SignalRecord.key == new.key)
    return (await session.scalars(known)).one()


async def signal(session: AsyncSession, signal_id: str) -> SignalRow:
    return SignalRow.model_validate(await found(session, SignalRecord, signal_id, "signal_not_found"))


async def signals(session: AsyncSession, case_id: str, state: SignalState | None = None) -> list[SignalRow]:
    query = select(SignalRecord).where(SignalRecord.case_id == case_id).order_by(SignalRecord.created)
    if state is not None:
        query = query.where(SignalRecord.state == state)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [SignalRow.model_validate(row) for row in rows]


async def of_client(session: AsyncSession, client_id: str) -> list[SignalRow]:
    """What was found in any case of a client, the oldest first."""
    query = select(SignalRecord).join(CaseRecord, CaseRecord.id == SignalRecord.case_id)
    query = query.where(CaseRecord.client_id == client_id).order_by(SignalRecord.created)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [SignalRow.model_validate(row) for row in rows]


async def keys_in(session: AsyncSession, case_ids: Sequence[str], state: SignalState | None = None) -> set[str]:
    """What the findings of these cases are known by."""
    query = select(SignalRecord.key).where(SignalRecord.case_id.in_(case_ids))
    return set(await session.scalars(query if state is None else query.where(SignalRecord.state == state)))


async def evidence(session: AsyncSession, vault: Vault, signal_id: str) -> Content | None:
    row = await found(session, SignalRecord, signal_id, "signal_not_found")
    return await unseal(session, vault, row.case_id, row.evidence, f"signal/{row.case_id}/{row.key}")


async def judge(session: AsyncSession, signal_id: str, state: SignalState, *, reason: str, reviewer: str) -> None:
    """Clears or confirms a signal. The same judgement again changes nothing; another one is AlreadyJudged."""
    judged = await session.scalars(
        update(SignalRecord)
        .where(SignalRecord.id == signal_id, SignalRecord.state == SignalState.OPEN)
        .values(state=state, reason=reason, judged_by=reviewer, judged_at=func.clock_timestamp())
        .returning(SignalRecord.id)
    )
    if judged.one_or_none() is None and (await signal(session, signal_id)).state is not state:
        raise AlreadyJudged


async def close(session: AsyncSession, signal_id: str, *, reason: str, reviewer: str) -> None:
    """Clears a signal that was confirmed, once what it rests on is gone. Twice is the same as once."""
    await session.execute(
        update(SignalRecord)
        .where(SignalRecord.id == signal_id, SignalRecord.state == SignalState.CONFIRMED)
        .values(state=SignalState.CLEARED, reason=reason, judged_by=reviewer, judged_at=func.clock_timestamp())
    )


async def add_screening(session: AsyncSession, vault: Vault, new: NewScreening) -> str:
    sealed = None
    if new.evidence is not None:
        context = f"screening/{new.case_id}/{new.key}"
        sealed = await seal(session, vault, new.case_id, Retention.KYC, new.evidence, context)
    values = new.model_dump(exclude={"evidence"}) | {"id": new_id("screening"), "evidence": sealed}
    await session.execute(
        insert(ScreeningRecord).values(**values).on_conflict_do_nothing(index_elements=["case_id", "key"])
    )
    known = select(ScreeningRecord.id).where(ScreeningRecord.case_id == new.case_id, ScreeningRecord.key == new.key)
    return (await session.scalars(known)).one()


async def screenings(session: AsyncSession, case_id: str) -> list[ScreeningRow]:
    rows = await session.scalars(
        select(ScreeningRecord).where(ScreeningRecord.case_id == case_id).order_by(ScreeningRecord.at)
    )
    return [ScreeningRow.model_validate(row) for row in rows]


async def screening(session: AsyncSession, screening_id: str) -> OneScreening:
    """NotFound (`screening_not_found`)."""
    return OneScreening.model_validate(await found(session, ScreeningRecord, screening_id, "screening_not_found"))


async def screening_evidence(session: AsyncSession, vault: Vault, screening_id: str) -> Content | None:
    row = await found(session, ScreeningRecord, screening_id, "screening_not_found")
    return await unseal(session, vault, row.case_id, row.evidence, f"screening/{row.case_id}/{row.key}")


async def add_rating(session: AsyncSession, new: NewRating) -> str:
    """The id of the rating; the first one of an occasion stays."""
    statement = insert(RatingRecord).values(id=new_id("rating"), **new.model_dump())
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "occasion"]))
    known = select(RatingRecord.id).where(RatingRecord.case_id == new.case_id, RatingRecord.occasion == new.occasion)
    return (await session.scalars(known)).one()


def after_review(step: str, review_id: str) -> str:
    """The occasion of the rating that is made at the end of a review."""
    return f"{step}:review:{review_id}"


async def band_after(session: AsyncSession, case_id: str, review_id: str) -> Band | None:
    """What the policy gave at the end of a review; None before."""
    query = select(RatingRecord.band).where(
        RatingRecord.case_id == case_id, RatingRecord.occasion.contains(f":review:{review_id}", autoescape=True)
    )
    band = await session.scalar(query.order_by(RatingRecord.at.desc()).limit(1))
    return Band(band) if band else None


async def ratings(session: AsyncSession, case_id: str) -> list[RatingRow]:
    """In the order in which they were made."""
    rows = await session.scalars(select(RatingRecord).where(RatingRecord.case_id == case_id).order_by(RatingRecord.at))
    return [RatingRow.model_validate(row) for row in rows]
