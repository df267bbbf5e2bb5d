"""Signals are judged once, nobody votes twice, decisions stand; meetings, surveys, agreements and check-ins keep up."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, CheckInOutcome, Moment, Role
from onboarding.errors import Unauthenticated
from records import agreements, check_ins, inbox, meetings, reviews, signals, staff, surveys
from records.agreements import AgreementState, NotToSign
from records.journal import Journal
from records.meetings import MeetingState, Move
from records.reviews import AlreadyVoted
from records.signals import AlreadyJudged, SignalState
from records.surveys import SurveyClosed, SurveyState
from tests.records.samples import STORY, a_case


@pytest.fixture
async def case_id(session: AsyncSession, journal: Journal) -> str:
    return await a_case(session, journal)


async def _a_signal(session: AsyncSession, journal: Journal, case_id: str) -> str:
    new = signals.NewSignal(
        case_id=case_id, key="hit:1", round=1, party="main", kind="list_hit", code="name_near", evidence={"score": 91}
    )
    return await signals.add_signal(session, journal.vault, new)


async def test_a_signal_is_found_once_and_judged_once(session: AsyncSession, journal: Journal, case_id: str) -> None:
    signal_id = await _a_signal(session, journal, case_id)
    assert await _a_signal(session, journal, case_id) == signal_id

    for _ in range(2):
        await signals.judge(session, signal_id, SignalState.CLEARED, reason="other_person", reviewer="staff_5")

    with pytest.raises(AlreadyJudged):
        await signals.judge(session, signal_id, SignalState.CONFIRMED, reason="same_person", reviewer="staff_6")
    assert await signals.signals(session, case_id, SignalState.OPEN) == []
    assert await signals.evidence(session, journal.vault, signal_id) == {"score": 91}


async def test_a_held_screening_says_why(session: AsyncSession, journal: Journal, case_id: str) -> None:
    new = signals.NewScreening(
        case_id=case_id, key="1", round=1, party="main", list_name="sdn", outcome="held", held="list_too_old"
    )
    screening_id = await signals.add_screening(session, journal.vault, new)

    row = (await signals.screenings(session, case_id))[0]

    assert (row.outcome, row.held, row.list_version) == ("held", "list_too_old", None)
    assert await signals.screening_evidence(session, journal.vault, screening_id) is None


async def test_a_rating_keeps_its_factors(session: AsyncSession, case_id: str) -> None:
    new = signals.NewRating(
        case_id=case_id, occasion="kyc:1", round=1, band=Band.HIGH, points=71.5, policy="base", policy_version="3",
        factors=[{"code": "country", "points": 40}],
    )  # fmt: skip
    assert await signals.add_rating(session, new) == await signals.add_rating(session, new)

    assert (await signals.ratings(session, case_id))[0].factors == [{"code": "country", "points": 40}]


async def _a_review(session: AsyncSession, case_id: str) -> str:
    new = reviews.NewReview(
        case_id=case_id, step="kyc", round=1, band=Band.HIGH, approvals=2, barred=["staff_1"], opened_story=STORY
    )
    return await reviews.open_review(session, new)


async def _vote(session: AsyncSession, review_id: str, reviewer: str, decision: str = "approve") -> None:
    await reviews.vote(
        session, review_id, reviewer=reviewer, decision=decision, reason="complete", story=STORY, items=["identity"]
    )


async def test_two_reviewers_have_one_voice_each(session: AsyncSession, case_id: str) -> None:
    review_id = await _a_review(session, case_id)
    for reviewer in ("staff_5", "staff_6", "staff_5"):
        await _vote(session, review_id, reviewer)

    with pytest.raises(AlreadyVoted):
        await _vote(session, review_id, "staff_5", "reject")
    row = await reviews.review(session, review_id)
    assert [vote.reviewer for vote in row.votes] == ["staff_5", "staff_6"]
    assert row.barred == ["staff_1"]


async def test_a_closed_review_leaves_the_queue_and_its_decision_stands(session: AsyncSession, case_id: str) -> None:
    review_id = await _a_review(session, case_id)
    assert [one.id for one in await reviews.reviews(session, case_id=case_id, state="open")] == [review_id]
    new = reviews.NewDecision(
        case_id=case_id, key="1", review_id=review_id, decision="approve", reason="complete", band=Band.HIGH,
        reviewers=["staff_5", "staff_6"], story=STORY,
    )  # fmt: skip

    assert await reviews.add_decision(session, new) == await reviews.add_decision(session, new)
    await reviews.close_review(session, review_id, "approve", STORY)

    assert await reviews.reviews(session, case_id=case_id, state="open") == []
    assert [one.decision for one in await reviews.decisions(session, case_id)] == ["approve"]


async def test_consent_is_taken_once_and_only_when_it_is_asked_for(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    vault = journal.vault
    agreement_id = await agreements.draft(session, case_id, "agreement", template="saas", version="1")
    with pytest.raises(NotToSign):
        await agreements.record_consent(session, vault, agreement_id, {"name": "Zephyrine"})
    await agreements.set_document(session, vault, agreement_id, f"{case_id}/a.pdf", b"paper")
    await agreements.set_agreement_state(session, agreement_id, AgreementState.SENT)

    await agreements.record_consent(session, vault, agreement_id, {"name": "Zephyrine"})

    with pytest.raises(NotToSign):
        await agreements.record_consent(session, vault, agreement_id, {"name": "Mallory"})
    assert await agreements.consent(session, vault, agreement_id) == {"name": "Zephyrine"}
    await agreements.set_signed(session, vault, agreement_id, f"{case_id}/s.pdf", b"signed")
    row = await agreements.agreement(session, agreement_id)
    assert (row.state, row.signed_key) == (AgreementState.SEALED, f"{case_id}/s.pdf")
    assert row.document_digest != row.signed_digest


async def test_a_meeting_keeps_its_uid_and_counts_its_changes(session: AsyncSession, case_id: str) -> None:
    new = meetings.NewMeeting(
        case_id=case_id, step="kickoff", purpose="kickoff", minutes=45, owner="staff_2", timezone="Europe/Stockholm",
        slots=[STORY],
    )  # fmt: skip
    meeting_id = await meetings.offer(session, new)
    assert await meetings.offer(session, new) == meeting_id
    later = STORY + timedelta(days=1)

    sequences = [
        await meetings.book(
            session,
            meeting_id,
            starts=at,
            ends=at + timedelta(minutes=45),
            move=Move(to=at, story=STORY, actor="client", message=message),
        )
        for at, message in ((STORY, "m1"), (STORY, "m1"), (later, "m2"))
    ]
    cancelled = [await meetings.cancel(session, meeting_id) for _ in range(2)]

    row = await meetings.meeting(session, meeting_id)
    assert sequences == [0, 0, 1]
    assert cancelled == [2, 2]
    assert (row.state, row.starts, [move.to for move in row.moves]) == (MeetingState.CANCELLED, later, [STORY, later])
    assert row.uid == f"{meeting_id}@aboard"


async def test_answers_may_be_changed_until_the_survey_closes(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    survey_id = await surveys.open_survey(session, case_id, "day30", "pulse", opened=STORY, expires=STORY)
    for ease in (3, 6):
        await surveys.save_answers(session, journal.vault, survey_id, {"ease": ease})
    await surveys.close_survey(session, survey_id, SurveyState.EXPIRED, STORY)

    with pytest.raises(SurveyClosed):
        await surveys.save_answers(session, journal.vault, survey_id, {"ease": 7})
    assert await surveys.answers(session, journal.vault, survey_id) == {"ease": 6}


async def test_progress_is_kept_when_material_is_published_again(session: AsyncSession, case_id: str) -> None:
    await surveys.publish(session, case_id, "guides", ["start", "invite"], STORY)
    await surveys.read(session, case_id, "guides", "start", STORY, "electronic")
    await surveys.publish(session, case_id, "guides", ["start", "invite"], STORY + timedelta(days=1))

    progress = [(one.guide, one.read_story, one.choice) for one in await surveys.guidance(session, case_id)]
    assert progress == [("start", STORY, "electronic"), ("invite", None, None)]


async def test_a_check_in_keeps_its_dates_its_first_brief_and_its_outcome(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    due = Moment(nominal=STORY, effective=STORY + timedelta(days=2), reason="weekend")
    new = check_ins.NewCheckIn(case_id=case_id, step="day30", day=30, due=due, dates={"survey_at": STORY})
    check_in_id = await check_ins.plan_check_in(session, new)
    for score in (1, 2):
        await check_ins.save_brief(session, journal.vault, check_in_id, {"score": score})
    await check_ins.record(session, check_in_id, {"usage": 71, "blockers": []}, "staff_2")

    await check_ins.set_check_in_outcome(
        session, check_in_id, CheckInOutcome.AMBER, reasons=["low_adoption"], missing=["ces"], story=STORY
    )

    row = await check_ins.check_in(session, check_in_id)
    assert await check_ins.plan_check_in(session, new) == check_in_id
    assert (row.due, row.dates, row.outcome) == (due, {"survey_at": STORY}, CheckInOutcome.AMBER)
    assert (row.recorded, row.missing) == ({"usage": 71, "blockers": []}, ["ces"])
    assert await check_ins.brief(session, journal.vault, check_in_id) == {"score": 1}


async def test_a_vendors_event_is_stored_once_and_offered_until_it_is_delivered(
    session: AsyncSession, journal: Journal, case_id: str
) -> None:
    async def receive() -> bool:
        return await inbox.receive(
            session, journal.vault, vendor="sign", event="e1", case_id=case_id, kind="signed", payload={"name": "Z"}
        )

    assert [await receive(), await receive()] == [True, False]
    assert [one.event for one in await inbox.undelivered(session, timedelta(0))] == ["e1"]
    assert await inbox.payload(session, journal.vault, "sign", "e1") == {"name": "Z"}

    await inbox.delivered(session, "sign", "e1")

    assert await inbox.undelivered(session, timedelta(0)) == []


async def test_staff_are_known_by_their_token_until_disabled_or_renewed(session: AsyncSession) -> None:
    staff_id, token = await staff.create(session, name="Rosa", email="rosa@aboard.example", roles=[Role.REVIEWER])
    assert (await staff.authenticate(session, token)).roles == [Role.REVIEWER]
    assert [member.id for member in await staff.members(session, Role.REVIEWER)] == [staff_id]

    renewed = await staff.renew_token(session, staff_id)
    with pytest.raises(Unauthenticated):
        await staff.authenticate(session, token)
    await staff.disable(session, staff_id)

    with pytest.raises(Unauthenticated):
        await staff.authenticate(session, renewed)


async def test_a_member_of_staff_is_made_once(session: AsyncSession) -> None:
    await staff.create(session, name="Rosa", email="r@aboard.example", roles=[Role.CSM], staff_id="staff_rosa")

    with pytest.raises(staff.StaffExists):
        await staff.create(session, name="Rosa", email="r@aboard.example", roles=[Role.CSM], staff_id="staff_rosa")
