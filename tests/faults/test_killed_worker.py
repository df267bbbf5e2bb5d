"""The worker is killed after each kind of deed, before the deed is settled: everything is there once in the end."""

from collections import Counter
from contextlib import closing

import httpx2
import pytest

from records.effects import KINDS
from run.caller import Json
from run.demo import outside
from run.house import s3_client
from tests.theatre import PERSON, Case, Theatre

DEEDS = set(KINDS) - {"identity_check"}  # this house has no identity vendor; tests/activities/test_identity.py has
SHORT = ("check-in-60", "feedback", "check-in-90")  # all that they do, the first check-in has done before


@pytest.mark.timeout(600)
async def test_killed_after_each_kind_of_deed_everything_is_done_once(theatre: Theatre) -> None:
    for kind in DEEDS:
        theatre.tell_to_die(kind)

    async with theatre.case(PERSON, seconds=1.5) as case:
        await case.until_step("check-in-30", "open", seconds=420)
        for step in SHORT:
            await case.do("skip", step=step, reason="known_client")
        file = await case.until_ended()
        effects, mails = await case.effects(), await case.mails()
        written, found = await journal(case), await what_is_outside(theatre, case)

    assert theatre.died_of() == DEEDS, "a kind of deed after which nobody was killed"
    assert file["case"]["status"] == "completed"
    assert {row["kind"] for row in effects if row["attempts"] > 1} == DEEDS
    assert {row["state"] for row in effects} == {"done"}
    assert twice(row["effect"] for row in written if row["what"] == "effect_done") == []
    assert_each_is_there_once(found, effects)
    assert_mails_repeat_themselves(mails, effects)


async def what_is_outside(theatre: Theatre, case: Case) -> Json:
    settings = theatre.settings
    uids = {row["receipt_id"] for row in await case.effects() if row["kind"] == "event"}
    return {
        "accounts": await outside.accounts(settings, case.id),
        "memberships": await memberships(theatre, case.id),
        "events": {uid: count for uid, count in (await outside.events(settings)).items() if uid in uids},
        "objects": objects(theatre, case.id),
    }


def assert_each_is_there_once(found: Json, effects: list[Json]) -> None:
    papers = [row for row in effects if row["kind"] in ("envelope", "seal", "certificate")]
    meetings = {row["receipt_id"] for row in effects if row["kind"] == "event"}
    assert Counter(row["kind"] for row in papers) == {"envelope": 1, "seal": 1, "certificate": 1}
    assert found["accounts"] == 1
    assert found["memberships"] == 1
    assert found["events"] == dict.fromkeys(meetings, 1)
    assert len([key for key in found["objects"] if "agreement" in key]) == len(papers), found["objects"]


def assert_mails_repeat_themselves(mails: list[Json], effects: list[Json]) -> None:
    """A mail may come twice after a crash, with one Message-ID and the same words."""
    said: dict[str, set[str]] = {}
    for mail in mails:
        said.setdefault(mail["message_id"], set()).add(mail["subject"] + mail["text"] + mail["html"])
    sent = [row for row in effects if row["kind"] == "mail" and row["detail"]["to"] == "client"]
    assert len(said) == len(sent)
    assert all(len(words) == 1 for words in said.values())


async def journal(case: Case) -> list[Json]:
    return [row async for row in case.staff.as_("auditor").rows(f"/cases/{case.id}/journal", limit=200)]


async def memberships(theatre: Theatre, case: str) -> int:
    """In how many groups the account of a case is, counted by the groups."""
    directory = theatre.settings.directory
    headers = {"Authorization": f"Bearer {directory.token.get_secret_value()}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20) as http:
        users = await http.get(f"{directory.url}/Users", params={"filter": f'externalId eq "{case}"'})
        account = users.raise_for_status().json()["Resources"][0]["id"]
        groups = (await http.get(f"{directory.url}/Groups")).raise_for_status().json()["Resources"]
    return sum(member["value"] == account for group in groups for member in group.get("members", []))


def objects(theatre: Theatre, case: str) -> list[str]:
    with closing(s3_client(theatre.settings)) as client:
        listed = client.list_objects_v2(Bucket=theatre.settings.s3.bucket, Prefix=f"{case}/").get("Contents", [])
    return [entry["Key"] for entry in listed]


def twice(keys: object) -> list[object]:
    return [key for key, count in Counter(keys).items() if count > 1]  # type: ignore[call-overload]
