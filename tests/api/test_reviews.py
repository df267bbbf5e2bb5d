"""Reviews at the door: what is shown to whom, what is told to the step, and what is refused before it gets there."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from api.door import Door
from onboarding.case import Band, Holder, Moment, Role
from onboarding.errors import Forbidden, Unavailable
from onboarding.watching import MONITORING
from records import cases, reviews, signals, tasks
from records.reviews import NewReview
from records.signals import NewSignal
from records.tables import CaseRecord
from records.tasks import NewTask
from tests.api.house import Caller, FakeEngine, Staff, a_request, planned

STORY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def case_id(desk: Caller, door: Door) -> str:
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    await planned(door, case_id, opened=("verify",))
    return case_id


@pytest.fixture
async def reviewer(staff: Staff) -> Caller:
    return await staff.who_is(Role.REVIEWER)


@pytest.fixture
async def second(staff: Staff) -> Caller:
    return await staff.who_is(Role.REVIEWER)


async def a_review(door: Door, case_id: str, band: Band = Band.HIGH, step: str = "verify") -> str:
    new = NewReview(case_id=case_id, step=step, round=1, band=band, approvals=2, barred=[], opened_story=STORY)
    async with door.database.session() as session:
        return await reviews.open_review(session, new)


async def a_signal(door: Door, case_id: str, kind: str = "list_hit") -> str:
    new = NewSignal(case_id=case_id, key=kind, round=1, kind=kind, code=kind, evidence={"name": "Z. Quillfeather"})
    async with door.database.session() as session:
        return await signals.add_signal(session, door.vault, new)


async def due(door: Door, case_id: str, review: str, at: datetime) -> None:
    task = NewTask(
        case_id=case_id, step="verify", key="review", code="review", role="reviewer", holder=Holder.REVIEWER,
        due=Moment(nominal=at, effective=at), opened_story=STORY, resources={"review": review},
    )  # fmt: skip
    async with door.database.session() as session:
        await tasks.open_task(session, task)


async def spoke(door: Door, review: str, who: Caller, decision: str = "approve", note: str | None = None) -> None:
    async with door.database.session() as session:
        row = await reviews.review(session, review)
        note_id = note and await tasks.add_note(
            session, door.vault, row.case_id, author=who.id, text=note, confidential=True
        )
        await reviews.vote(
            session, review, reviewer=who.id, decision=decision, reason="checked", story=STORY, note=note_id
        )


def told(engine: FakeEngine) -> Iterable[tuple[str, str, dict[str, object]]]:
    return [(workflow, message.what, dict(message.evidence)) for workflow, message in engine.heard]


# ── a client with several cases ────────────────────────────────────────────────────────────────────────────────────
async def another_case(desk: Caller, door: Door, first: str) -> str:
    """A second case of the client of the first."""
    case_id = str((await desk.post("/cases", a_request())).json()["case"])
    async with door.database.session() as session:
        client = (await cases.case(session, first)).client_id
        await session.execute(update(CaseRecord).where(CaseRecord.id == case_id).values(client_id=client))
    return case_id


async def test_monitoring_shows_and_hears_of_signals_of_every_case_of_its_client(
    desk: Caller, reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    other = await another_case(desk, door, case_id)
    review = await a_review(door, case_id, step=MONITORING)
    signal = await a_signal(door, other)

    file = (await reviewer.get(f"/reviews/{review}")).json()
    answer = await reviewer.post(f"/signals/{signal}/judgement", {"verdict": "cleared", "reason": "birth_date_differs"})

    async with door.database.session() as session:
        client = (await cases.case(session, case_id)).client_id
    assert [one["signal"]["id"] for one in file["signals"]] == [signal]
    assert answer.status_code == 200
    [(workflow, what, said)] = told(engine)
    assert (workflow, what, said["review"], said["signal"]) == (f"monitoring-{client}", "judge_signal", review, signal)


async def test_who_owns_another_case_of_the_client_is_not_independent(
    desk: Caller, reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    other = await another_case(desk, door, case_id)
    review = await a_review(door, case_id, step=MONITORING)
    async with door.database.session() as session:
        await cases.set_owner(session, other, reviewer.id)

    answer = await reviewer.post(f"/reviews/{review}/decision", {"decision": "approve", "reason": "no_doubts_left"})

    assert (answer.status_code, answer.json()["code"]) == (403, "reviewer_is_not_independent")
    assert list(told(engine)) == []


# ── the file and the queue ─────────────────────────────────────────────────────────────────────────────────────────
async def test_a_reviewer_reads_the_evidence_and_an_auditor_only_the_outcome(
    staff: Staff, reviewer: Caller, door: Door, case_id: str
) -> None:
    review = await a_review(door, case_id)
    await a_signal(door, case_id)

    file = (await reviewer.get(f"/reviews/{review}")).json()
    audited = (await (await staff.who_is(Role.AUDITOR)).get(f"/reviews/{review}")).json()

    assert file["signals"][0]["evidence"] == {"name": "Z. Quillfeather"}
    assert file["client"]["person"]["name"] == "Zephyrine Quillfeather"
    assert (audited["signals"][0]["evidence"], audited["client"]) == (None, None)


async def test_the_second_reviewer_reads_the_first_voice_only_after_their_own(
    reviewer: Caller, second: Caller, door: Door, case_id: str
) -> None:
    review = await a_review(door, case_id)
    await spoke(door, review, reviewer, note="I am not at ease with the mother's statements")

    before = await second.get(f"/reviews/{review}")
    await spoke(door, review, second, "reject")
    after = (await second.get(f"/reviews/{review}")).json()

    assert (before.json()["blind"], before.json()["voices"]) == (True, [])
    assert reviewer.id not in before.text
    assert "at ease" not in before.text
    assert [one["voice"]["decision"] for one in after["voices"]] == ["approve", "reject"]
    assert after["voices"][0]["note"] == "I am not at ease with the mother's statements"


async def test_neither_the_queue_nor_the_timeline_tells_what_the_first_reviewer_said(
    desk: Caller, reviewer: Caller, second: Caller, door: Door, case_id: str
) -> None:
    review = await a_review(door, case_id)
    untouched = (await second.get("/reviews", case=case_id)).json()
    await spoke(door, review, reviewer, "reject")

    assert (await second.get("/reviews", case=case_id)).json() == untouched
    assert "reject" not in (await desk.get(f"/cases/{case_id}")).text


async def test_a_senior_reads_both_voices_once_they_disagree(
    staff: Staff, reviewer: Caller, door: Door, case_id: str
) -> None:
    senior = await staff.who_is(Role.REVIEWER, Role.SENIOR)
    review = await a_review(door, case_id)
    await spoke(door, review, reviewer)
    blind = (await senior.get(f"/reviews/{review}")).json()["blind"]

    async with door.database.session() as session:
        await reviews.leave_to_senior(session, review)
    file = (await senior.get(f"/reviews/{review}")).json()

    assert (blind, file["blind"], len(file["voices"])) == (True, False, 1)
    assert file["review"]["wants"] == "senior"


async def test_the_queue_puts_the_riskiest_first_and_then_what_is_due_first(
    desk: Caller, reviewer: Caller, door: Door
) -> None:
    opened = []
    for band, days in ((Band.MEDIUM, 1), (Band.HIGH, 3), (Band.HIGH, 2)):
        case_id = str((await desk.post("/cases", a_request())).json()["case"])
        await planned(door, case_id, opened=("verify",))
        opened.append(await a_review(door, case_id, band))
        await due(door, case_id, opened[-1], STORY + timedelta(days=days))

    queue = (await reviewer.get("/reviews")).json()["reviews"]

    medium, late, soon = opened
    assert [one["id"] for one in queue if one["id"] in opened] == [soon, late, medium]
    assert next(one for one in queue if one["id"] == soon)["due"]["effective"] == "2026-03-04T09:00:00Z"


async def test_the_queue_tells_who_holds_a_review_until_the_claim_is_over(
    reviewer: Caller, door: Door, case_id: str
) -> None:
    review = await a_review(door, case_id)
    seen = []

    for until in (datetime.now(UTC) + timedelta(minutes=5), datetime.now(UTC) - timedelta(minutes=5)):
        async with door.database.session() as session:
            await reviews.claim(session, review, "staff_7", until)
        [line] = (await reviewer.get("/reviews", case=case_id)).json()["reviews"]
        seen.append(line["held_by"] and line["held_by"]["reviewer"])

    assert seen == ["staff_7", None]


# ── signals ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_verdict_is_told_to_the_step_that_holds_the_review(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review, signal = await a_review(door, case_id), await a_signal(door, case_id)

    answer = await reviewer.post(f"/signals/{signal}/judgement", {"verdict": "cleared", "reason": "birth_date_differs"})

    evidence = {
        "review": review, "roles": ["reviewer"], "signal": signal, "verdict": "cleared", "reason": "birth_date_differs"
    }  # fmt: skip
    assert answer.json() == {"status": "taken"}
    assert told(engine) == [(f"onboarding-{case_id}/verify", "judge_signal", evidence)]


@pytest.mark.parametrize(("kind", "reason"), [("list_hit", "because"), ("evidence", "birth_date_differs")])
async def test_a_reason_that_is_not_in_the_set_of_this_kind_is_refused(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str, kind: str, reason: str
) -> None:
    await a_review(door, case_id)
    signal = await a_signal(door, case_id, kind)

    answer = await reviewer.post(f"/signals/{signal}/judgement", {"verdict": "cleared", "reason": reason})

    assert (answer.status_code, answer.json()["code"]) == (422, "reason_not_for_signal")
    assert engine.heard == []


async def test_the_reasons_are_published_by_kind_of_signal(reviewer: Caller) -> None:
    reasons = (await reviewer.get("/reasons")).json()

    assert "birth_date_differs" in reasons["list_hit"]["cleared"]
    assert "family_or_associate" in reasons["pep_hit"]["confirmed"]


async def test_a_signal_without_an_open_review_cannot_be_judged(reviewer: Caller, door: Door, case_id: str) -> None:
    review, signal = await a_review(door, case_id), await a_signal(door, case_id)
    async with door.database.session() as session:
        await reviews.close_review(session, review, "approve", STORY)

    answer = await reviewer.post(f"/signals/{signal}/judgement", {"verdict": "cleared", "reason": "other_person"})

    assert (answer.status_code, answer.json()["code"]) == (409, "review_not_open")


# ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_decision_goes_with_the_roles_of_who_decides(
    staff: Staff, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    senior = await staff.who_is(Role.REVIEWER, Role.SENIOR)

    await senior.post(f"/reviews/{review}/decision", {"decision": "reject", "reason": "sanctioned"})

    [(_workflow, what, evidence)] = told(engine)
    assert (what, evidence["decision"], evidence["roles"]) == ("decide", "reject", ["reviewer", "senior"])


async def test_whoever_came_to_own_the_client_meanwhile_cannot_review_it(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    async with door.database.session() as session:
        await cases.set_owner(session, case_id, reviewer.id)

    answer = await reviewer.post(f"/reviews/{review}/decision", {"decision": "approve", "reason": "fine"})

    assert (answer.status_code, answer.json()["code"]) == (403, "reviewer_is_not_independent")
    assert engine.heard == []


async def test_a_note_is_kept_sealed_and_only_its_id_is_told(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    said = {"decision": "approve", "reason": "fine", "note": "Zephyrine was born in Ystad"}

    await reviewer.post(f"/reviews/{review}/decision", said)

    async with door.database.session() as session:
        note = await tasks.note(session, door.vault, str(engine.heard[0][1].evidence["note"]))
        of_the_case = await tasks.notes(session, door.vault, case_id)
    assert note.text == said["note"]
    assert of_the_case == []  # a reviewer's words are in no brief of a customer-success manager
    assert "Zephyrine" not in engine.heard[0][1].model_dump_json()


async def test_a_note_to_a_refused_decision_is_taken_back(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    engine.failures.append(Forbidden(code="senior_needed"))

    answer = await reviewer.post(
        f"/reviews/{review}/decision",
        {
            "decision": "approve_with_conditions",
            "reason": "x",
            "note": "words",
            "conditions": [{"code": "source_of_funds", "days": 30}],
        },
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "senior_needed")
    async with door.database.session() as session:
        assert await tasks.notes(session, door.vault, case_id) == []


async def test_after_an_outage_the_same_note_is_found_again(
    reviewer: Caller, door: Door, engine: FakeEngine, case_id: str
) -> None:
    review = await a_review(door, case_id)
    engine.failures.append(Unavailable())
    said = {"decision": "approve", "reason": "x", "note": "words"}

    statuses = [(await reviewer.post(f"/reviews/{review}/decision", said, key="n")).status_code for _ in range(2)]

    assert statuses == [503, 200]
    async with door.database.session() as session:
        assert (await tasks.note(session, door.vault, str(engine.heard[0][1].evidence["note"]))).text == "words"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"decision": "request_information"}, "items_do_not_fit"),
        ({"decision": "approve", "items": ["identity"]}, "items_do_not_fit"),
        ({"decision": "approve_with_conditions"}, "conditions_do_not_fit"),
        ({"decision": "approve", "conditions": [{"code": "source_of_funds", "days": 3}]}, "conditions_do_not_fit"),
    ],
)
async def test_items_and_conditions_go_with_their_own_decision_alone(
    reviewer: Caller, door: Door, case_id: str, said: dict[str, object], code: str
) -> None:
    review = await a_review(door, case_id)

    answer = await reviewer.post(f"/reviews/{review}/decision", {"reason": "x", **said})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
