"""Monitoring watches clients: what is known in any case of one counts, wherever it was found."""

from datetime import date, timedelta

from sqlalchemy import update

from activities import leaving
from onboarding.case import Address, Band, CaseStatus, Client, StepState
from onboarding.diligence import Handed, Judgement, Reviewing, Ruling
from onboarding.watching import MONITORING, Looked
from records import cases, conditions, retention, reviews, signals, steps, watching
from records.conditions import NewCondition
from records.signals import NewSignal, SignalRow, SignalState
from records.tables import CaseRecord
from tests.activities.desk import OWNER, STARTER, STORY, Desk, a_person, identified, listed, pdf, zone
from tests.activities.test_rated_again import taken_aboard
from tests.activities.test_screening import verifying
from tests.activities.test_watching import client_id, delist, looking, watching_of

LASTING = date(2036, 1, 1)


async def second_case(desk: Desk, first: str, client: Client, *, verifying: bool = False) -> str:
    """Another case of the client of the first, whose verification is over or goes on."""
    case = await desk.case(client)
    async with desk.database.session() as session:
        mine = (await cases.case(session, first)).client_id
        await session.execute(update(CaseRecord).where(CaseRecord.id == case).values(client_id=mine))
        await steps.save_steps(session, case, (await cases.plan(session, case)).steps)
        if verifying:
            await steps.open_step(session, case, "verify", STORY)
        else:
            await steps.close_step(session, case, "verify", STORY, StepState.DONE, "no_findings")
    return case


async def looked(desk: Desk, case: str, days: int = 30) -> Looked:
    return await desk.lookout.screen_again(await looking(desk, case, days=days))


async def raised(desk: Desk, case: str, key: str = "usage:1") -> str:
    async with desk.database.session() as session:
        new = NewSignal(case_id=case, key=key, round=0, kind="anomaly", code="anomaly_usage", evidence={})
        return await signals.add_signal(session, desk.journal.vault, new)


async def judged(desk: Desk, case: str, signal: str, verdict: str) -> None:
    """As a review of this case's Monitoring says it."""
    order = Judgement.model_validate(
        {"case": case, "step": MONITORING, "story": STORY, "signal": signal, "verdict": verdict,
         "reason": "unexplained", "actor": "staff_r1"}
    )  # fmt: skip
    await desk.reviews.judge(order)


async def of(desk: Desk, case: str) -> list[SignalRow]:
    async with desk.database.session() as session:
        return await signals.signals(session, case)


async def handed_in(desk: Desk, case: str, client: Client, expires: date) -> None:
    document = await desk.upload(case, pdf(zone(client.person, expires)))
    await desk.intake.check(Handed(case=case, step="collect", story=STORY, item="identity", document=document))


async def test_what_is_unusual_in_another_case_of_the_client_is_for_a_review_of_its_monitoring(desk: Desk) -> None:
    first = await taken_aboard(desk, expires=LASTING)
    second = await second_case(desk, first, a_person())
    signal = await raised(desk, second)

    found = await looked(desk, first)
    await judged(desk, first, signal, "confirmed")
    await looked(desk, first, days=31)

    assert found.screened.signals == [signal]
    assert "signal_confirmed" in await desk.said(second)
    async with desk.database.session() as session:
        assert (await cases.case(session, first)).band is Band.MEDIUM  # two reviewers stand behind it: credible


async def test_the_newest_document_counts_in_whatever_case_it_was_handed_in(desk: Desk) -> None:
    client = a_person()
    first = await taken_aboard(desk, client, expires=date(2026, 12, 1))
    second = await second_case(desk, first, client)
    await handed_in(desk, second, client, date(2027, 6, 1))

    wakes = await desk.lookout.next_review(await watching_of(desk, first))
    found = await looked(desk, first, days=300)

    assert wakes.date() == date(2027, 3, 3)  # ninety days before the newer one expires
    assert found.screened.signals == []


async def test_a_namesake_that_was_cleared_in_another_case_is_not_asked_for_again(desk: Desk) -> None:
    first = await identified(desk, listed())
    second = await second_case(desk, first, listed())
    await handed_in(desk, second, listed(), LASTING)
    (hit,) = (await desk.screening.screen(verifying(second))).signals
    await judged(desk, second, hit, "cleared")

    found = await looked(desk, first)

    assert (found.screened.signals, found.screened.sanctions, await of(desk, first)) == ([], [], [])


async def test_a_hit_that_was_confirmed_in_another_case_bars_an_approval(desk: Desk) -> None:
    first = await identified(desk, listed())
    second = await second_case(desk, first, listed())
    await handed_in(desk, second, listed(), LASTING)
    (hit,) = (await desk.screening.screen(verifying(second))).signals
    await judged(desk, second, hit, "confirmed")

    found = await looked(desk, first)

    assert (found.screened.signals, found.screened.sanctions, found.band) == ([], [hit], Band.HIGH)


async def test_what_a_verification_under_way_has_to_judge_is_left_to_it(desk: Desk) -> None:
    first = await identified(desk, listed())
    second = await second_case(desk, first, listed(), verifying=True)
    await handed_in(desk, second, listed(), LASTING)
    (hit,) = (await desk.screening.screen(verifying(second))).signals
    delist(desk)

    found = await looked(desk, first)

    assert (found.screened.signals, found.closed) == ([], [])
    assert [row.state for row in await of(desk, second) if row.id == hit] == [SignalState.OPEN]


async def test_a_delisting_closes_what_nobody_judged_in_any_case(desk: Desk) -> None:
    first = await identified(desk, listed())
    second = await second_case(desk, first, listed())
    await handed_in(desk, second, listed(), LASTING)
    (hit,) = (await desk.screening.screen(verifying(second))).signals
    delist(desk)

    found = await looked(desk, first)

    assert found.closed == [hit]
    assert "signal_closed" in await desk.said(second)


async def test_a_condition_of_another_case_wakes_and_falls_due(desk: Desk) -> None:
    first = await taken_aboard(desk, expires=LASTING)
    second = await second_case(desk, first, a_person())
    review = Reviewing(case=second, step="verify", story=STORY, round=1, signals=[], band=Band.LOW, approvals=1)
    opened = (await desk.reviews.open_review(review)).review
    new = NewCondition(
        id=f"condition_{second[-20:]}", case_id=second, review_id=opened, code="source_of_funds", owner=OWNER, days=30,
        words=None, proposed_by="staff_r1",
    )  # fmt: skip
    async with desk.database.session() as session:
        await conditions.propose(session, desk.journal.vault, [new])
    await desk.reviews.rule(
        Ruling(
            case=second, step="verify", story=STORY, review=opened, decision="approve_with_conditions", reason="known",
            reviewers=["staff_r1"], band=Band.LOW, conditions=[new.id],
        )
    )  # fmt: skip

    wakes = await desk.lookout.next_review(await watching_of(desk, first))
    found = await looked(desk, first, days=40)

    assert wakes.date() == date(2026, 4, 1)
    assert [row.code for row in await of(desk, second)] == ["condition_overdue"]
    assert found.screened.signals == [row.id for row in await of(desk, second)]


async def test_each_case_is_rated_and_the_riskiest_tells_when_the_client_is_reviewed(desk: Desk) -> None:
    client = a_person(address=Address(lines=["1 Quay"], city="Galway", country="IE"))
    first = await taken_aboard(desk, client, expires=LASTING)
    second = await second_case(desk, first, client)
    order = verifying(second)
    riskier = order.verify.model_copy(update={"product": "correspondent_banking"})
    await desk.screening.rate(order.model_copy(update={"verify": riskier}))

    found = await looked(desk, first)
    due = await desk.lookout.next_review(await watching_of(desk, first))

    async with desk.database.session() as session:
        kept = [len(await signals.ratings(session, case)) for case in (first, second)]
    assert (kept, found.band) == ([2, 2], Band.HIGH)
    assert due < STORY + timedelta(days=366)


async def test_who_owns_another_case_of_the_client_does_not_review_it(desk: Desk) -> None:
    first = await taken_aboard(desk)
    second = await second_case(desk, first, a_person())
    async with desk.database.session() as session:
        await cases.set_owner(session, second, STARTER)
        await session.execute(update(CaseRecord).where(CaseRecord.id == first).values(started_by=OWNER))
    order = Reviewing(case=first, step=MONITORING, story=STORY, round=1, signals=[], band=Band.LOW, approvals=1)

    assert (await desk.reviews.open_review(order)).barred == sorted([OWNER, STARTER])


async def test_a_refused_case_ends_no_relationship_that_rests_on_another(desk: Desk) -> None:
    first = await taken_aboard(desk)
    second = await second_case(desk, first, a_person())
    await desk.lookout.next_review(await watching_of(desk, first))
    client = await client_id(desk, first)
    async with desk.database.session() as session:
        await cases.set_status(session, first, CaseStatus.COMPLETED)
        await cases.set_status(session, second, CaseStatus.REJECTED)
        await leaving.refuse(session, desk.journal, second)
        left = (await watching.since(session, client), await watching.unheard(session, client))
        due = await retention.due(session, STORY + timedelta(days=365 * 12), limit=1000)

    assert left[0] is not None
    assert left[1] == []
    assert client not in {each.client_id for each in due}
    assert not (await looked(desk, first)).over


async def test_signals_of_a_case_are_judged_in_the_review_that_monitoring_holds_in_another(desk: Desk) -> None:
    first = await taken_aboard(desk)
    second = await second_case(desk, first, a_person())
    order = Reviewing(case=first, step=MONITORING, story=STORY, round=1, signals=[], band=Band.LOW, approvals=1)
    held = (await desk.reviews.open_review(order)).review
    async with desk.database.session() as session:
        alone = await reviews.about(session, second)
    own = (await desk.reviews.open_review(order.model_copy(update={"case": second, "step": "verify"}))).review
    async with desk.database.session() as session:
        both = await reviews.about(session, second)

    assert [review.id for review in alone] == [held]
    assert [review.id for review in both] == [held, own]


async def test_every_case_of_a_watched_client_is_watched(desk: Desk) -> None:
    first = await taken_aboard(desk)
    second = await second_case(desk, first, a_person())

    async with desk.database.session() as session:
        before = await watching.is_watched(session, second)
    await desk.lookout.next_review(await watching_of(desk, first))
    async with desk.database.session() as session:
        after = await watching.is_watched(session, second)

    assert (before, after) == (False, True)
