"""Monitoring rates a client again: by what is known now, kept beside the ratings before, with what follows from it."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from activities.evidence import ANOMALY
from activities.media import Media
from activities.seams import Article
from kyc.risk_policy import PolicyUnknown
from onboarding.case import Band, Client
from onboarding.diligence import Judgement
from onboarding.errors import Unavailable
from onboarding.plan import Watch
from onboarding.watching import MONITORING, Concluding, Looked
from records import basis, cases, overrides, reviews, signals, tasks
from records.basis import RatingBasis
from records.overrides import NewOverride
from records.reviews import NewDecision, NewReview
from records.signals import NewSignal, RatingRow
from records.tasks import TaskRow
from tests.activities.desk import STORY, Desk, a_person, identified
from tests.activities.test_screening import verifying
from tests.activities.test_watching import looking, watching_of

EXPIRES = date(2026, 12, 1)


class Silent:
    """A news search that does not answer."""

    name = "silent"

    async def close(self) -> None: ...

    async def articles(self, name: str, terms: Sequence[str], days: int, at_most: int) -> list[Article]:
        raise Unavailable


async def taken_aboard(desk: Desk, client: Client | None = None, expires: date = EXPIRES) -> str:
    """A client who was screened, rated and approved."""
    case = await identified(desk, client or a_person(), expires=expires)
    await desk.screening.screen(verifying(case))
    await desk.screening.rate(verifying(case))
    await decided(desk, case, "taken")
    return case


async def decided(desk: Desk, case: str, key: str, days: int = 0) -> None:
    async with desk.database.session() as session:
        new = NewDecision(
            case_id=case, key=key, review_id=None, decision="approve", reason="no_findings", band=Band.LOW,
            reviewers=[], story=STORY + timedelta(days=days),
        )  # fmt: skip
        await reviews.add_decision(session, new)


async def look(desk: Desk, case: str, days: int) -> Looked:
    return await desk.lookout.screen_again(await looking(desk, case, days=days))


async def ratings(desk: Desk, case: str) -> list[RatingRow]:
    async with desk.database.session() as session:
        return await signals.ratings(session, case)


async def bases(desk: Desk, case: str) -> list[RatingBasis]:
    async with desk.database.session() as session:
        return await basis.ratings(session, desk.journal.vault, case)


async def band(desk: Desk, case: str) -> Band | None:
    async with desk.database.session() as session:
        return (await cases.case(session, case)).band


async def told(desk: Desk, case: str) -> list[TaskRow]:
    async with desk.database.session() as session:
        return [task for task in await tasks.tasks(session, case_id=case) if task.code == "band_changed"]


def factor(rating: RatingRow, code: str) -> object:
    return next(each["value"] for each in rating.factors if each["code"] == code)


async def anomaly(desk: Desk, case: str, verdict: str | None = None) -> str:
    async with desk.database.session() as session:
        new = NewSignal(case_id=case, key="usage:1", round=0, kind=ANOMALY, code="unusual_payments", evidence={})
        signal = await signals.add_signal(session, desk.journal.vault, new)
    if verdict:
        reason = "unexplained" if verdict == "confirmed" else "expected_use"
        order = Judgement.model_validate(
            {"case": case, "step": MONITORING, "story": STORY, "signal": signal, "verdict": verdict,
             "reason": reason, "actor": "staff_r1"}
        )  # fmt: skip
        await desk.reviews.judge(order)
    return signal


async def conclude(desk: Desk, case: str, review: str = "review_1") -> None:
    async with desk.database.session() as session:
        client = (await cases.case(session, case)).client_id
    order = Concluding(
        case=case, step=MONITORING, story=STORY + timedelta(days=40), client=client, review=review,
        decision="approve", reviewers=["staff_r1"],
    )  # fmt: skip
    await desk.lookout.conclude(order)


async def test_an_expired_document_is_seen_by_the_next_rating(desk: Desk) -> None:
    case = await taken_aboard(desk)

    await look(desk, case, days=(EXPIRES - STORY.date()).days + 1)

    before, now = await ratings(desk, case)
    assert (factor(before, "document_quality"), factor(now, "document_quality")) == ("verified", "expired")
    assert now.points > before.points
    assert "rated_again" in await desk.said(case)


async def test_monitoring_wakes_when_a_document_has_expired(desk: Desk) -> None:
    case = await taken_aboard(desk)

    await look(desk, case, days=(EXPIRES - STORY.date()).days - 80)
    wakes = await desk.lookout.next_review(await watching_of(desk, case))

    assert wakes.date() == EXPIRES + timedelta(days=1)


async def test_a_rating_is_kept_with_the_facts_that_it_was_made_from(desk: Desk) -> None:
    case = await taken_aboard(desk)

    await look(desk, case, days=30)

    first, second = await bases(desk, case)
    assert (first.facts["on"], second.facts["on"]) == ("2026-03-02", "2026-04-01")
    assert second.facts["product"] == first.facts["product"]


async def test_the_same_look_is_rated_once(desk: Desk) -> None:
    case = await taken_aboard(desk)

    assert await look(desk, case, days=30) == await look(desk, case, days=30)

    assert len(await ratings(desk, case)) == 2


async def test_a_screening_that_is_held_changes_no_rating(desk: Desk) -> None:
    case = await taken_aboard(desk)
    desk.examination._media = Media(Silent())

    looked = await look(desk, case, days=30)

    assert looked.screened.held
    assert len(await ratings(desk, case)) == 1


async def test_a_review_that_ends_after_a_held_look_rates_nobody_and_the_next_look_does(desk: Desk) -> None:
    case = await taken_aboard(desk)
    press, desk.examination._media = desk.examination._media, Media(Silent())
    await look(desk, case, days=39)
    await anomaly(desk, case, "confirmed")

    await decided(desk, case, "review", days=40)
    await conclude(desk, case)
    left, wakes = await ratings(desk, case), await desk.lookout.next_review(await watching_of(desk, case))
    desk.examination._media = press
    await look(desk, case, days=41)

    assert (len(left), wakes - STORY < timedelta(days=42)) == (1, True)
    assert await band(desk, case) is Band.MEDIUM


async def test_a_client_whom_nobody_has_rated_is_not_rated_again(desk: Desk) -> None:
    case = await identified(desk, a_person())

    await look(desk, case, days=30)
    await conclude(desk, case)

    assert await ratings(desk, case) == []


async def test_a_confirmed_anomaly_brings_another_band_and_an_earlier_review(desk: Desk) -> None:
    case = await taken_aboard(desk, expires=date(2036, 1, 1))
    before = await desk.lookout.next_review(await watching_of(desk, case))

    await anomaly(desk, case, "confirmed")
    await conclude(desk, case)

    after = await desk.lookout.next_review(await watching_of(desk, case))
    assert await band(desk, case) is Band.MEDIUM
    assert after < before


async def test_another_band_is_in_the_journal_and_told_to_staff_once(desk: Desk) -> None:
    case = await taken_aboard(desk)
    await anomaly(desk, case, "confirmed")

    for _ in range(2):
        await conclude(desk, case)
    await conclude(desk, case, "review_2")

    (entry,) = [entry for entry in await desk.entries(case) if entry.what == "band_changed"]
    (task,) = await told(desk, case)
    assert entry.detail
    assert (entry.reason, entry.detail["before"], entry.detail["next_review"]) == ("medium", "low", "2029-03-01")
    assert (task.resources["before"], task.resources["band"], task.state) == ("low", "medium", "open")


async def test_what_was_cleared_weighs_nothing(desk: Desk) -> None:
    case = await taken_aboard(desk)
    await anomaly(desk, case, "cleared")

    await conclude(desk, case)

    assert (await band(desk, case), await told(desk, case)) == (Band.LOW, [])


async def test_monitoring_rates_by_the_rules_of_its_jurisdiction(desk: Desk) -> None:
    case = await taken_aboard(desk)
    order = (await looking(desk, case, days=30)).model_copy(
        update={"watch": Watch(policy="standard", jurisdiction="uk")}
    )

    await desk.lookout.screen_again(order)

    assert [each.policy for each in await ratings(desk, case)] == ["standard-eu", "standard-uk"]


async def test_the_review_date_is_that_of_the_jurisdiction(desk: Desk) -> None:
    case = await taken_aboard(desk)
    order = (await watching_of(desk, case)).model_copy(
        update={"watch": Watch(policy="standard", jurisdiction="atlantis")}
    )

    with pytest.raises(PolicyUnknown):
        await desk.lookout.next_review(order)


async def test_the_look_answers_the_band_that_it_came_to(desk: Desk) -> None:
    case = await taken_aboard(desk)
    await anomaly(desk, case, "confirmed")

    looked = await look(desk, case, days=30)

    assert (looked.band, await band(desk, case)) == (Band.MEDIUM, Band.MEDIUM)


async def test_an_override_holds_as_long_as_the_policy_says_the_same(desk: Desk) -> None:
    case = await taken_aboard(desk)
    async with desk.database.session() as session:
        review = NewReview(
            case_id=case, step="verify", round=1, band=Band.LOW, approvals=1, barred=[], opened_story=STORY
        )
        note = await tasks.add_note(session, desk.journal.vault, case, author="staff_r1", text="Known for years.")
        new = NewOverride(
            id="override_1" + case[-8:], case_id=case, review_id=await reviews.open_review(session, review),
            before=Band.LOW, band=Band.HIGH, reason="local_knowledge", note=note, proposed_by="staff_r1",
            proposed_story=STORY,
        )  # fmt: skip
        await overrides.propose(session, new)
        await overrides.decide(session, new.id, "confirmed", second="staff_r2", story=STORY)
        await cases.set_band(session, case, Band.HIGH)

    await look(desk, case, days=30)

    assert (await band(desk, case), await told(desk, case)) == (Band.HIGH, [])


async def test_a_look_that_is_tried_again_keeps_the_rating_behind_the_band(desk: Desk) -> None:
    case = await taken_aboard(desk)
    await look(desk, case, days=10)
    async with desk.database.session() as session:
        new = NewSignal(case_id=case, key="x:1", round=0, kind="sanctioned_ownership", code="owned", evidence={})
        await signals.add_signal(session, desk.journal.vault, new)

    await look(desk, case, days=10)  # the answer of the first try was lost

    assert (await band(desk, case), (await ratings(desk, case))[-1].band) == (Band.HIGH, Band.HIGH)
