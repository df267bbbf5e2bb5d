"""Surveys: answered from a signed link without signing in, or by a client who is. Answers may be changed until the
survey closes; the story hears of the first ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from activities.letters import things
from api.access import TheDoor
from api.door import Door
from api.portal.access import Visit, Visiting
from api.portal.questions import Answer, Question, checked, questions
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key, doing_once
from api.views import example
from onboarding.case import Client, Strict
from onboarding.errors import Gone, NotFound, OnboardingError
from records import cases, surveys
from records.cases import CaseRow
from records.links import LinkUnknown, Purpose
from records.rows import Row
from records.surveys import SurveyRow, SurveyState

router = APIRouter()


class SurveyView(Row):
    """`given` are the answers so far; they can be changed while the state is `open`."""

    model_config = example(
        {
            "kind": "day-30",
            "title": "Your first month",
            "language": "en",
            "state": "open",
            "answered": False,
            "questions": [],
            "given": {},
        }
    )

    kind: str
    title: str
    language: str
    state: SurveyState
    answered: bool
    questions: list[Question]
    given: dict[str, Answer]


class Answers(Strict):
    """Answers by the name of their question; what is left out is not answered."""

    answers: dict[str, Answer | None] = Field(
        max_length=20, examples=[{"ces": 6, "first_value": "yes", "blockers": ["none"], "confidence": 4}]
    )


class Answered(Row):
    model_config = example({"survey": "survey_5r7t1y6z4x8k2m9q0w3e", "status": "taken"})

    survey: str
    status: str


@dataclass(frozen=True)
class Respondent:
    """Who answers which survey: known by the survey's link, or by a session."""

    door: Door
    case: CaseRow
    client: Client = field(repr=False)
    survey: str

    @property
    def actor(self) -> str:
        return f"client:{self.case.id}"


@router.get("/surveys/{token}", responses=errors(*ABOUT_ONE, Gone))
async def survey(token: str, door: TheDoor) -> SurveyView:
    """The survey behind a link of a mail. Reading it uses nothing up."""
    return await survey_view(await by_link(door, token))


@router.post("/surveys/{token}", response_model=Answered, responses=errors(*POSTED, *ABOUT_ONE, Gone))
async def answered(token: str, body: Answers, door: TheDoor, key: Key) -> Response:
    """Answers, or changes the answers, until the survey closes."""
    return await answer(await by_link(door, token), body, key)


async def by_link(door: Door, token: str) -> Respondent:
    """LinkUnknown or LinkExpired when the link leads nowhere."""
    async with door.database.session() as session:
        link = await door.links.peek(session, token)
        if link.purpose is not Purpose.SURVEY or link.subject is None:
            raise LinkUnknown
        case = await cases.case(session, link.case_id)
        client = await cases.client_of(session, door.vault, case.id)
    return Respondent(door, case, client, link.subject)


async def by_visit(visit: Visit, survey_id: str) -> Respondent:
    async with visit.door.database.session() as session:
        row = await surveys.survey(session, survey_id)
    if row.case_id != visit.case.id:
        raise NotFound(code="survey_not_found")
    return Respondent(visit.door, visit.case, visit.client, survey_id)


async def survey_view(who: Respondent) -> SurveyView:
    async with who.door.database.session() as session:
        row = await surveys.survey(session, who.survey)
        given = await surveys.answers(session, who.door.vault, who.survey) or {}
    language = who.client.language
    asked = questions(row.kind, language)
    return SurveyView.model_validate(
        {
            "kind": row.kind, "title": things.survey(row.kind, language), "language": language, "state": row.state,
            "answered": row.answered is not None, "questions": asked,
            "given": {question.name: given[question.name] for question in asked if question.name in given},
        }
    )  # fmt: skip


async def answer(who: Respondent, body: Answers, key: str) -> Response:
    async with who.door.database.session() as session:
        row = await surveys.survey(session, who.survey)
    content = checked(row.kind, body.answers)
    scope = f"{who.actor} answer_survey {who.survey}"
    async with doing_once(who.door, scope, key, body.model_dump_json().encode()) as once:
        return await once.answer(await _answer(who, row, {**content}, once.message_id))


async def _answer(who: Respondent, row: SurveyRow, content: dict[str, object], message_id: str) -> Answered:
    vault = who.door.vault
    async with who.door.database.session() as session:
        before = await surveys.answers(session, vault, row.id)
        await surveys.save_answers(session, vault, row.id, content)
        await _write(session, who, "survey_answers_kept", message_id, row.id)
    try:
        receipt = await who.door.story.tell(
            who.case.id, row.step, "answer_survey", who.actor, {"survey": row.id}, message_id
        )
    except OnboardingError as refusal:
        if refusal.reason == "already_answered":  # the story knows of the first answers; these are the changed ones
            return Answered(survey=row.id, status="changed")
        if not refusal.retryable:
            async with who.door.database.session() as session:
                await surveys.take_back_answers(session, vault, row.id, before)
                await _write(session, who, "survey_answers_taken_back", f"back:{message_id}", row.id)
        raise
    return Answered(survey=row.id, status=receipt.status)


async def _write(session: AsyncSession, who: Respondent, what: str, key: str, survey_id: str) -> None:
    await who.door.journal.write(
        session, who.case.id, actor=who.actor, what=what, story=who.case.clock.story(datetime.now(UTC)), key=key,
        detail={"survey": survey_id},
    )  # fmt: skip


# the same for a client who is signed in
own = APIRouter()


@own.get("/my-surveys/{survey}", responses=errors(*ABOUT_ONE))
async def own_survey(survey: str, visit: Visiting) -> SurveyView:
    return await survey_view(await by_visit(visit, survey))


@own.post("/my-surveys/{survey}", response_model=Answered, responses=errors(*POSTED, *ABOUT_ONE))
async def own_answers(survey: str, body: Answers, visit: Visiting, key: Key) -> Response:
    return await answer(await by_visit(visit, survey), body, key)
