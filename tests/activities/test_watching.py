"""Watching: when a client is looked at again, and what comes of it."""

from datetime import date, timedelta

from onboarding.clock import Clock
from onboarding.deeds import Watching
from onboarding.plan import Watch
from records import handed_in, signals, tasks
from records.signals import SignalState
from tests.activities.desk import STORY, Desk, a_person, identified, listed


def watching(case: str, days: int = 0) -> Watching:
    return Watching(
        case=case, step="monitor", story=STORY + timedelta(days=days), client="client_x",
        watch=Watch(policy="risk-standard-eu"), clock=Clock(origin=STORY),
    )  # fmt: skip


async def test_the_next_review_comes_by_the_band_or_before_a_document_expires(desk: Desk) -> None:
    lasting = await identified(desk, a_person(), expires=date(2036, 1, 1))
    expiring = await identified(desk, a_person(), expires=date(2026, 12, 1))

    by_band = await desk.lookout.next_review(watching(lasting))
    by_document = await desk.lookout.next_review(watching(expiring))

    assert by_band.year == 2029  # three years: nobody has rated this client yet
    assert by_document.date() == date(2026, 9, 2)


async def test_monitoring_hands_a_new_hit_to_a_reviewer_once(desk: Desk) -> None:
    case = await identified(desk, listed())

    await desk.lookout.screen_again(watching(case, days=30))
    await desk.lookout.screen_again(watching(case, days=30))

    async with desk.database.session() as session:
        opened = await tasks.tasks(session, case_id=case, state="open")
        standing = await signals.signals(session, case, SignalState.OPEN)
    assert [(task.code, task.role) for task in opened] == [("new_signals", "reviewer")]
    assert len(standing) == 1


async def test_monitoring_that_is_held_is_tried_again_the_next_day(desk: Desk) -> None:
    case = await identified(desk, a_person())
    desk.list_file.unlink()

    await desk.lookout.screen_again(watching(case))

    assert (await desk.lookout.next_review(watching(case))).date() == date(2026, 3, 3)
    async with desk.database.session() as session:
        assert [task.code for task in await tasks.tasks(session, case_id=case)] == ["screening_held"]
        assert await handed_in.documents(session, case)
