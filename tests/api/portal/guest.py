"""A client who comes by a link, and the house that has prepared what the story would have."""

from datetime import UTC, datetime, timedelta

import httpx2

from activities import planning
from activities.paper import agreement_pdf
from api.door import Door
from onboarding.case import Address, CaseStatus, Client, Company, Holder, Moment, Owner, Person, Role, StepState
from records import agreements, cases, meetings, staff, steps, surveys, tasks
from records.cases import CaseRow, NewCase
from records.links import Purpose
from records.tables import Facts
from tests.api.house import PLAYBOOKS, Entrance, FakeEngine
from tests.papers import an_agreement

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
LINES = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]


def a_person(language: str = "en", name: str = "Zephyrine Quillfeather") -> Client:
    person = Person(
        name=name, birth_date=None, nationality="SE", email="zephyrine@quillfeather.example",
        address=Address(lines=["Vintergatan 77"], city="Ystadsby", country="SE"),
    )  # fmt: skip
    return Client.model_validate(
        {"kind": "person", "person": person, "country": "SE", "language": language, "timezone": "Europe/Stockholm"}
    )


def a_company() -> Client:
    owner = Owner(person=Person(name="Balthasar Nimbusson"), share="51%")
    company = Company(name="Nimbus AB", country="SE", owners=[owner])
    return a_person().model_copy(update={"kind": "company", "company": company})


class Host:
    """Stores what the deeds of the story would store."""

    REVIEWER = Holder.REVIEWER

    def __init__(self, door: Door) -> None:
        self.door = door
        self.app = Entrance(door)

    async def opens(self, client: Client | None = None, playbook: str = "saas") -> str:
        """A case whose first step waits for its client."""
        async with self.door.database.session() as session:
            owner, _ = await staff.create(session, name="Ana Owner", email="ana@aboard.example", roles=[Role.CSM])
            new = NewCase(client=client or a_person(), playbook=playbook, started_by=owner, owner=owner)
            case = await cases.open_case(session, self.door.journal, new, at=datetime.now(UTC))
            case_id = case.id
            plan = planning.resolve(planning.load(PLAYBOOKS, playbook), case, new.client, case.clock)
            await cases.set_plan(session, case_id, plan)
            await steps.save_steps(session, case_id, plan.steps)
            await cases.set_status(session, case_id, CaseStatus.RUNNING)
        await self.asks(case_id, "collect", "collect")
        return case_id

    async def asks(self, case_id: str, step: str, code: str, holder: Holder = Holder.CLIENT, **about: str) -> str:
        async with self.door.database.session() as session:
            case = await cases.case(session, case_id)
            await steps.open_step(session, case_id, step, _now(case))
            due = Moment(nominal=_now(case) + 5 * DAY, effective=_now(case) + 5 * DAY)
            resources: Facts = {**about}
            new = tasks.NewTask(
                case_id=case_id, step=step, key=code, code=code, role="client", holder=holder, due=due,
                opened_story=_now(case), resources=resources,
            )  # fmt: skip
            return await tasks.open_task(session, new)

    async def finishes(self, case_id: str, step: str) -> None:
        async with self.door.database.session() as session:
            case = await cases.case(session, case_id)
            await tasks.cancel_tasks(session, case_id, story=_now(case), resolution="done", step=step)
            await steps.close_step(session, case_id, step, _now(case), StepState.DONE, "done")

    async def ends(self, case_id: str, status: CaseStatus) -> None:
        async with self.door.database.session() as session:
            await cases.set_status(session, case_id, status)

    async def link(
        self,
        case_id: str,
        purpose: Purpose = Purpose.PORTAL,
        subject: str | None = None,
        key: str = "one",
        valid_for: timedelta = HOUR,
    ) -> str:
        async with self.door.database.session() as session:
            link = await self.door.links.create(
                session, case_id, purpose, key=key, valid_for=valid_for, subject=subject
            )
            return await self.door.links.mint(session, link)

    async def draws_up(self, case_id: str) -> str:
        """An agreement that is out for signature."""
        pdf = agreement_pdf(an_agreement(), "en").pdf
        async with self.door.database.session() as session:
            agreement = await agreements.draft(session, case_id, "agreement", template="agreement", version="1")
        key = await self.door.documents.put_object(case_id, f"{agreement}.pdf", pdf)
        async with self.door.database.session() as session:
            await agreements.set_document(session, self.door.vault, agreement, key, pdf)
            await agreements.set_agreement_state(session, agreement, agreements.AgreementState.SENT)
        await self.asks(case_id, "agreement", "sign", agreement=agreement)
        return agreement

    async def offers(self, case_id: str) -> str:
        slots = [datetime(2026, 3, 9, hour, tzinfo=UTC) for hour in (8, 9, 13)]
        async with self.door.database.session() as session:
            new = meetings.NewMeeting(
                case_id=case_id, step="kickoff", purpose="kickoff", minutes=45, owner="staff_1",
                timezone="Europe/Stockholm", slots=slots,
            )  # fmt: skip
            meeting = await meetings.offer(session, new)
        await self.asks(case_id, "kickoff", "choose_slot")
        return meeting

    async def publishes(self, case_id: str, step: str = "explain", *guides: str) -> None:
        async with self.door.database.session() as session:
            case = await cases.case(session, case_id)
            await surveys.publish(session, case_id, step, guides or ("features", "plans-and-prices"), _now(case))
        await self.asks(case_id, step, "read")

    async def surveys(self, case_id: str, step: str = "check-in-30", kind: str = "day-30") -> str:
        async with self.door.database.session() as session:
            case = await cases.case(session, case_id)
            survey = await surveys.open_survey(
                session, case_id, step, kind, opened=_now(case), expires=_now(case) + 9 * DAY
            )
        await self.asks(case_id, step, "answer_survey", survey=survey)
        return survey


class Guest:
    """The client's program at the door: JSON with a bearer session. Each POST has a key of its own unless told one."""

    def __init__(self, host: Host, engine: FakeEngine, case_id: str) -> None:
        self.host = host
        self.door = host.door
        self.engine = engine
        self.case = case_id
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(host.app, raise_app_exceptions=False), base_url="http://door.test"
        )
        self._count = 0

    async def enters(self) -> httpx2.Response:
        token = await self.host.link(self.case)
        answer = await self.post("/sessions", {"token": token})
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['session']}"
        return answer

    async def get(self, path: str = "") -> httpx2.Response:
        return await self.http.get(f"/api/v1/portal{path}")

    async def post(self, path: str, body: object = None, key: str | None = None) -> httpx2.Response:
        return await self.http.post(f"/api/v1/portal{path}", json=body, headers=self.key(key))

    async def hands_in(self, data: bytes, item: str = "identity", key: str | None = None) -> httpx2.Response:
        headers = self.key(key) | {"Content-Type": "application/pdf"}
        return await self.http.post("/api/v1/portal/documents", params={"item": item}, content=data, headers=headers)

    def key(self, key: str | None = None) -> dict[str, str]:
        self._count += 1
        return {"Idempotency-Key": key or f"key-{self._count}"}

    def told(self) -> list[tuple[str, str, dict[str, object]]]:
        """What the story heard but for signs of life: step, what, evidence."""
        return [
            (message.step, message.what, dict(message.evidence))
            for _, message in self.engine.heard
            if message.what != "sign_of_life"
        ]


def _now(case: CaseRow) -> datetime:
    return case.clock.story(datetime.now(UTC))
