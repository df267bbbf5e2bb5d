"""Deeds without an outside: each has the name of the real one, keeps what it was asked, and answers as a test says."""

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from temporalio import activity

from activities.accounts import Accounts
from activities.agreements import Agreements
from activities.casework import Casework
from activities.check_ins import CheckIns
from activities.contact import Contact
from activities.documents import Intake
from activities.guides import Guides
from activities.identity import Identity
from activities.meetings import Meetings
from activities.notices import Notices
from activities.reviewing import Reviews
from activities.screening import Screening
from activities.undoing import Undoing
from activities.watching import Lookout
from onboarding.case import Band, CheckInOutcome, Moment
from onboarding.deeds import Asked, Booked, CheckInDates, Drawn, Offered, Outcome, Rung, SurveyOpened, Trial
from onboarding.diligence import IdentityTaken, Lacking, Rated, ReviewOpened, Screened, Verdict
from onboarding.watching import Looked

ROOMS = (
    Accounts,
    Agreements,
    Casework,
    CheckIns,
    Contact,
    Intake,
    Guides,
    Identity,
    Lookout,
    Meetings,
    Notices,
    Reviews,
    Screening,
    Undoing,
)
DEFINITION = "__temporal_activity_definition"
Answer = Callable[[Any], Any]


def rungs(order: Any) -> list[Rung]:
    """Calendar days instead of business days: these tests are about order, not about holidays."""
    ladder, start = order.ladder, order.story
    all_rungs = [Rung(at=start + timedelta(days=n), do="remind") for n in ladder.remind]
    all_rungs += [Rung(at=start + timedelta(days=n), do="escalate") for n in ladder.escalate]
    end = getattr(order, "give_up", None) if isinstance(getattr(order, "give_up", None), datetime) else None
    all_rungs.append(Rung(at=end or start + timedelta(days=ladder.give_up), do="give_up"))
    return sorted(all_rungs, key=lambda rung: rung.at)


def _dates(order: Any) -> CheckInDates:
    at = order.anchor + timedelta(days=order.check.day or 5)
    lead = [at - timedelta(days=n) for n in (7, 5)] if order.check.day else [order.story] * 2
    held = Moment(nominal=at, effective=at)
    return CheckInDates(check_in="checkin_1", held=held, brief_at=lead[0], survey_at=lead[1])


def _booked(order: Any) -> Booked:
    ends = order.slot + timedelta(minutes=30)
    return Booked(starts=order.slot, ends=ends, remind_at=order.slot - timedelta(hours=20), sequence=0)


class Deeds:
    """What happened, in order, and what each deed answers; a test overrides the answers that matter to it."""

    def __init__(self, **answers: Answer) -> None:
        self.done: list[tuple[str, Any]] = []
        self._tasks = 0
        self.answers: dict[str, Answer] = {
            "ask": self._asked,
            "start_over": rungs,
            "Intake.lacking": lambda _: Lacking(items=[] if "check_handed_in" in self.names() else ["profile"]),
            "Intake.check": lambda order: Verdict(item=order.item, accepted=True),
            "Screening.screen": lambda _: Screened(signals=[]),
            "Identity.take": lambda _: IdentityTaken(waiting=[]),
            "Screening.rate": lambda _: Rated(rating="rating_1", band=Band.LOW, approvals=0),
            "Screening.rate_reviewed": lambda order: self.answers["Screening.rate"](order),
            "Reviews.open_review": lambda _: ReviewOpened(review="review_1", barred=["staff_starter", "staff_owner"]),
            "Lookout.screen_again": lambda _: Looked(screened=Screened(signals=[]), band=Band.LOW, approvals=1),
            "Lookout.next_review": lambda order: order.story + timedelta(days=365),
            "Agreements.draw_up": lambda _: Drawn(agreement="agreement_1"),
            "Accounts.try_out": lambda _: Trial(failed=[]),
            "Meetings.offer": lambda _: Offered(meeting="meeting_1"),
            "Meetings.book": _booked,
            "CheckIns.plan": _dates,
            "CheckIns.open_survey": lambda _: SurveyOpened(survey="survey_1"),
            "CheckIns.book": lambda _: Offered(meeting="meeting_2"),
            "CheckIns.assess": lambda _: Outcome(outcome=CheckInOutcome.GREEN, reasons=[]),
            "Undoing.plan": lambda _: [],
            **answers,
        }

    def _asked(self, order: Any) -> Asked:
        self._tasks += 1
        return Asked(task=f"task_{self._tasks}", rungs=rungs(order))

    def names(self) -> list[str]:
        return [name for name, _ in self.done]

    def orders(self, name: str) -> list[Any]:
        return [order for done, order in self.done if done == name]

    def letters(self) -> list[str]:
        return [order.letter for order in self.orders("send_mail")]

    def all(self) -> list[Callable[..., Any]]:
        """One activity for each real one."""
        return [
            self._fake(room, method)
            for room in ROOMS
            for _, method in inspect.getmembers(room, inspect.isfunction)
            if hasattr(method, DEFINITION)
        ]

    def _fake(self, room: type, method: Callable[..., Any]) -> Callable[..., Any]:
        name = getattr(method, DEFINITION).name
        key = f"{room.__name__}.{method.__name__}"
        hints = get_type_hints(method)
        order_name = list(inspect.signature(method).parameters)[1]

        async def fake(order: Any) -> Any:
            self.done.append((name, order))
            answer = self.answers.get(key) or self.answers.get(name)
            result = answer(order) if answer else None
            return await result if inspect.isawaitable(result) else result

        fake.__annotations__ = {"order": hints[order_name], "return": hints["return"]}
        return activity.defn(name=name)(fake)
