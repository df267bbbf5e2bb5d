"""Surveys and guidance: what the client is asked, and what they have read. Answers are sealed (class `contact`)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import new_id
from onboarding.errors import Conflict
from records.keys import Vault
from records.retention import Retention
from records.rows import Row, found
from records.sealing import Content, seal, unseal
from records.tables import GuidanceRecord, SurveyRecord


class SurveyState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"


class SurveyClosed(Conflict):
    """This survey is closed."""

    code = "survey_closed"


class SurveyRow(Row):
    id: str
    case_id: str
    step: str
    kind: str
    state: SurveyState
    answered: datetime | None
    opened_story: datetime
    expires_story: datetime
    closed_story: datetime | None


class GuideRow(Row):
    step: str
    guide: str
    published_story: datetime
    read_story: datetime | None
    choice: str | None


async def open_survey(
    session: AsyncSession, case_id: str, step: str, kind: str, *, opened: datetime, expires: datetime
) -> str:
    """The id of the survey; the one of this step and kind when there is one."""
    statement = insert(SurveyRecord).values(
        id=new_id("survey"), case_id=case_id, step=step, kind=kind, state=SurveyState.OPEN,
        opened_story=opened, expires_story=expires,
    )  # fmt: skip
    await session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "step", "kind"]))
    known = select(SurveyRecord.id).where(
        SurveyRecord.case_id == case_id, SurveyRecord.step == step, SurveyRecord.kind == kind
    )
    return (await session.scalars(known)).one()


async def save_answers(session: AsyncSession, vault: Vault, survey_id: str, answers: Content) -> None:
    """Keeps answers of a survey that is open; they may be changed until it closes. Else SurveyClosed."""
    row = await found(session, SurveyRecord, survey_id, "survey_not_found")
    sealed = await seal(session, vault, row.case_id, Retention.CONTACT, answers, f"survey/{survey_id}")
    kept = await session.scalars(
        update(SurveyRecord)
        .where(SurveyRecord.id == survey_id, SurveyRecord.state == SurveyState.OPEN)
        .values(answers=sealed, answered=func.clock_timestamp())
        .returning(SurveyRecord.id)
    )
    if kept.one_or_none() is None:
        raise SurveyClosed


async def take_back_answers(session: AsyncSession, vault: Vault, survey_id: str, before: Content | None) -> None:
    """Undoes answers that the story refused: those before count again, or none."""
    row = await found(session, SurveyRecord, survey_id, "survey_not_found")
    row.answers = (
        await seal(session, vault, row.case_id, Retention.CONTACT, before, f"survey/{survey_id}") if before else None
    )
    row.answered = row.answered if before else None
    await session.flush()


async def close_survey(session: AsyncSession, survey_id: str, state: SurveyState, story: datetime) -> None:
    """Answered or expired, as the workflow decided; the first closing stands."""
    await session.execute(
        update(SurveyRecord)
        .where(SurveyRecord.id == survey_id, SurveyRecord.state == SurveyState.OPEN)
        .values(state=state, closed_story=story)
    )


async def survey(session: AsyncSession, survey_id: str) -> SurveyRow:
    return SurveyRow.model_validate(await found(session, SurveyRecord, survey_id, "survey_not_found"))


async def surveys(session: AsyncSession, case_id: str) -> list[SurveyRow]:
    rows = await session.scalars(
        select(SurveyRecord)
        .where(SurveyRecord.case_id == case_id)
        .order_by(SurveyRecord.opened_story)
        .execution_options(populate_existing=True)
    )
    return [SurveyRow.model_validate(row) for row in rows]


async def answers(session: AsyncSession, vault: Vault, survey_id: str) -> Content | None:
    row = await found(session, SurveyRecord, survey_id, "survey_not_found")
    return await unseal(session, vault, row.case_id, row.answers, f"survey/{survey_id}")


async def publish(session: AsyncSession, case_id: str, step: str, guides: Sequence[str], story: datetime) -> None:
    """Puts material before the client, in this order; what was published before keeps its progress."""
    for position, guide in enumerate(guides):
        statement = insert(GuidanceRecord).values(
            case_id=case_id, step=step, guide=guide, position=position, published_story=story
        )
        await session.execute(statement.on_conflict_do_nothing())


async def read(
    session: AsyncSession, case_id: str, step: str, guide: str, story: datetime, choice: str | None = None
) -> None:
    """The client acknowledged a guide; the first time counts, the last choice does."""
    row = await found(session, GuidanceRecord, (case_id, step, guide), "guide_not_found")
    row.read_story = row.read_story or story
    row.choice = choice or row.choice
    await session.flush()


async def guidance(session: AsyncSession, case_id: str, step: str | None = None) -> list[GuideRow]:
    """What was published in a case, or in one step, with what was read."""
    query = select(GuidanceRecord).where(GuidanceRecord.case_id == case_id)
    query = query if step is None else query.where(GuidanceRecord.step == step)
    query = query.order_by(GuidanceRecord.step, GuidanceRecord.position)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [GuideRow.model_validate(row) for row in rows]
