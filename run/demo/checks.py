"""What must be true at the end of the demo, for each case: by the API, and by what the outside shows."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import activities.letters
from onboarding.case import CaseStatus
from onboarding.settings import Settings
from onboarding.watching import MONITORING
from records.chain import verify_export
from run.caller import Json
from run.demo import outside
from run.demo.client import Client
from run.demo.desk import RECOVERED, Staff
from run.demo.parts import Part
from run.journals import trusted

_UNDONE = {"account", "membership", "event", "envelope"}  # kinds that a withdrawal takes back
_TELLING = re.compile(r"sanction|watch.?list|suspic|screening|\blisted\b|terroris|OFAC", re.IGNORECASE)
_LETTERS = Path(activities.letters.__file__).parent


@dataclass(frozen=True)
class Ended:
    """All that is known of a case at the end; `accounts` and `events` are what the outside shows of it."""

    part: Part
    client: Client
    file: Json
    effects: Sequence[Json]
    check_ins: Sequence[Json]
    mails: Sequence[Json]
    accounts: int
    events: Counter[str]
    proved: bool
    export: str
    preview: Json | None
    stepped_in: bool

    @property
    def case(self) -> str:
        return str(self.file["case"]["id"])

    @property
    def reminders(self) -> int:
        return sum(mail["subject"].startswith(_reminding()) for mail in self.mails)

    def booked(self) -> set[str]:
        return {row["receipt_id"] for row in self.effects if row["kind"] == "event" and row["receipt_id"]}


async def gather(part: Part, client: Client, staff: Staff, settings: Settings, mails: Sequence[Json]) -> Ended:
    """`mails` are those to this client."""
    case, auditor = client.case, staff.as_("auditor")
    verdict = await auditor.post(f"/cases/{case}/journal/verification")
    effects = [row async for row in auditor.rows(f"/cases/{case}/effects")]
    shown = await outside.events(settings)
    uids = {row["receipt_id"] for row in effects if row["kind"] == "event"}
    return Ended(
        part=part,
        client=client,
        file=await auditor.get(f"/cases/{case}"),
        effects=effects,
        check_ins=[row async for row in auditor.rows(f"/cases/{case}/check-ins")],
        mails=mails,
        accounts=await outside.accounts(settings, case),
        events=Counter({uid: count for uid, count in shown.items() if uid in uids}),
        proved=verdict["intact"],
        export=await auditor.text(f"/cases/{case}/journal/export"),
        preview=staff.seen.previews.get(case),
        stepped_in=case in staff.seen.stepped_in,
    )


async def faults(ended: Ended, settings: Settings) -> list[str]:
    """What is not as it should be, in words; an empty list is what the demo is for."""
    if not ended.file["case"]["ended_story"]:
        return [f"{ended.part.title}: it did not end; {_standing(ended.file)}"]
    found = [*_story(ended), *_effects(ended), *_mails(ended), *_journal(ended, settings)]
    if ended.part.status is CaseStatus.COMPLETED:
        found += [*_completed(ended), *await _papers(ended, settings)]
    if ended.part.status is CaseStatus.WITHDRAWN:
        found += _withdrawn(ended)
    if ended.part.status is CaseStatus.REJECTED:
        found += _rejected(ended)
    return [f"{ended.part.title}: {fault}" for fault in found]


def _standing(file: Json) -> str:
    waits = [f"{wait['step']} waits for {wait['holder']} ({wait['why']})" for wait in file["waits"]]
    return ", ".join(waits) or f"it is {file['case']['status']} and waits for nobody"


def _story(ended: Ended) -> Iterator[str]:
    case, part = ended.file["case"], ended.part
    if case["status"] != part.status:
        yield f"it is {case['status']} and should be {part.status}"
    if case["band"] != part.band:
        yield f"its risk is {case['band']} and should be {part.band}"
    waits = [wait for wait in ended.file["waits"] if wait["step"] != MONITORING]  # which lives on
    if {task["code"] for task in ended.file["tasks"]} != _lasting(part) or waits:
        yield "something is still open, or is not"
    if part.refused != set(ended.client.refusals):
        yield f"refused were {sorted(ended.client.refusals)}, and should be {sorted(part.refused)}"
    if part.pauses and not ended.client.kept:
        yield "nothing was kept during the pause"
    if part.silent != ended.stepped_in:
        yield "staff stepped in for nothing" if ended.stepped_in else "staff did not step in"


def _lasting(part: Part) -> set[str]:
    """Who is found on a list is reported to the authority that keeps it, after the case has ended."""
    return {"blocking_report"} if part.hit == "confirmed" else set()


def _completed(ended: Ended) -> Iterator[str]:
    for step in ended.file["steps"]:
        if step["planned"] and step["state"] != "done":
            yield f"the step {step['key']} is {step['state']}"
    for row in ended.check_ins:
        wanted = "red" if row["day"] is not None and row["day"] == ended.part.red else "green"
        if row["outcome"] != wanted:
            yield f"the check-in {row['step']} is {row['outcome']} and should be {wanted}: {row['reasons']}"
    if len([row for row in ended.check_ins if row["day"]]) != 3:
        yield "there are not three check-ins"
    if ended.part.red and not any(entry["reason"] == RECOVERED for entry in ended.file["timeline"]):
        yield "the red check-in did not recover"
    if ended.accounts != 1:
        yield f"the directory holds {ended.accounts} accounts"
    if set(ended.events) != ended.booked():
        yield f"the calendar holds {len(ended.events)} of {len(ended.booked())} meetings"


def _withdrawn(ended: Ended) -> Iterator[str]:
    previewed = {row["kind"] for row in (ended.preview or {}).get("undo", [])}
    if not {"account", "membership", "event"} <= previewed:
        yield f"the preview of the withdrawal named {sorted(previewed)}"
    if ended.accounts or ended.events:
        yield f"{ended.accounts} accounts and {len(ended.events)} events are left outside"
    left = [row["key"] for row in ended.effects if row["kind"] in _UNDONE and row["state"] != "undone"]
    if left:
        yield f"not undone: {', '.join(left)}"


def _rejected(ended: Ended) -> Iterator[str]:
    if ended.accounts or ended.events:
        yield "something was opened for a client who was rejected"
    if any(_TELLING.search(mail["text"] + mail["subject"] + mail["html"]) for mail in ended.mails):
        yield "a mail tells the client why"
    if not ended.mails or ended.mails[-1]["subject"] != _subject("ended_neutral", "en"):
        yield "the client was not told that it is over"


def _effects(ended: Ended) -> Iterator[str]:
    for row in ended.effects:
        if row["state"] not in ("done", "undone"):
            yield f"the effect {row['key']} is {row['state']}"
    for uid, count in ended.events.items():
        if count != 1:
            yield f"the calendar holds {uid} {count} times"


def _mails(ended: Ended) -> Iterator[str]:
    known = Counter(mail["message_id"] for mail in ended.mails)
    if twice := [one for one, count in known.items() if count > 1]:
        yield f"{len(twice)} mails came twice"
    if bool(ended.reminders) != ended.part.silent:
        yield f"{ended.reminders} reminders were sent"
    sent = sum(row["kind"] == "mail" and row["detail"].get("to") == "client" for row in ended.effects)
    if sent != len(known):
        yield f"the ledger tells of {sent} mails, and {len(known)} came"


def _journal(ended: Ended, settings: Settings) -> Iterator[str]:
    if not ended.proved:
        yield "its journal is not proved"
    if verify_export(ended.export.splitlines(), trusted(settings.keys.journal_trust)):
        yield "the export of its journal is not proved"
    whats = {entry["what"] for entry in ended.file["timeline"]}
    if not {"case_opened", "case_started", f"case_{ended.part.status}"} <= whats:
        yield "its journal does not tell how it began and ended"


async def _papers(ended: Ended, settings: Settings) -> list[str]:
    found = [f"there is no {paper} paper" for paper in ("signed", "certificate") if paper not in ended.client.papers]
    if "signed" in ended.client.papers:
        verdict = await outside.sealed(ended.client.papers["signed"], settings.seal.pki)
        if not verdict.valid or verdict.level != "B-LTA":
            found.append(f"the seal does not hold: {verdict.reason}, {verdict.level}")
    return found


@cache
def _reminding() -> tuple[str, ...]:
    """How the subject of a reminder begins, in every language."""
    languages = (folder.name for folder in _LETTERS.iterdir() if (folder / "reminder.txt").exists())
    return tuple(_subject("reminder", language).split("{{")[0] for language in languages)


def _subject(letter: str, language: str) -> str:
    first = (_LETTERS / language / f"{letter}.txt").read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("Subject: ")
