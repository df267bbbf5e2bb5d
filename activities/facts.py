"""The facts of letters: what a mail says of a task, a document, a meeting, in the reader's own words and zone."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from activities import invitations
from activities.letters import Fact, things, words
from onboarding.case import Client
from onboarding.deeds import Notice
from onboarding.plan import Step
from records import cases, check_ins, meetings, staff, tasks
from records.keys import Vault
from records.meetings import MeetingRow
from records.staff import StaffRow

QUESTIONS = "5"  # a pulse has five at most, and takes two minutes (checkins.md 4.3)


@dataclass(frozen=True)
class Reader:
    name: str
    email: str | None
    language: str
    timezone: str


@dataclass(frozen=True)
class Said:
    facts: dict[str, Fact]
    meeting: MeetingRow | None = field(default=None)


async def contact(session: AsyncSession, case_id: str) -> StaffRow:
    """The client's contact person: the owner of the case."""
    return await staff.member(session, (await cases.case(session, case_id)).owner)


async def reader(session: AsyncSession, order: Notice, client: Client, team: str) -> Reader:
    """Whom the mail goes to: the client, a member of staff, or the mailbox of a role."""
    if order.to == "client":
        return Reader(client.person.name, client.person.email, client.language, client.timezone)
    if order.to.startswith("role:"):
        role = order.to.removeprefix("role:")
        return Reader(role, team.format(role=role), "en", "UTC")
    member = await (contact(session, order.case) if order.to == "owner" else staff.member(session, order.to))
    return Reader(member.name, member.email, "en", "UTC")


async def gather(session: AsyncSession, vault: Vault, order: Notice, client: Client, to: Reader) -> Said:
    """Everything that the letter may use; what it does not use does no harm."""
    plan = await cases.plan(session, order.case)
    said: dict[str, Fact] = {
        "case": order.case,
        "steps": [
            step.name.get(to.language, step.title) for step in (p.step for p in plan.steps if p.state == "planned")
        ],
        "first_steps": things.phrase("first_steps", to.language),
        "place": things.phrase("place", to.language),
        "agreement": things.phrase("agreement", to.language),
        "user_name": order.case,
        "due": "",
    }
    step = next((p.step for p in plan.steps if p.step.key == order.step), None)
    said |= _about_step(step, to) | _about_reason(order, to) | await _about_task(session, order, to)
    said |= await _about_check_in(session, order, to)
    if "meeting" not in order.about:
        return Said(said)
    meeting = await meetings.meeting(session, order.about["meeting"])
    return Said(said | _about_meeting(meeting, to), meeting if order.letter.startswith("invitation") else None)


def _about_step(step: Step | None, to: Reader) -> dict[str, Fact]:
    if step is None:
        return {}
    title = step.name.get(to.language, step.title)
    guides = [r.title.get(to.language, r.title["en"]) for r in step.guide.resources] if step.guide else []
    topic = things.survey(step.check.survey, to.language) if step.check else title
    return {"topic": topic, "guides": guides, "questions": QUESTIONS}


def _about_reason(order: Notice, to: Reader) -> dict[str, Fact]:
    said: dict[str, Fact] = {}
    if item := order.about.get("item"):
        said["document"] = things.item(item, to.language)
    reason = words.explain(order.about.get("reason", "other"), to.language)
    return {**said, "reason": reason.why, "mend": reason.mend}


async def _about_task(session: AsyncSession, order: Notice, to: Reader) -> dict[str, Fact]:
    """The task that is named, or the one that is open in this step."""
    if named := order.about.get("task"):
        task = await tasks.task(session, named)
    else:
        open_tasks = await tasks.tasks(session, case_id=order.case, step=order.step, state="open")
        if not open_tasks:
            title, why = things.task("onboarding", to.language)
            return {"task": title, "why": why, "reason": why, "settled_when": things.criterion(None)}
        task = open_tasks[0]
    title, why = things.task(task.code, to.language)
    said: dict[str, Fact] = {"task": title, "why": why, "settled_when": things.criterion(task.exit_criterion)}
    if order.to != "client":
        said["reason"] = why
    if task.due:
        said["due"] = words.spoken_time(task.due.effective, to.timezone, to.language)
    return said


def _about_meeting(meeting: MeetingRow, to: Reader) -> dict[str, Fact]:
    said: dict[str, Fact] = {
        "meeting": things.meeting(meeting.purpose, to.language),
        "minutes": str(meeting.minutes),
        "before": "",
    }
    if meeting.starts:
        said["when"] = words.spoken_time(meeting.starts, to.timezone, to.language)
    if len(meeting.moves) > 1:
        said["before"] = words.spoken_time(meeting.moves[-2].to, to.timezone, to.language)
    return said


async def _about_check_in(session: AsyncSession, order: Notice, to: Reader) -> dict[str, Fact]:
    if "check_in" not in order.about:
        return {}
    check_in = await check_ins.check_in(session, order.about["check_in"])
    result = things.outcome(check_in.outcome or "green", to.language)
    return {"meeting": things.meeting("check_in", to.language), "actions": [result]}


def invite(meeting: MeetingRow, client: Client, host: StaffRow, language: str) -> invitations.Invite:
    """The calendar part of an invitation, an update or a cancellation."""
    event = event_of(meeting, client, host, language)
    return invitations.cancel(event) if meeting.state == "cancelled" else invitations.request(event)


def event_of(meeting: MeetingRow, client: Client, host: StaffRow, language: str) -> invitations.Meeting:
    """A booked meeting as mails and calendars know it: the same row gives the same bytes."""
    assert meeting.starts and meeting.ends
    return invitations.Meeting(
        uid=meeting.uid,
        sequence=meeting.sequence,
        start=meeting.starts,
        end=meeting.ends,
        stamp=meeting.moves[-1].story,
        title=things.meeting(meeting.purpose, language),
        organizer=invitations.Party(host.name, host.email),
        attendees=(invitations.Party(client.person.name, client.person.email or ""),),
        location=things.phrase("place", language),
    )
