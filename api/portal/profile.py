"""The profile form: resumed from a draft, refused at once when it says what cannot be, and told to the story."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from activities.profile import completed
from api.portal.access import Visit, Visiting
from api.portal.asked import asking_step
from api.problems import ABOUT_ONE, POSTED, errors
from api.repeats import Key
from api.views import asked, example
from onboarding.case import Code, Strict
from onboarding.errors import NotFound
from onboarding.plan import Collect
from records import cases, forms
from records.rows import Row

router = APIRouter()


class PersonForm(Strict):
    """What is left out stays as it is known. The e-mail address is where links go to: staff change it."""

    name: str | None = Field(default=None, max_length=300)
    given_names: str | None = Field(default=None, max_length=300)
    family_name: str | None = Field(default=None, max_length=300)
    birth_date: str | None = Field(default=None, max_length=10, examples=["1990-04-12"])
    nationality: str | None = Field(default=None, max_length=2)
    phone: str | None = Field(default=None, max_length=32)
    document_number: str | None = Field(default=None, max_length=40)
    address: dict[str, JsonValue] | None = None


class CompanyForm(Strict):
    """`owners` replaces the whole list; each has a `person` and a `share` such as `25%` or `1/3`. `structure` says what
    stands between them and the company: entities, holdings, control, managers, who acts together."""

    name: str | None = Field(default=None, max_length=300)
    registration_number: str | None = Field(default=None, max_length=60)
    country: str | None = Field(default=None, max_length=2)
    address: dict[str, JsonValue] | None = None
    vat_number: str | None = Field(default=None, max_length=30)
    lei: str | None = Field(default=None, max_length=30)
    owners: list[dict[str, JsonValue]] | None = Field(default=None, max_length=100)
    structure: dict[str, JsonValue] | None = Field(
        default=None,
        examples=[
            {
                "entities": [{"name": "Sample Holding BV", "country": "NL"}],
                "holdings": [
                    {"owner": "owner_1", "owned": "entity_1", "share": "60%"},
                    {"owner": "entity_1", "owned": "company", "share": "1/2"},
                ],
            }
        ],
    )


class Profile(Strict):
    """The profile form of a person, or of a company with its owners."""

    model_config = asked(
        {
            "person": {
                "birth_date": "1990-04-12",
                "nationality": "SE",
                "address": {"lines": ["1 Sample Street"], "city": "Ystad", "postcode": "271 42", "country": "SE"},
            }
        }
    )

    person: PersonForm | None = None
    company: CompanyForm | None = None
    country: str | None = Field(default=None, max_length=2)
    language: str | None = Field(default=None, max_length=2)
    timezone: str | None = Field(default=None, max_length=64)

    def said(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


class FormView(Row):
    """`known` is what we know so far, `draft` what was saved and not sent yet."""

    model_config = example(
        {
            "form": "profile",
            "known": {"kind": "person", "country": "SE"},
            "draft": {"person": {"birth_date": "1990-04-12"}},
            "saved": "2026-03-02T09:00:00Z",
            "submitted_at": None,
        }
    )

    form: str
    known: dict[str, Any]
    draft: dict[str, Any] | None
    saved: datetime | None
    submitted_at: datetime | None


class Submitted(Row):
    """`status` is `taken`, or `kept` while the case is paused."""

    model_config = example({"form": "profile", "status": "taken"})

    form: str
    status: str


@router.get("/forms/{form}", responses=errors(*ABOUT_ONE))
async def form(form: Code, visit: Visiting) -> FormView:
    """The form as it stands, to be filled in or resumed."""
    return await form_view(visit, form)


@router.put("/forms/{form}/draft", status_code=204, responses=errors(*ABOUT_ONE))
async def draft(form: Code, body: Profile, visit: Visiting) -> None:
    """Saves what is filled in so far; the last draft counts."""
    await save_draft(visit, form, body)


@router.post("/forms/{form}/submission", response_model=Submitted, responses=errors(*POSTED, *ABOUT_ONE))
async def submission(form: Code, body: Profile, visit: Visiting, key: Key) -> Response:
    """Sends the form. What cannot be is refused at once, with a reason code, and nothing is stored."""
    return await submit_form(visit, form, body, key)


async def form_view(visit: Visit, form: str) -> FormView:
    async with visit.door.database.session() as session:
        await _collects(session, visit, form)
        row = await forms.form(session, visit.door.vault, visit.case.id, form)
    known = visit.client.model_dump(mode="json", exclude={"person": {"email"}})
    return FormView(form=form, known=known, draft=row.draft, saved=row.saved, submitted_at=row.submitted_at)


async def save_draft(visit: Visit, form: str, body: Profile) -> None:
    async with visit.door.database.session() as session:
        await _collects(session, visit, form)
        await forms.save_draft(session, visit.door.vault, visit.case.id, form, body.said())


async def check_form(visit: Visit, form: str, body: Profile) -> None:
    """Raises BadForm for what cannot be; nothing is stored."""
    async with visit.door.database.session() as session:
        collect = await _collects(session, visit, form)
    completed(visit.client, body.said(), visit.now().date(), needs_owners=collect.needs_owners)


async def submit_form(visit: Visit, form: str, body: Profile, key: str) -> Response:
    await check_form(visit, form, body)

    async def work(message_id: str) -> Submitted:
        return await _submit(visit, form, body.said(), message_id)

    return await visit.once(f"submit_form {form}", key, body, work)


async def _submit(visit: Visit, form: str, content: dict[str, Any], message_id: str) -> Submitted:
    vault, case = visit.door.vault, visit.case.id
    async with visit.door.database.session() as session:
        step = await asking_step(session, case)
        before = await forms.form(session, vault, case, form)
        await forms.submit(session, vault, case, form, content)
        await visit.write(session, "form_submitted", message_id, form=form)

    async def undo(session: AsyncSession, reason: str) -> None:
        await forms.take_back(session, vault, case, form, submitted=before.submitted, draft=content)
        await visit.write(session, "form_taken_back", f"back:{message_id}", reason=reason, form=form)

    async with visit.or_take_back(undo):
        receipt = await visit.tell(step, "submit_form", {"form": form}, message_id)
    return Submitted(form=form, status=receipt.status)


async def _collects(session: AsyncSession, visit: Visit, form: str) -> Collect:
    plan = await cases.plan(session, visit.case.id)
    for planned in plan.steps:
        if planned.step.collect and planned.step.collect.form == form:
            return planned.step.collect
    raise NotFound(code="form_not_found")
