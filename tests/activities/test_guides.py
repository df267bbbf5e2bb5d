"""Guides: published in order, acknowledged once."""

from datetime import timedelta

from onboarding.deeds import Publishing, Read
from records import surveys
from tests.activities.desk import STORY, Desk, step_of


async def test_material_is_put_before_the_client_once_and_keeps_its_progress(desk: Desk) -> None:
    case = await desk.case()
    guide = step_of("saas", "explain").guide
    assert guide
    order = Publishing(case=case, step="explain", story=STORY, guide=guide)
    await desk.guides.publish(order)
    read = Read(case=case, step="explain", story=STORY, resource="features", actor=f"client:{case}")

    await desk.guides.read(read)
    await desk.guides.publish(order)
    await desk.guides.read(read.model_copy(update={"story": STORY + timedelta(days=1)}))

    async with desk.database.session() as session:
        shown = await surveys.guidance(session, case, "explain")
    assert [(guide.guide, guide.read_story) for guide in shown] == [("features", STORY), ("plans-and-prices", None)]
    assert (await desk.said(case)).count("guide_read") == 1
