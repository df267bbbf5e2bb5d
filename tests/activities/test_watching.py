"""Watching: when a client is looked at again, and what comes of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from activities import leaving
from activities.contact import Contact
from activities.notices import House, Notices
from activities.parties import parties_of
from kyc.screening import Subject
from onboarding.case import Band, CaseStatus, Client
from onboarding.clock import Clock
from onboarding.deeds import Notice
from onboarding.diligence import Judgement
from onboarding.plan import Watch
from onboarding.watching import MONITORING, Concluding, Ending, Holding, Looking, Watching
from records import cases, erasure, handed_in, holds, retention, reviews, signals, tasks, watching
from records.links import Links
from records.retention import Retention
from records.reviews import NewDecision
from records.signals import SignalState
from records.watching import NewStir
from tests.activities.desk import STORY, Desk, a_person, identified, listed
from tests.fakes import FakeMailer

HOUSE = House("Meridian", "Meridian", "Aboard <onboarding@aboard.example>", "https://aboard.example")
WATCH = Watch(policy="risk-standard-eu")


async def client_id(desk: Desk, case: str) -> str:
    async with desk.database.session() as session:
        return (await cases.case(session, case)).client_id


async def watching_of(desk: Desk, case: str) -> Watching:
    client = await client_id(desk, case)
    return Watching(case=case, step=MONITORING, story=STORY, client=client, watch=WATCH, clock=Clock(origin=STORY))


async def looking(desk: Desk, case: str, days: int = 0) -> Looking:
    client, story = await client_id(desk, case), STORY + timedelta(days=days)
    return Looking(case=case, step=MONITORING, story=story, client=client, watch=WATCH)


async def taken_aboard(desk: Desk, client: Client, verdict: str | None = None) -> tuple[str, str]:
    """A client with a hit, judged so or open."""
    case = await identified(desk, client)
    (signal,) = (await desk.lookout.screen_again(await looking(desk, case))).screened.signals
    if verdict:
        order = Judgement.model_validate(
            {"case": case, "step": MONITORING, "story": STORY, "signal": signal, "verdict": verdict,
             "reason": "same_person", "actor": "staff_r1"}
        )  # fmt: skip
        await desk.reviews.judge(order)
    return case, signal


def delist(desk: Desk) -> None:
    """The list comes out without Markov."""
    lines = desk.list_file.read_text("utf-8").splitlines(keepends=True)
    desk.list_file.write_text("".join(line for line in lines if "MARKOV" not in line.upper()), "utf-8")


async def state(desk: Desk, signal: str) -> tuple[SignalState, str | None]:
    async with desk.database.session() as session:
        row = await signals.signal(session, signal)
        return row.state, row.reason


async def test_the_next_review_comes_by_the_band_or_before_a_document_expires(desk: Desk) -> None:
    lasting = await identified(desk, a_person(), expires=date(2036, 1, 1))
    expiring = await identified(desk, a_person(), expires=date(2026, 12, 1))

    by_band = await desk.lookout.next_review(await watching_of(desk, lasting))
    by_document = await desk.lookout.next_review(await watching_of(desk, expiring))

    assert by_band.year == 2029  # three years: nobody has rated this client yet
    assert by_document.date() == date(2026, 9, 2)


async def test_a_look_in_between_does_not_put_off_the_periodic_review_for_which_a_person_looks(desk: Desk) -> None:
    case = await identified(desk, a_person(), expires=date(2036, 1, 1))
    async with desk.database.session() as session:
        await reviews.add_decision(
            session,
            NewDecision(
                case_id=case, key="taken", review_id=None, decision="approve", reason="no_findings", band=Band.MEDIUM,
                reviewers=[], story=STORY,
            ),
        )  # fmt: skip

    early = await desk.lookout.screen_again(await looking(desk, case, days=400))
    due = await desk.lookout.next_review(await watching_of(desk, case))
    on_time = await desk.lookout.screen_again(await looking(desk, case, days=(due - STORY).days + 1))

    assert not early.needs_review
    assert due.year == 2029
    assert on_time.periodic
    assert on_time.needs_review


@pytest.mark.parametrize(("band", "months"), [(Band.HIGH, 12), (Band.LOW, 60)])
@pytest.mark.parametrize("weekday", range(7))
async def test_a_periodic_review_is_never_later_than_the_law_allows(
    desk: Desk, band: Band, months: int, weekday: int
) -> None:
    case = await identified(desk, a_person(), expires=date(2036, 1, 1))
    decided = STORY + timedelta(days=weekday)
    async with desk.database.session() as session:
        await cases.set_band(session, case, band)
        await reviews.add_decision(
            session,
            NewDecision(
                case_id=case, key="taken", review_id=None, decision="approve", reason="no_findings", band=band,
                reviewers=[], story=decided,
            ),
        )  # fmt: skip

    due = await desk.lookout.next_review(await watching_of(desk, case))
    looked = await desk.lookout.screen_again((await looking(desk, case)).model_copy(update={"story": due}))

    latest = decided.replace(year=decided.year + months // 12)
    assert latest - timedelta(days=6) < due <= latest
    assert due.weekday() < 5
    assert looked.periodic, "whoever wakes on that day reviews"


async def test_a_new_hit_is_for_a_review_of_two(desk: Desk) -> None:
    case = await identified(desk, listed())

    first = await desk.lookout.screen_again(await looking(desk, case, days=30))
    again = await desk.lookout.screen_again(await looking(desk, case, days=30))

    assert first == again
    assert (first.needs_review, first.band, first.approvals) == (True, "high", 2)


async def test_a_held_look_is_tried_again_the_next_day_and_opens_one_task(desk: Desk) -> None:
    case = await identified(desk, a_person())
    gone = desk.list_file.rename(desk.list_file.with_suffix(".gone"))

    for day in range(3):
        looked = await desk.lookout.screen_again(await looking(desk, case, days=day))
    due = await desk.lookout.next_review(await watching_of(desk, case))
    gone.rename(desk.list_file)
    await desk.lookout.screen_again(await looking(desk, case, days=3))

    assert looked.screened.held
    assert due.date() == (STORY + timedelta(days=3)).date()
    async with desk.database.session() as session:
        opened = await tasks.tasks(session, case_id=case)
        assert [(task.code, task.state) for task in opened] == [("screening_held", "done")]
        assert await handed_in.documents(session, case)


async def test_a_delisting_closes_the_signals_that_nobody_judged(desk: Desk) -> None:
    case, signal = await taken_aboard(desk, listed())
    delist(desk)

    looked = await desk.lookout.screen_again(await looking(desk, case, days=1))

    assert (looked.closed, looked.needs_review) == ([signal], False)
    assert await state(desk, signal) == (SignalState.CLEARED, "no_longer_listed")
    assert "signal_closed" in await desk.said(case)


async def test_a_delisting_leaves_what_was_confirmed_to_a_review(desk: Desk) -> None:
    case, signal = await taken_aboard(desk, listed(), "confirmed")
    delist(desk)

    looked = await desk.lookout.screen_again(await looking(desk, case, days=1))

    assert (looked.delisted, looked.needs_review) == ([signal], True)
    assert (await state(desk, signal))[0] is SignalState.CONFIRMED


async def test_the_approval_of_a_review_closes_what_was_delisted(desk: Desk) -> None:
    case, signal = await taken_aboard(desk, listed(), "confirmed")
    order = Concluding(
        case=case, step=MONITORING, story=STORY, client=await client_id(desk, case), review="review_1",
        decision="approve", reviewers=["staff_r1", "staff_r2"], delisted=[signal],
    )  # fmt: skip

    for _ in range(2):
        await desk.lookout.conclude(order)

    assert await state(desk, signal) == (SignalState.CLEARED, "no_longer_listed")
    assert (await desk.said(case)).count("signal_closed") == 1


async def test_an_entry_that_says_something_else_now_is_no_delisting(desk: Desk) -> None:
    case, signal = await taken_aboard(desk, listed())
    text = desk.list_file.read_text("utf-8").replace("MARKOV", "ZZYZXOW").replace("Markov", "Zzyzxow")
    desk.list_file.write_text(text, "utf-8")

    looked = await desk.lookout.screen_again(await looking(desk, case, days=1))

    assert looked.closed == []
    assert signal in looked.screened.signals


@pytest.mark.parametrize("verdict", [None, "confirmed"])
async def test_an_entry_that_is_numbered_anew_is_no_delisting(desk: Desk, verdict: str | None) -> None:
    case, signal = await taken_aboard(desk, listed(), verdict)
    text = desk.list_file.read_text("utf-8")
    desk.list_file.write_text(text.replace("900001,", "990001,"), "utf-8")

    looked = await desk.lookout.screen_again(await looking(desk, case, days=1))

    assert (looked.closed, looked.delisted) == ([], [])
    assert (await state(desk, signal))[0] is (SignalState.CONFIRMED if verdict else SignalState.OPEN)


async def test_what_was_told_is_recorded_as_heard(desk: Desk) -> None:
    case = await identified(desk, a_person())
    client = await client_id(desk, case)
    async with desk.database.session() as session:
        new = NewStir(client_id=client, case_id=case, cause="list_changed", key="list:1")
        assert [await watching.stir(session, [new]) for _ in range(2)] == [1, 0]
        stirs = [stir for stir in await watching.untold(session, timedelta(0)) if stir.client_id == client]

    order = (await looking(desk, case)).model_copy(update={"stirs": [stir.id for stir in stirs]})
    await desk.lookout.screen_again(order)

    async with desk.database.session() as session:
        assert not [stir for stir in await watching.untold(session, timedelta(0)) if stir.client_id == client]


async def whose(session: AsyncSession, words: Sequence[int]) -> tuple[set[str], set[int]]:
    """Who has one of these words, and which of them somebody has."""
    having = await watching.holders(session, words)
    rows = await watching.watched(session, [name for each in having for name in each.names])
    return {row.client_id for row in rows}, {word for each in having for word in each.words}


async def test_names_are_watched_in_hashes_and_forgotten_when_the_client_is_erased(desk: Desk) -> None:
    case = await identified(desk, a_person())
    await desk.lookout.next_review(await watching_of(desk, case))
    client = await client_id(desk, case)
    hashes = desk.lookout._hashing.readings

    async with desk.database.session() as session:
        _, words = hashes(_subject(await desk.client(case)))
        before, _ = await whose(session, list(words))
        await erasure.erase(session, desk.journal, client, Retention.KYC, datetime(2036, 1, 1, tzinfo=UTC))
        after, theirs = await whose(session, list(words))
        left = await watching.touched(session, [key for keys in words.values() for key in keys])

    assert client in before
    assert client not in after
    assert not {word for _, word, _ in left} & (set(words) - theirs)
    assert "erased" in await desk.said(case)


async def test_the_end_of_the_relationship_starts_the_legal_clocks(desk: Desk) -> None:
    case = await identified(desk, a_person())
    client = await client_id(desk, case)
    order = Ending(case=case, step=MONITORING, story=STORY, client=client, reason="client_left", actor="staff_desk")

    for _ in range(2):
        await desk.lookout.end(order)

    async with desk.database.session() as session:
        due = await retention.due(session, datetime.now(UTC) + timedelta(days=365 * 11), limit=1000)
    assert {each.retention for each in due if each.client_id == client} == set(Retention)
    assert (await desk.said(case)).count("relationship_ended") == 1


def _subject(client: Client) -> Subject:
    return next(iter(parties_of(client, STORY.date()))).subject()


async def test_a_monitoring_whose_case_came_to_nothing_is_over(desk: Desk) -> None:
    case = await identified(desk, a_person())
    await desk.lookout.next_review(await watching_of(desk, case))
    client = await client_id(desk, case)
    async with desk.database.session() as session:
        await cases.set_status(session, case, CaseStatus.WITHDRAWN)
        await leaving.refuse(session, desk.journal, case)
        told = [stir.cause for stir in await watching.untold(session, timedelta(0)) if stir.client_id == client]
        due = await retention.due(session, datetime.now(UTC) + timedelta(days=365 * 11), limit=1000)

    assert told == ["case_ended"]
    assert {each.retention for each in due if each.client_id == client} == set(Retention)
    assert (await desk.lookout.screen_again(await looking(desk, case))).over


async def test_commercial_mails_are_kept_while_a_client_is_held_and_sent_when_it_no_longer_is(desk: Desk) -> None:
    case = await identified(desk, a_person())
    client, mailer = await client_id(desk, case), FakeMailer()
    links = Links(bytes(32))
    notices = Notices(desk.database, desk.journal, desk.effects, links, mailer, HOUSE)
    contact = Contact(desk.database, desk.journal, notices)
    order = Holding(
        case=case, step=MONITORING, story=STORY, client=client, reason="frozen", actor="staff_r1", key="message_1"
    )
    notice = Notice(case=case, step="explain", story=STORY, letter="material", key="m:1", link="portal")

    await contact.hold(order)
    kept = [await notices.send(notice), len(mailer.sent)]
    await contact.send_kept(await watching_of(desk, case))
    still = len(mailer.sent)
    await contact.lift(order)
    for _ in range(2):
        await contact.send_kept(await watching_of(desk, case))

    assert kept == ["held", 0]
    assert (still, len(mailer.sent)) == (0, 1)


async def test_a_confirmed_hit_holds_commercial_mails_and_its_closing_lets_them_go(desk: Desk) -> None:
    case, signal = await taken_aboard(desk, listed(), "confirmed")
    async with desk.database.session() as session:
        before = await holds.held(session, case)
        await signals.close(session, signal, reason="no_longer_listed", reviewer="staff_r2")
        after = await holds.held(session, case)

    assert (before, after) == (True, False)
