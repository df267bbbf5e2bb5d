"""The risk of a client, rated by what is known on the day, and kept with the facts that it rests on."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from activities import basis
from activities.evidence import risk_facts
from kyc import rating
from kyc.rating import Factor, RiskFacts
from kyc.risk_policy import RiskPolicy
from onboarding.case import Band
from onboarding.deeds import ABOARD, Place
from onboarding.diligence import Rated
from records import basis as kept_basis
from records import cases, overrides, signals
from records.journal import Journal
from records.overrides import OverrideRow
from records.signals import NewRating, SignalState


async def rate(
    session: AsyncSession,
    journal: Journal,
    order: Place,
    policy: RiskPolicy,
    product: str | None,
    occasion: str,
    turn: int = 0,
) -> Rated:
    """Rates the client and sets the band of its case; the first rating of an occasion stays.

    An override that two people agreed on holds for as long as the policy gives the band that it was made against, or
    the one that the end of their own review left of it, and never below what the law sets by then.
    """
    facts = await _facts(session, journal, order, product, policy)
    found = rating.rate(facts, policy)
    kept = await signals.add_rating(session, _new(order, found, occasion, turn))
    first = next(row.band for row in await signals.ratings(session, order.case) if row.id == kept)
    if first is not found.band:  # tried again, and meanwhile something else is known
        occasion = f"{occasion}:{found.band}"
        kept = await signals.add_rating(session, _new(order, found, occasion, turn))
    await basis.keep_rating(session, journal, order.case, kept, facts, policy)
    rated = await _overridden(session, order, policy, _rated(kept, found))
    await cases.set_band(session, order.case, rated.band)
    await journal.write(
        session, order.case, actor=ABOARD, what="rated_again" if turn == 0 else "rated", reason=found.band,
        story=order.story, key=f"rated:{occasion}", detail={"step": order.step},
    )  # fmt: skip
    return rated


async def rate_again(
    session: AsyncSession, journal: Journal, order: Place, policy: RiskPolicy, occasion: str
) -> Rated | None:
    """Rates anew, by the facts as they now are; None for a client whom nobody has rated yet."""
    before = await kept_basis.ratings(session, journal.vault, order.case)
    if not before:
        return None
    product = RiskFacts.model_validate(before[-1].facts).product
    return await rate(session, journal, order, policy, product, occasion)


async def foreseen(session: AsyncSession, journal: Journal, order: Place, policy: RiskPolicy) -> Rated | None:
    """What `rate_again` would come to now, without keeping it."""
    before = await kept_basis.ratings(session, journal.vault, order.case)
    if not before:
        return None
    product = RiskFacts.model_validate(before[-1].facts).product
    found = rating.rate(await _facts(session, journal, order, product, policy), policy)
    return await _overridden(session, order, policy, _rated(before[-1].rating_id, found))


async def floor(session: AsyncSession, case_ids: Iterable[str]) -> Band:
    """The lowest band that the law leaves, by the last rating of each of these cases."""
    kept = [await signals.ratings(session, case_id) for case_id in case_ids]
    return rating.floor(Factor.model_validate(each) for rated in kept if rated for each in rated[-1].factors)


async def _facts(
    session: AsyncSession, journal: Journal, order: Place, product: str | None, policy: RiskPolicy
) -> RiskFacts:
    """Signals count until somebody clears them, in whatever case of the client they were found."""
    client = await cases.client_of(session, journal.vault, order.case)
    found = await signals.of_client(session, (await cases.case(session, order.case)).client_id)
    standing = [row for row in found if row.state is not SignalState.CLEARED]
    return risk_facts(client, standing, product, order.story.date(), policy.home)


async def _overridden(session: AsyncSession, order: Place, policy: RiskPolicy, rated: Rated) -> Rated:
    agreed = [row for row in await overrides.overrides(session, order.case) if row.state == "confirmed"]
    if not agreed or not await _holds(session, order.case, agreed[-1], rated.band):
        return rated
    band = agreed[-1].band
    if band.rank < rated.floor.rank:
        return rated
    return rated.model_copy(update={"band": band, "approvals": policy.measures[band].approvals_with_open_signal})


async def _holds(session: AsyncSession, case_id: str, agreed: OverrideRow, band: Band) -> bool:
    """Whether the policy still gives the band that two people looked at: that of the rating before them, or what was
    left of it at the end of their review, once they had cleared what was no finding."""
    if band is agreed.before:
        return True
    left = await signals.band_after(session, case_id, agreed.review_id)
    return band is left and left.rank < agreed.before.rank


def _rated(kept: str, found: rating.Rating) -> Rated:
    return Rated(rating=kept, band=found.band, approvals=found.approvals, floor=found.floor)


def _new(order: Place, found: rating.Rating, occasion: str, turn: int) -> NewRating:
    name, _, version = found.policy.partition("@")
    return NewRating(
        case_id=order.case, occasion=occasion, round=turn, band=found.band, points=found.points, policy=name,
        policy_version=f"{version}+{found.policy_hash[:12]}",
        factors=[factor.model_dump(mode="json") for factor in found.factors],
    )  # fmt: skip
