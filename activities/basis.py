"""What a decision rests on, gathered and kept in the transaction of the decision itself.

Screenings with what was asked, when, and the records of their hits; what each source said of each party, with the
answers of registries as they came; ratings with their facts; signals and who judged them; who opened which evidence.
With the policies by hash and the versions of the lists it can all be done again.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from activities import policies
from kyc.fingerprint import fingerprint
from kyc.rating import RiskFacts
from kyc.risk_policy import RiskPolicy
from kyc.screening import Subject
from kyc.screening.replay import Past
from onboarding.deeds import ABOARD
from records import basis, evidence_files, openings, reviews, signals
from records import policies as kept_policies
from records.basis import LastScreening, NewBasis
from records.journal import Journal
from records.reviews import NewDecision
from records.sealing import Content, client_id_of

# who is a party, what is compared and found of it, and what the rating is told
_JUDGING = tuple(Path(__file__).with_name(f"{name}.py") for name in ("evidence", "offices", "owners", "parties"))


def engine() -> str:
    """Which engine judges here: a decision keeps it, and a replay says whether it is another one."""
    return fingerprint(_JUDGING)


async def decide(session: AsyncSession, journal: Journal, new: NewDecision) -> str:
    """Keeps a decision that stands and what it rested on; the id of the decision, the first one of its key."""
    decision_id = await reviews.add_decision(session, new)
    screened = await basis.last_screenings(session, journal.vault, new.case_id)
    pasts = {row.party: Past.model_validate(row.evidence) for row in screened if row.evidence}
    kept = NewBasis(
        decision_id=decision_id,
        case_id=new.case_id,
        engine=engine(),
        policy=max((past.screening.policy for past in pasts.values()), default=""),
        lists={used.source: used.version for past in pasts.values() for used in past.screening.lists},
        inputs={party: canonical(past.asked) for party, past in pasts.items()},
        content=await _content(session, journal, new, screened),
    )
    digest = await basis.add(session, journal.vault, kept)
    await journal.write(
        session, new.case_id, actor=ABOARD, what="basis_kept", story=new.story, key=f"basis:{decision_id}:{digest}"
    )
    return decision_id


def canonical(subject: Subject) -> str:
    """A subject as the text that its HMAC is of."""
    return subject.model_dump_json()


async def keep_rating(
    session: AsyncSession, journal: Journal, case_id: str, rating_id: str, facts: RiskFacts, policy: RiskPolicy
) -> None:
    """Keeps what a rating was made from, and the words of its policy."""
    await kept_policies.keep(session, policies.of_risk(policy))
    said: Content = facts.model_dump(mode="json")
    await basis.add_rating(session, journal.vault, case_id, rating_id, policy.hash, said)


async def _content(
    session: AsyncSession, journal: Journal, new: NewDecision, screened: Sequence[LastScreening]
) -> Content:
    """As JSON. Personal data is in it: it is sealed at once."""
    rated = await basis.ratings(session, journal.vault, new.case_id)
    judged = await signals.of_client(session, await client_id_of(session, new.case_id))
    seen = await openings.openings(session, new.case_id)
    examined = await evidence_files.last(session, journal.vault, new.case_id)
    voices = (await reviews.review(session, new.review_id)).votes if new.review_id else []
    return {
        "decision": new.model_dump(mode="json"),
        "screenings": [row.model_dump(mode="json") for row in screened],
        "ratings": [row.model_dump(mode="json") for row in rated],
        "signals": [row.model_dump(mode="json") for row in judged],
        "evidence": examined.model_dump(mode="json") if examined else None,
        "openings": [row.model_dump(mode="json") for row in seen],
        "voices": [row.model_dump(mode="json") for row in voices],
    }
