"""What a decision rested on, sealed (class `kyc`), with a digest that the journal of the case vouches for.

The digest is an HMAC whose key is sealed with the content: an auditor who is given both can prove one by the other, and
once the client's key is destroyed the digest that stays says nothing.
"""

import hashlib
import hmac
import json
import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Strict
from onboarding.errors import NotFound
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, client_id_of, seal, unseal
from records.tables import BasisRecord, DecisionRecord, RatingBasisRecord, RatingRecord, ScreeningRecord


class NewBasis(Strict):
    """`lists` are source → version, `inputs` party → what was screened, as text, of which an HMAC is kept."""

    decision_id: str
    case_id: str
    engine: str
    policy: str
    lists: dict[str, str]
    inputs: dict[str, str]
    content: Content


class BasisRow(Row):
    decision_id: str
    case_id: str
    engine: str
    policy: str
    lists: dict[str, str]
    inputs: dict[str, str]
    digest: str
    at: datetime


class LastScreening(Row):
    """The last screening of a party; `evidence` is None where it could not be begun."""

    id: str
    party: str
    outcome: str
    held: str | None
    at: datetime
    evidence: Content | None = None


class RatingBasis(Row):
    """`policy` is the hash of the policy by which `facts` were rated."""

    rating_id: str
    band: str
    points: float
    policy: str
    facts: Content


def digest(content: Content, key: str) -> str:
    """HMAC-SHA-256 of the canonical JSON of the content, its key in hexadecimal digits."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(bytes.fromhex(key), plain, hashlib.sha256).hexdigest()


async def add(session: AsyncSession, vault: Vault, new: NewBasis) -> str:
    """The digest of the basis; the first one of a decision stays."""
    key = secrets.token_hex(32)
    marked = digest(new.content, key)
    client_id = await client_id_of(session, new.case_id)
    inputs = {
        party: await vault.hmac(session, client_id, said.encode(), Retention.KYC) for party, said in new.inputs.items()
    }
    kept: Content = {"key": key, "content": new.content}
    sealed = await seal(session, vault, new.case_id, Retention.KYC, kept, f"basis/{new.decision_id}")
    values = new.model_dump(exclude={"content", "inputs"}) | {"inputs": inputs, "digest": marked, "content": sealed}
    await session.execute(insert(BasisRecord).values(**values).on_conflict_do_nothing())
    return (await basis(session, new.decision_id)).digest


async def basis(session: AsyncSession, decision_id: str) -> BasisRow:
    """NotFound (`basis_not_found`) for a decision that does not exist."""
    return BasisRow.model_validate(await found(session, BasisRecord, decision_id, "basis_not_found"))


async def content(session: AsyncSession, vault: Vault, decision_id: str) -> tuple[Content, str]:
    """What the decision rested on, and the key of its digest. Erased when the client's key is gone."""
    row = await found(session, BasisRecord, decision_id, "basis_not_found")
    opened = await unseal(session, vault, row.case_id, row.content, f"basis/{decision_id}")
    match opened:
        case {"content": dict(said), "key": str(key)}:
            return said, key
    raise NotFound(code="basis_not_found")


async def latest(session: AsyncSession) -> list[BasisRow]:
    """The basis of the last decision of each case: what a back-test tries a new policy on."""
    query = (
        select(BasisRecord)
        .join(DecisionRecord, DecisionRecord.id == BasisRecord.decision_id)
        .ext(distinct_on(BasisRecord.case_id))
        .order_by(BasisRecord.case_id, DecisionRecord.at.desc())
    )
    return [BasisRow.model_validate(row) for row in await session.scalars(query)]


async def last_screenings(session: AsyncSession, vault: Vault, case_id: str) -> list[LastScreening]:
    """The last screening of each party, in the order of the parties' codes."""
    query = (
        select(ScreeningRecord)
        .where(ScreeningRecord.case_id == case_id)
        .ext(distinct_on(ScreeningRecord.party))
        .order_by(ScreeningRecord.party, ScreeningRecord.at.desc())
    )
    rows = []
    for row in await session.scalars(query):
        evidence = await unseal(session, vault, case_id, row.evidence, f"screening/{case_id}/{row.key}")
        rows.append(
            LastScreening(id=row.id, party=row.party, outcome=row.outcome, held=row.held, at=row.at, evidence=evidence)
        )
    return rows


async def add_rating(
    session: AsyncSession, vault: Vault, case_id: str, rating_id: str, policy: str, facts: Content
) -> None:
    """Keeps the facts that a rating was made from; the first ones stay."""
    sealed = await seal(session, vault, case_id, Retention.KYC, facts, f"rating/{rating_id}")
    values = {"rating_id": rating_id, "case_id": case_id, "policy": policy, "facts": sealed}
    await session.execute(insert(RatingBasisRecord).values(**values).on_conflict_do_nothing())


async def ratings(session: AsyncSession, vault: Vault, case_id: str) -> list[RatingBasis]:
    """Every rating of a case with the facts it was made from, in the order in which they were made."""
    query = (
        select(RatingBasisRecord, RatingRecord)
        .join(RatingRecord, RatingRecord.id == RatingBasisRecord.rating_id)
        .where(RatingBasisRecord.case_id == case_id)
        .order_by(RatingRecord.at)
    )
    found_ = []
    for kept, rating in (await session.execute(query)).all():
        facts = await unseal(session, vault, case_id, kept.facts, f"rating/{kept.rating_id}")
        found_.append(
            RatingBasis(
                rating_id=rating.id, band=rating.band, points=rating.points, policy=kept.policy, facts=facts or {}
            )
        )
    return found_
