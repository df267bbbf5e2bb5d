"""Cases, their steps and waits, tasks and notes."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, CaseStatus, Holder, Moment, Role, StepState
from onboarding.clock import Clock
from onboarding.errors import Conflict, Invalid, NotFound
from onboarding.plan import Guide, Kind, Plan, PlannedStep, Resource, Step
from records import cases, staff, steps, tasks
from records.cases import Filter, NewCase, ReferenceTaken
from records.journal import Journal
from tests.records.samples import STORY, a_case, a_client

DUE = Moment(nominal=STORY, effective=STORY + timedelta(days=1), reason="holiday")


@pytest.fixture
async def case_id(session: AsyncSession, journal: Journal) -> str:
    return await a_case(session, journal)


def _planned(key: str) -> PlannedStep:
    guide = Guide(resources=[Resource(id="start", title={"en": "Start"}, link="https://example.com/start")])
    step = Step(key=key, kind=Kind.GUIDANCE, name={"en": key}, guide=guide)
    return PlannedStep(step=step, owner="staff_2", due=DUE)


def _a_task(case_id: str, key: str = "1", due: Moment | None = DUE) -> tasks.NewTask:
    return tasks.NewTask(
        case_id=case_id, step="documents", key=key, code="upload", role="client", holder=Holder.CLIENT, due=due,
        opened_story=STORY, resources={"item": "identity"},
    )  # fmt: skip


async def test_an_opened_case_waits_for_its_workflow_with_a_client_and_an_entry(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    row = await cases.case(session, case_id)

    assert (row.status, row.started, row.journal_length) == (CaseStatus.STARTING, None, 1)
    assert row.clock == Clock(origin=row.created, speed=1.0)
    assert await cases.client_of(session, journal.vault, case_id) == a_client()
    assert [entry.what for entry in await journal.read(session, case_id)] == ["case_opened"]


async def test_a_case_without_an_owner_goes_to_the_first_manager_at_work(
    session: AsyncSession, journal: Journal
) -> None:
    new = NewCase(client=a_client(), playbook="saas", started_by="staff_1")
    with pytest.raises(NotFound):
        async with session.begin_nested():
            await cases.open_case(session, journal, new, at=STORY)
    for staff_id in ("staff_c", "staff_a", "staff_b"):
        await staff.create(session, name="M", email="m@aboard.example", roles=[Role.CSM], staff_id=staff_id)
    await staff.disable(session, "staff_a")

    assert (await cases.open_case(session, journal, new, at=STORY)).owner == "staff_b"


async def test_a_reference_is_taken_once(session: AsyncSession, journal: Journal) -> None:
    case_id = await a_case(session, journal, reference="crm-1")

    with pytest.raises(ReferenceTaken):
        async with session.begin_nested():
            await a_case(session, journal, reference="crm-1")
    known = await cases.by_reference(session, "crm-1")
    assert known is not None
    assert known.id == case_id


@pytest.mark.parametrize("reference", ["zephyrine@quillfeather.example", "Zephyrine Quillfeather", ""])
async def test_a_reference_that_looks_like_a_person_is_refused(
    session: AsyncSession, journal: Journal, reference: str
) -> None:
    with pytest.raises(ValueError, match="reference"):
        await a_case(session, journal, reference=reference)


async def test_the_client_may_be_corrected_but_stays_of_its_kind(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    moved = a_client().model_copy(update={"country": "NO"})
    await cases.set_client(session, journal.vault, case_id, moved)
    assert await cases.client_of(session, journal.vault, case_id) == moved

    with pytest.raises(Conflict):
        await cases.set_client(session, journal.vault, case_id, moved.model_copy(update={"kind": "person"}))


async def test_what_was_never_marked_started_is_found_by_the_sweep(session: AsyncSession, journal: Journal) -> None:
    marked, forgotten = await a_case(session, journal), await a_case(session, journal)
    await cases.mark_started(session, marked)

    found = [row.id for row in await cases.unstarted(session, timedelta(0))]

    assert forgotten in found
    assert marked not in found
    assert await cases.unstarted(session, timedelta(hours=1)) == []


async def test_pages_show_every_case_once_newest_first(session: AsyncSession, journal: Journal) -> None:
    opened = [await a_case(session, journal) for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await cases.cases(session, Filter(), cursor, limit=2)
        seen += [row.id for row in page.rows]
        cursor = page.next
        if cursor is None:
            break

    assert [case_id for case_id in seen if case_id in opened] == opened[::-1]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("cursor", ["nonsense", "bm9uc2Vuc2U=", "é", "W10=", "eyJhIjoxfQ=="])
async def test_a_foreign_cursor_is_refused(session: AsyncSession, cursor: str) -> None:
    with pytest.raises(Invalid):
        await cases.cases(session, Filter(), cursor)


async def test_cases_are_filtered(session: AsyncSession, journal: Journal, case_id: str) -> None:
    await cases.set_status(session, case_id, CaseStatus.PAUSED, reason="season")
    await cases.set_band(session, case_id, Band.HIGH)
    await cases.set_owner(session, case_id, "staff_7")
    await steps.set_wait(session, case_id, "documents", holder=Holder.CLIENT, since=STORY, wakes_at=STORY, why="asked")

    async def ids(**which: object) -> list[str]:
        return [row.id for row in (await cases.cases(session, Filter.model_validate(which))).rows]

    assert await ids(status="paused", band="high", owner="staff_7", waiting_on="client") == [case_id]
    assert await ids(owner="staff_7", waiting_on="vendor") == []


async def test_a_case_that_is_not_there_is_not_found(session: AsyncSession, journal: Journal) -> None:
    with pytest.raises(NotFound):
        await cases.case(session, "case_none")
    with pytest.raises(NotFound):
        await cases.set_owner(session, "case_none", "staff_1")
    with pytest.raises(NotFound):
        await cases.client_of(session, journal.vault, "case_none")


async def test_a_plan_is_kept_as_it_is(session: AsyncSession, case_id: str) -> None:
    with pytest.raises(NotFound):
        await cases.plan(session, case_id)
    plan = Plan(
        case=case_id, client="client_1", playbook="saas", version=1, hash="h", clock=Clock(origin=STORY),
        facts={"kind": "company"}, steps=[_planned("welcome")], made=STORY,
    )  # fmt: skip

    await cases.set_plan(session, case_id, plan)
    await cases.add_facts(session, case_id, {"documents": "electronic"})

    assert await cases.plan(session, case_id) == plan
    assert (await cases.case(session, case_id)).facts == {"kind": "company", "documents": "electronic"}


async def test_steps_open_and_close_once(session: AsyncSession, case_id: str) -> None:
    await steps.save_steps(session, case_id, [_planned("welcome"), _planned("demo")])
    await steps.open_step(session, case_id, "welcome", STORY)
    await steps.save_steps(session, case_id, [_planned("welcome"), _planned("demo")])
    await steps.open_step(session, case_id, "welcome", STORY + timedelta(days=9))
    opened = await steps.step(session, case_id, "welcome")

    await steps.close_step(session, case_id, "welcome", STORY, StepState.DONE, "done")
    await steps.open_step(session, case_id, "welcome", STORY)

    assert (opened.state, opened.opened_story, opened.due) == (StepState.OPEN, STORY, DUE)
    assert [(one.key, one.state) for one in await steps.steps(session, case_id)] == [
        ("welcome", StepState.DONE),
        ("demo", StepState.PENDING),
    ]


async def test_a_wait_is_replaced_and_cleared_with_its_step(session: AsyncSession, case_id: str) -> None:
    await steps.save_steps(session, case_id, [_planned("demo")])
    for why in ("asked", "reminded"):
        await steps.set_wait(session, case_id, "demo", holder=Holder.CLIENT, since=STORY, wakes_at=STORY, why=why)
    assert [one.why for one in await steps.waits(session, [case_id])] == ["reminded"]

    await steps.close_step(session, case_id, "demo", STORY, StepState.DONE, "done")

    assert await steps.waits(session, [case_id]) == []


async def test_a_pause_moves_what_is_open_and_keeps_the_nominal_dates(session: AsyncSession, case_id: str) -> None:
    await steps.save_steps(session, case_id, [_planned("welcome"), _planned("demo")])
    await steps.close_step(session, case_id, "welcome", STORY, StepState.DONE, "done")
    open_task = await tasks.open_task(session, _a_task(case_id))

    await steps.shift_due(session, case_id, timedelta(days=3), "pause")

    moved = Moment(nominal=STORY, effective=STORY + timedelta(days=4), reason="pause")
    assert (await steps.step(session, case_id, "demo")).due == moved
    assert (await steps.step(session, case_id, "welcome")).due == DUE
    assert (await tasks.task(session, open_task)).due == moved


async def test_a_task_is_opened_once_and_closed_once(session: AsyncSession, case_id: str) -> None:
    task_id = await tasks.open_task(session, _a_task(case_id))
    assert await tasks.open_task(session, _a_task(case_id)) == task_id

    assert await tasks.close_task(session, task_id, resolution="uploaded", story=STORY)
    assert not await tasks.close_task(session, task_id, resolution="given_up", story=STORY)

    row = await tasks.task(session, task_id)
    assert (row.state, row.resolution, row.resources) == ("done", "uploaded", {"item": "identity"})


async def test_tasks_are_listed_by_what_is_due_first(session: AsyncSession, case_id: str) -> None:
    early = Moment(nominal=STORY, effective=STORY)
    never = await tasks.open_task(session, _a_task(case_id, "never", None))
    late = await tasks.open_task(session, _a_task(case_id, "late"))
    first = await tasks.open_task(session, _a_task(case_id, "first", early))
    await tasks.assign_task(session, late, "staff_4")

    assert [one.id for one in await tasks.tasks(session, case_id=case_id, state="open")] == [first, late, never]
    assert [one.id for one in await tasks.tasks(session, case_id=case_id, owner="staff_4")] == [late]
    assert await tasks.tasks(session, case_id=case_id, roles=["reviewer"]) == []


async def test_the_open_tasks_of_a_case_are_cancelled_together(session: AsyncSession, case_id: str) -> None:
    done = await tasks.open_task(session, _a_task(case_id, "1"))
    await tasks.close_task(session, done, resolution="uploaded", story=STORY)
    left = await tasks.open_task(session, _a_task(case_id, "2"))

    assert await tasks.cancel_tasks(session, case_id, story=STORY, resolution="withdrawn") == [left]


async def test_a_note_is_kept_once_and_read_again(session: AsyncSession, journal: Journal, case_id: str) -> None:
    vault = journal.vault
    note_id = await tasks.add_note(session, vault, case_id, author="staff_1", text="Called: 王 is away", key="m1")
    assert await tasks.add_note(session, vault, case_id, author="staff_1", text="again", key="m1") == note_id

    assert (await tasks.note(session, vault, note_id)).text == "Called: 王 is away"
    assert [one.id for one in await tasks.notes(session, vault, case_id)] == [note_id]


async def test_times_come_back_aware_and_in_utc(session: AsyncSession, case_id: str) -> None:
    await session.execute(text("SELECT 1"))

    assert (await cases.case(session, case_id)).created.utcoffset() == timedelta(0)
