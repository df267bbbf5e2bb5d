"""The demo's own checks: they are silent when all is well, and name what is not."""

import base64
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onboarding.clock import Clock
from onboarding.settings import Settings
from records.chain import GENESIS, export_end
from run.demo.checks import Ended, faults
from run.demo.client import Client
from run.demo.desk import Staff
from run.demo.parts import PARTS, requests
from run.demo.post import Post

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CREATED, ENDED = "2026-03-02T09:00:00+00:00", "2026-03-05T09:00:00+00:00"
LISTED = next(part for part in PARTS if part.reference == "sample-listed")
WITHDRAWS = next(part for part in PARTS if part.reference == "sample-withdraws")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "journal-trust.json").write_text(json.dumps({"k": public}))
    return Settings(home=tmp_path)


def a_client() -> Client:
    clock = Clock.model_validate({"origin": CREATED})
    return Client(LISTED, "a@client.example", "case_1", clock, "http://door.test", Post("http://x"), Staff("", {}))


def a_mail(number: int, subject: str, text: str = "Hello") -> dict[str, Any]:
    return {"message_id": f"<{number}@aboard>", "subject": subject, "text": text, "html": ""}


def an_effect(kind: str, key: str, state: str = "done", **more: object) -> dict[str, Any]:
    return {"key": key, "kind": kind, "state": state, "receipt_id": key, "detail": {"to": "client"}, **more}


def rejected() -> Ended:
    """A listed person, at an end as it should be."""
    whats = ("case_opened", "case_started", "case_rejected")
    return Ended(
        part=LISTED,
        client=a_client(),
        file={
            "case": {"id": "case_1", "status": "rejected", "band": "high", "ended_story": ENDED},
            "steps": [], "tasks": [{"code": "blocking_report"}], "waits": [],
            "timeline": [{"what": what, "reason": None} for what in whats],
        },
        effects=[an_effect("mail", "1"), an_effect("mail", "2")],
        check_ins=[],
        mails=[a_mail(1, "Welcome to Aboard: your first steps"), a_mail(2, "Your onboarding has ended")],
        accounts=0,
        events=Counter(),
        proved=True,
        export=export_end(KEY, "case_1", 0, GENESIS),
        preview=None,
        stepped_in=False,
    )  # fmt: skip


def withdrawn() -> Ended:
    ended = rejected()
    file = {
        **ended.file,
        "tasks": [],
        "case": {**ended.file["case"], "status": "withdrawn", "band": "low"},
        "timeline": [{"what": what, "reason": None} for what in ("case_opened", "case_started", "case_withdrawn")],
    }
    undone = [an_effect(kind, kind, "undone") for kind in ("account", "membership", "event", "envelope")]
    preview = {"undo": [{"kind": kind} for kind in ("event", "membership", "account", "envelope")]}
    return replace(ended, part=WITHDRAWS, file=file, effects=[*ended.effects, *undone], preview=preview)


@pytest.mark.parametrize("ended", [rejected(), withdrawn()], ids=["rejected", "withdrawn"])
async def test_an_end_as_it_should_be_has_no_faults(ended: Ended, settings: Settings) -> None:
    assert await faults(ended, settings) == []


async def test_a_case_that_did_not_end_is_named_with_what_it_waits_for(settings: Settings) -> None:
    good = rejected()
    waits = [{"step": "collect", "holder": "client", "why": "collect"}]
    file = {**good.file, "case": {**good.file["case"], "ended_story": None}, "waits": waits}

    assert await faults(replace(good, file=file), settings) == [
        "a listed person: it did not end; collect waits for client (collect)"
    ]


TELLING = [a_mail(1, "Welcome"), a_mail(2, "Your onboarding has ended", "You are on a sanctions list.")]
REMINDED = [a_mail(1, "Still open: your details"), a_mail(2, "Your onboarding has ended")]
TWICE = [a_mail(1, "Welcome"), a_mail(1, "Welcome"), a_mail(2, "Your onboarding has ended")]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"accounts": 1}, "something was opened for a client who was rejected"),
        ({"mails": TELLING}, "a mail tells the client why"),
        ({"mails": REMINDED}, "1 reminders were sent"),
        ({"mails": TWICE}, "1 mails came twice"),
        ({"mails": TELLING[:1]}, "the client was not told that it is over"),
        ({"proved": False}, "its journal is not proved"),
        ({"export": "{}"}, "the export of its journal is not proved"),
        ({"effects": [an_effect("mail", "1"), an_effect("mail", "2", "intended")]}, "the effect 2 is intended"),
        ({"stepped_in": True}, "staff stepped in for nothing"),
    ],
)
async def test_what_is_wrong_is_named(changed: dict[str, Any], fault: str, settings: Settings) -> None:
    assert f"a listed person: {fault}" in await faults(replace(rejected(), **changed), settings)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"accounts": 1}, "1 accounts and 0 events are left outside"),
        ({"events": Counter({"uid": 1})}, "0 accounts and 1 events are left outside"),
        ({"effects": [*rejected().effects, an_effect("account", "account:1")]}, "not undone: account:1"),
        ({"preview": None}, "the preview of the withdrawal named []"),
    ],
)
async def test_what_a_withdrawal_left_is_named(changed: dict[str, Any], fault: str, settings: Settings) -> None:
    assert f"a client who withdraws: {fault}" in await faults(replace(withdrawn(), **changed), settings)


def test_two_runs_in_one_house_have_addresses_and_references_of_their_own() -> None:
    one, other = requests("one"), requests("other")

    for reference in one:
        assert one[reference]["reference"] != other[reference]["reference"]
        mine, theirs = (run[reference]["client"]["person"]["email"] for run in (one, other))
        assert mine != theirs
