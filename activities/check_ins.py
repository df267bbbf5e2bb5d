"""Check-ins: their dates, the brief as the manager saw it, the survey, the meeting, and what they came to."""

from datetime import date, datetime, time, timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.casework import calendar_of
from activities.diary import Diary
from onboarding import health
from onboarding.calendar import MEETS_AT, Calendar, too_near
from onboarding.case import CheckInOutcome, Code, Moment, Role
from onboarding.deeds import (
    ABOARD,
    Assessed,
    CheckInDates,
    CheckingIn,
    Offered,
    Outcome,
    Place,
    Planning,
    SurveyClosed,
    SurveyOpened,
)
from records import cases, check_ins, meetings, signals, steps, surveys, tasks
from records.check_ins import CheckInRow, NewCheckIn
from records.database import Database
from records.journal import Journal
from records.meetings import MeetingState, Move, NewMeeting
from records.signals import SignalState
from records.surveys import SurveyState

BRIEF, SURVEY = -7, -5  # business days before the check-in (product/checkins.md 4.1)
ANSWERS_IN = 5  # business days for a review that is due at once, and for a check-in that began too late
MINUTES = 30
COMMERCIAL = ("client", Role.STAFF, Role.CSM)  # whose tasks a brief tells of: compliance's are nobody else's business


class CheckIns:
    def __init__(self, database: Database, journal: Journal, diary: Diary) -> None:
        self._database = database
        self._journal = journal
        self._diary = diary

    @activity.defn(name="plan_check_in")
    async def plan(self, order: Planning) -> CheckInDates:
        """The dates of a check-in, counted from the anchor and rolled to working days; planned once, they stay."""
        async with self._database.session() as session:
            calendar = calendar_of(await cases.client_of(session, self._journal.vault, order.case))
            held = _held(calendar, order)
            merged = await self._falls_into_next(session, calendar, order, held)
            new = NewCheckIn(
                case_id=order.case, step=order.step, day=order.check.day, due=held, merged=merged,
                dates=_preparation(calendar, order, held),
            )  # fmt: skip
            planned = await check_ins.check_in(session, await check_ins.plan_check_in(session, new))
            await self._write(session, order, "check_in_planned", planned.id, held.reason)
            return _dates(planned)

    @activity.defn(name="brief_check_in")
    async def brief(self, order: CheckingIn) -> None:
        """Freezes what is known of the client now; the first snapshot stays."""
        async with self._database.session() as session:
            content = await self._snapshot(session, order)
            await check_ins.save_brief(session, self._journal.vault, order.check_in, content)
            await self._write(session, order, "check_in_briefed", order.check_in)

    @activity.defn(name="open_survey")
    async def open_survey(self, order: CheckingIn) -> SurveyOpened:
        async with self._database.session() as session:
            planned = await check_ins.check_in(session, order.check_in)
            assert planned.due
            survey = await surveys.open_survey(
                session, order.case, order.step, order.check.survey, opened=order.story, expires=planned.due.effective
            )
            await self._write(session, order, "survey_opened", survey, order.check.survey)
            return SurveyOpened(survey=survey)

    @activity.defn(name="close_survey")
    async def close_survey(self, order: SurveyClosed) -> None:
        async with self._database.session() as session:
            await surveys.close_survey(session, order.survey, SurveyState(order.state), order.story)
            await self._write(session, order, f"survey_{order.state}", order.survey)

    @activity.defn(name="book_check_in")
    async def book(self, order: CheckingIn) -> Offered:
        """Puts the check-in into the diary at the time that was planned for it."""
        async with self._database.session() as session:
            meeting = await self._meeting(session, order)
        await self._diary.enter(order, meeting)
        return Offered(meeting=meeting.id)

    @activity.defn(name="assess_check_in")
    async def assess(self, order: Assessed) -> Outcome:
        """Stores what was recorded and applies the pass bar of the day; one record has one outcome."""
        async with self._database.session() as session:
            known = await check_ins.check_in(session, order.check_in)
            if known.outcome and known.recorded and known.recorded.get("message") == order.message:
                return _outcome(known.outcome, known.reasons, known.missing)
            inputs = await self._inputs(session, order)
            held = bool(await signals.signals(session, order.case, SignalState.OPEN))
            found = health.assess(await _days(session, order), inputs, hold=held)
            await check_ins.record(session, order.check_in, {**order.recorded, "message": order.message}, order.actor)
            await check_ins.set_check_in_outcome(
                session, order.check_in, found.outcome, reasons=found.reasons, missing=found.missing,
                story=order.story,
                exit_criterion="recovery_plan_agreed" if found.outcome is CheckInOutcome.RED else None,
            )  # fmt: skip
            await self._settle_meeting(session, order)
            await self._write(session, order, f"check_in_{found.outcome}", order.message, None, order.actor)
            return _outcome(found.outcome, found.reasons, found.missing)

    async def _falls_into_next(self, session: AsyncSession, calendar: Calendar, order: Planning, held: Moment) -> bool:
        """Two check-ins nearer than fifteen days are one: the later day's, with the bars of both."""
        day = order.check.day
        if day is None:
            return False
        plan = await cases.plan(session, order.case)
        checks = [planned.step.check for planned in plan.steps if planned.step.check and planned.state == "planned"]
        later = sorted(c.day for c in checks if c.day and c.day > day and c.anchor == order.check.anchor)
        return bool(later) and too_near(held.effective, calendar.check_in(order.anchor, later[0]).effective)

    async def _meeting(self, session: AsyncSession, order: CheckingIn) -> meetings.MeetingRow:
        case = await cases.case(session, order.case)
        client = await cases.client_of(session, self._journal.vault, order.case)
        planned = await check_ins.check_in(session, order.check_in)
        assert planned.due
        starts = planned.due.effective
        new = NewMeeting(
            case_id=order.case, step=order.step, purpose="check_in", minutes=MINUTES, owner=case.owner,
            timezone=client.timezone, slots=[starts],
        )  # fmt: skip
        meeting = await meetings.offer(session, new)
        move = Move(to=starts, story=order.story, actor=ABOARD, message=order.check_in)
        await meetings.book(session, meeting, starts=starts, ends=starts + timedelta(minutes=MINUTES), move=move)
        return await meetings.meeting(session, meeting)

    async def _settle_meeting(self, session: AsyncSession, order: Assessed) -> None:
        for meeting in await meetings.meetings(session, order.case, order.step):
            state = MeetingState.NO_SHOW if order.recorded.get("no_show") is True else MeetingState.HELD
            await meetings.set_outcome(session, meeting.id, state)

    async def _inputs(self, session: AsyncSession, order: Assessed) -> health.Inputs:
        """What the client answered, and over it what the manager recorded."""
        answered: dict[str, health.Input] = {}
        for survey in await surveys.surveys(session, order.case):
            if survey.step == order.step:
                answers = await surveys.answers(session, self._journal.vault, survey.id) or {}
                answered |= cast(dict[str, health.Input], answers)
        return answered | {name: value for name, value in order.recorded.items() if value is not None}

    async def _snapshot(self, session: AsyncSession, order: CheckingIn) -> dict[str, object]:
        """One page for the manager: who, what was done and what is late, what the client said, how KYC stands."""
        vault = self._journal.vault
        client = await cases.client_of(session, vault, order.case)
        case = await cases.case(session, order.case)
        notes = [note.text for note in await tasks.notes(session, vault, order.case)]
        answers = {
            survey.kind: await surveys.answers(session, vault, survey.id)
            for survey in await surveys.surveys(session, order.case)
        }
        open_signals = len(await signals.signals(session, order.case, SignalState.OPEN))
        return {
            "story": order.story.isoformat(),
            "client": {"name": client.name, "contact": client.person.name, "timezone": client.timezone},
            "steps": [row.model_dump(mode="json") for row in await steps.steps(session, order.case)],
            "open_tasks": [
                row.model_dump(mode="json", include={"code", "holder", "due", "step"})
                for row in await tasks.tasks(session, case_id=order.case, state="open", roles=COMMERCIAL)
            ],
            "check_ins": [
                row.model_dump(mode="json", include={"day", "outcome", "reasons", "missing", "recorded"})
                for row in await check_ins.check_ins(session, order.case)
                if row.outcome
            ],
            "surveys": answers,
            "notes": notes,
            "kyc": {"band": case.band, "open_signals": open_signals},
        }

    async def _write(
        self,
        session: AsyncSession,
        order: Place,
        what: str,
        about: str,
        reason: str | None = None,
        actor: str = ABOARD,
    ) -> None:
        await self._journal.write(
            session, order.case, actor=actor, what=what, reason=reason, story=order.story, key=f"{what}:{about}",
            detail={"step": order.step, "about": about},
        )  # fmt: skip


def _held(calendar: Calendar, order: Planning) -> Moment:
    """When it is held. A day that has passed already is held as soon as it can be prepared, and says so."""
    soon = _at(calendar, calendar.local(order.story).date(), ANSWERS_IN, MEETS_AT)
    if order.check.day is None:
        return Moment(nominal=soon, effective=soon)
    held = calendar.check_in(order.anchor, order.check.day)
    if held.effective > order.story:
        return held
    return Moment(nominal=held.nominal, effective=soon, reason="began_late")


def _preparation(calendar: Calendar, order: Planning, held: Moment) -> dict[str, datetime]:
    """The brief, then the survey with the invitation, at ten on their days; at once where that has passed."""
    day = calendar.local(held.effective).date()
    at = {
        name: max(_at(calendar, day, days, MEETS_AT), order.story) if order.check.day else order.story
        for name, days in (("brief", BRIEF), ("survey", SURVEY))
    }
    return at | {"survey": calendar.mail_time(at["survey"]).effective}


def _at(calendar: Calendar, day: date, business_days: int, wall: time) -> datetime:
    return calendar.at_local(calendar.business_day(day, business_days), wall).instant


def _dates(planned: CheckInRow) -> CheckInDates:
    assert planned.due
    return CheckInDates(
        check_in=planned.id,
        held=planned.due,
        brief_at=planned.dates["brief"],
        survey_at=planned.dates["survey"],
        merged=planned.merged,
    )


async def _days(session: AsyncSession, order: CheckingIn) -> list[int | None]:
    """The days whose bars apply: its own, and those of the check-ins just before that were merged into it."""
    mine = order.check.day
    if mine is None:
        return [None]
    merged: list[int | None] = []
    for row in await check_ins.check_ins(session, order.case):
        if row.day is not None and row.day < mine:
            merged = [*merged, row.day] if row.merged else []
    return [*merged, mine]


def _outcome(outcome: CheckInOutcome, reasons: list[Code], missing: list[Code]) -> Outcome:
    return Outcome(outcome=outcome, reasons=reasons, missing=missing)
