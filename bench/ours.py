"""One case of the `saas` playbook through Aboard's own workflows, with the real worker's codec, gate and versions.

The deeds are those of the story's tests: they answer at once and touch nothing outside, so what is measured is the
cost of the structure and not of a database. People are played: each answers what is asked of them, once.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from activities import planning
from onboarding.case import Moment
from onboarding.clock import Clock
from onboarding.deeds import Asked, Booked, CheckInDates, Offered, Rung, SurveyOpened
from onboarding.diligence import Lacking
from onboarding.messages import Evidence
from onboarding.plan import Plan, PlannedStep, Playbook
from run.house import PLAYBOOKS
from tests.workflows.deeds import Deeds

CLOCK = 86_400.0  # a day takes a second, so every wait is the engine's smallest timer
FAR = timedelta(days=365)  # nobody is reminded: people answer, however busy the machine
Answer = tuple[str, Evidence]  # what is said, and on what it rests
Say = Callable[[str, str, list[Answer]], Awaitable[None]]  # case, step, answers in their order


def playbook() -> Playbook:
    return planning.load(PLAYBOOKS, "saas")


def clock() -> Clock:
    return Clock(origin=datetime.now(UTC), speed=CLOCK)


class Played(Deeds):
    """Deeds that tell who plays the people what is asked of them."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._playbook = playbook()
        self._guides = {s.key: [r.id for r in s.guide.resources] for s in self._playbook.steps if s.guide}
        super().__init__(
            **{
                "make_plan": self._plan,
                "ask": self._ask,
                "send_mail": self._mail,
                "start_over": lambda order: [Rung(at=order.give_up, do="give_up")],
                "Intake.lacking": self._lacking,
                "Meetings.offer": lambda order: Offered(meeting=f"meeting_{order.step}"),
                "Meetings.book": _booked,
                "CheckIns.plan": _dates,
                "CheckIns.open_survey": lambda order: SurveyOpened(survey=f"survey_{order.step}"),
            }
        )

    def _plan(self, order: Any) -> Plan:
        due = Moment(nominal=order.clock.origin, effective=order.clock.origin)
        return Plan(
            case=order.case,
            client=order.client,
            playbook=self._playbook.name,
            version=self._playbook.version,
            hash="0",
            clock=order.clock,
            facts={"client": "person"},
            steps=[PlannedStep(step=step, owner="staff_owner", due=due) for step in self._playbook.steps],
            made=order.clock.origin,
        )

    def _lacking(self, order: Any) -> Lacking:
        """Asked again after the form: a person names no owners, so only the document is lacking then."""
        formed = any(
            handed.form for name, handed in self.done if name == "check_handed_in" and handed.case == order.case
        )
        return Lacking(items=["identity"] if formed else ["profile", "identity"])

    async def _ask(self, order: Any) -> Asked:
        if answers := self._answers(order):
            await self._say(order.case, order.step, answers)
        return Asked(task=f"task_{order.step}", rungs=[Rung(at=order.story + FAR, do="give_up")])

    def _answers(self, order: Any) -> list[Answer]:
        answers: dict[str, list[Answer]] = {
            "collect": [
                ("submit_form", {"form": "profile"}),
                ("submit_document", {"item": "identity", "document": "document_1"}),
            ],
            "read": [("acknowledge", {"resource": id}) for id in self._guides.get(order.step, [])],
            "sign": [("sign", {"agreement": order.about.get("agreement"), "consent": "consent_1"})],
            "record_meeting": [("record_meeting", {"meeting": order.about.get("meeting"), "outcome": "held"})],
            "answer_survey": [("answer_survey", {"survey": order.about.get("survey")})],
            "record_outcome": [("record_outcome", {"check_in": order.about.get("check_in")})],
        }
        return answers.get(order.task, [])

    async def _mail(self, order: Any) -> None:
        if order.letter == "slots":
            slot = (order.story + timedelta(days=3)).isoformat()
            await self._say(
                order.case, order.step, [("choose_slot", {"meeting": order.about["meeting"], "slot": slot})]
            )


def _booked(order: Any) -> Booked:
    return Booked(
        starts=order.slot, ends=order.slot + timedelta(days=1), remind_at=order.slot - timedelta(days=1), sequence=0
    )


def _dates(order: Any) -> CheckInDates:
    """A brief, a survey with the invitation, and the meeting, so far apart that each is waited for. A review that has
    no day of its own begins at once, as the real one does."""
    days = (1, 4, 7) if order.check.day else (0, 0, 7)
    brief, survey, held = (order.story + timedelta(days=n) for n in days)
    return CheckInDates(
        check_in=f"checkin_{order.step}",
        held=Moment(nominal=held, effective=held),
        brief_at=brief,
        survey_at=survey,
    )
