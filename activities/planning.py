"""Playbooks are data; a plan is a playbook resolved for one case: owners named, conditions settled, dates computed."""

import functools
import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from onboarding.calendar import Calendar
from onboarding.case import Client, Moment, Role
from onboarding.clock import Clock
from onboarding.errors import Invalid
from onboarding.plan import Kind, Plan, PlannedStep, Playbook, Step
from records.cases import CaseRow


class UnknownPlaybook(Invalid):
    """There is no playbook of this name."""

    code = "unknown_playbook"


class BadPlaybook(Invalid):
    """A playbook contradicts itself."""

    code = "bad_playbook"


_BLOCK = {
    Kind.COLLECTION: "collect",
    Kind.VERIFICATION: "verify",
    Kind.AGREEMENT: "agree",
    Kind.PROVISIONING: "provision",
    Kind.MEETING: "meet",
    Kind.GUIDANCE: "guide",
    Kind.CHECK_IN: "check",
    Kind.MONITORING: "watch",
}


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(folder: Path, name: str) -> Playbook:
    """The newest version of a playbook. UnknownPlaybook, or BadPlaybook with the step that is wrong."""
    file = folder / f"{name}.yaml"
    if file.parent != folder or not (found := _found(file)):
        raise UnknownPlaybook
    return _read(file, found)


def _found(file: Path) -> int | None:
    """When it was changed, in nanoseconds; None when there is no such file."""
    try:
        return file.stat().st_mtime_ns
    except (OSError, ValueError):  # not there, or no name that a file could have
        return None


@functools.lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> Playbook:
    """Reading YAML takes longer than storing a client does, so a file is read again only when it has changed."""
    raw: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    playbook = Playbook.model_validate(raw)
    _check(playbook)
    return playbook


def _check(playbook: Playbook) -> None:
    known: set[str] = set()
    for step in playbook.steps:
        if step.key in known or step.key == "onboarding":
            raise BadPlaybook(f"The step key {step.key} is taken.")
        for needed in (*step.after, *([step.check.anchor] if step.check and step.check.anchor else [])):
            if needed not in known:
                raise BadPlaybook(f"{step.key} follows {needed}, which does not stand before it.")
        if getattr(step, _BLOCK[step.kind]) is None:
            raise BadPlaybook(f"{step.key} is of kind {step.kind} and lacks `{_BLOCK[step.kind]}`.")
        known.add(step.key)
    _check_rules(playbook)


def _check_rules(playbook: Playbook) -> None:
    """Whoever is rated by one country's rules when taken aboard is not watched by another's."""
    rules = [(step.key, block) for step in playbook.steps if (block := step.verify or step.watch)]
    for key, each in rules:
        if not each.full_name.endswith(f"-{each.jurisdiction}"):
            raise BadPlaybook(f"{key} is of the jurisdiction {each.jurisdiction} and names {each.policy}.")
        if each.full_name != rules[0][1].full_name:
            raise BadPlaybook(f"{key} rates by {each.full_name}, {rules[0][0]} by {rules[0][1].full_name}.")


def facts_of(client: Client) -> dict[str, str]:
    """What conditions may rest on: codes, never what tells one client from another."""
    return {"client": client.kind, "country": client.country, "language": client.language}


def resolve(playbook: Playbook, case: CaseRow, client: Client, clock: Clock) -> Plan:
    facts = facts_of(client)
    calendar = Calendar(client.country, client.timezone)
    due: dict[str, Moment] = {}
    for step in playbook.steps:
        due[step.key] = _due(step, due, calendar, case.created)
    return Plan(
        case=case.id,
        client=case.client_id,
        playbook=playbook.name,
        version=playbook.version,
        hash=hashlib.sha256(playbook.model_dump_json().encode()).hexdigest(),
        clock=clock,
        facts=facts,
        steps=[_planned(step, case, facts, due[step.key]) for step in playbook.steps],
        made=case.created,
    )


def _planned(step: Step, case: CaseRow, facts: dict[str, str], due: Moment) -> PlannedStep:
    settled = {name: values for name, values in step.when.items() if name in facts}
    fits = all(facts[name] in values for name, values in settled.items())
    owner = case.started_by if step.owner is Role.STAFF else case.owner
    return PlannedStep(step=step, owner=owner, due=due, state="planned" if fits else "excluded")


def _due(step: Step, due: dict[str, Moment], calendar: Calendar, start: datetime) -> Moment:
    begins = max((due[key].effective for key in step.after), default=start)
    if step.check and step.check.day is not None:
        anchor = due[step.check.anchor].effective if step.check.anchor else start
        return calendar.check_in(anchor, step.check.day)
    nominal = calendar.add_business_days(begins, step.target_days)
    return calendar.roll(max(nominal, begins + timedelta(hours=1)))
