"""Allowances at the door: proposed by one reviewer, approved by another, shown, taken back."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from api.door import Door
from kyc.screening import Policy
from kyc.screening.replay import Past, find
from onboarding.case import Role
from records import openings, signals
from records.signals import NewScreening, NewSignal, SignalState
from tests.api.house import Caller, Staff, a_request, planned
from tests.kyc.samples import NOW, a_person, sample_index

SOON = {  # a case of these tests lives in the present
    "reason": "birth_date_differs",
    "expires": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
}


def a_past() -> Past:
    index, asked = sample_index(), a_person("Viktor Antonovich Markov").model_copy(update={"id": "person"})
    screening = index.screen(asked, Policy.read(), NOW)
    records = {hit.entry: find(index, hit.entry) for hit in screening.hits}
    raw = {number: json.loads(entry.to_json()) for number, entry in records.items() if entry}
    return Past(asked=asked, now=NOW, screening=screening, records=raw)


@pytest.fixture
async def hit(desk: Caller, door: Door) -> str:
    """A list hit that a reviewer has cleared."""
    case = str((await desk.post("/cases", a_request())).json()["case"])
    await planned(door, case, opened=("verify",))
    past = a_past()
    async with door.database.session() as session:
        screening = NewScreening(
            case_id=case, key="1", round=1, party="person", list_name="ofac-sdn", outcome="hits", hits=1,
            evidence=past.model_dump(mode="json"),
        )  # fmt: skip
        await signals.add_screening(session, door.vault, screening)
        signal = NewSignal(
            case_id=case, key="hit", round=1, kind="list_hit", code="list_hit", party="person",
            evidence=past.screening.hits[0].model_dump(mode="json"),
        )  # fmt: skip
        made = await signals.add_signal(session, door.vault, signal)
        await signals.judge(session, made, SignalState.CLEARED, reason="birth_date_differs", reviewer="staff_r")
    return made


async def test_two_reviewers_make_an_allowance_and_the_journal_names_both(staff: Staff, door: Door, hit: str) -> None:
    one, other = await staff.who_is(Role.REVIEWER), await staff.who_is(Role.SENIOR)

    proposed = await one.post(f"/signals/{hit}/allowance", SOON)
    alone = await one.post(f"/allowances/{proposed.json()['id']}/approval")
    approved = await other.post(f"/allowances/{proposed.json()['id']}/approval")

    assert (proposed.status_code, proposed.json()["state"]) == (201, "proposed")
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    assert (approved.json()["state"], approved.json()["approved_by"]) == ("in_force", other.id)
    async with door.database.session() as session:
        entries = await door.journal.read(session, proposed.json()["case_id"])
    said = {(entry.what, entry.actor) for entry in entries}
    assert {("allowance_proposed", one.id), ("allowance_in_force", other.id)} <= said


async def test_allowances_of_a_case_are_listed_and_can_be_taken_back(staff: Staff, hit: str) -> None:
    reviewer = await staff.who_is(Role.REVIEWER)
    made = (await reviewer.post(f"/signals/{hit}/allowance", SOON)).json()

    revoked = await reviewer.post(f"/allowances/{made['id']}/revocation", {"reason": "made_in_error"})
    again = await reviewer.post(f"/allowances/{made['id']}/revocation", {"reason": "made_in_error"})
    listed = (await reviewer.get(f"/cases/{made['case_id']}/allowances")).json()

    assert revoked.json()["state"] == "revoked"
    assert again.json()["code"] == "allowance_ended"
    assert [row["ended_reason"] for row in listed["allowances"]] == ["made_in_error"]
    assert "matching" not in listed["allowances"][0]


async def test_whoever_started_the_case_has_no_say_in_it(staff: Staff, door: Door) -> None:
    starter = await staff.who_is(Role.STAFF, Role.REVIEWER)
    await staff.who_is(Role.CSM)
    case = str((await starter.post("/cases", a_request())).json()["case"])
    async with door.database.session() as session:
        new = NewSignal(case_id=case, key="hit", round=1, kind="list_hit", code="list_hit", evidence={"entry": "x"})
        signal = await signals.add_signal(session, door.vault, new)

    answer = await starter.post(f"/signals/{signal}/allowance", SOON)

    assert (answer.status_code, answer.json()["code"]) == (403, "reviewer_is_not_independent")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**SOON, "reason": "no_reason_of_ours"}, "reason_not_for_signal"),
        ({**SOON, "expires": "2020-01-01T00:00:00Z"}, "expiry_out_of_range"),
        ({**SOON, "expires": "2099-01-01T00:00:00Z"}, "expiry_out_of_range"),
    ],
)
async def test_reason_and_expiry_are_checked(staff: Staff, hit: str, body: dict[str, str], code: str) -> None:
    reviewer = await staff.who_is(Role.REVIEWER)

    answer = await reviewer.post(f"/signals/{hit}/allowance", body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_staff_who_are_no_reviewers_may_not(desk: Caller, hit: str) -> None:
    assert (await desk.post(f"/signals/{hit}/allowance", SOON)).status_code == 403


async def test_a_screening_shows_what_was_asked_found_and_allowed(staff: Staff, door: Door, hit: str) -> None:
    reviewer = await staff.who_is(Role.REVIEWER)
    async with door.database.session() as session:
        case = (await signals.signal(session, hit)).case_id
        (row,) = await signals.screenings(session, case)

    shown = (await reviewer.get(f"/screenings/{row.id}")).json()

    assert shown["asked"]["names"] == ["Viktor Antonovich Markov"]
    assert [one["entry"] for one in shown["screening"]["hits"]] == list(shown["records"]) == ["ofac-sdn:900001"]
    async with door.database.session() as session:
        seen = await openings.openings(session, case)
    assert [(one.actor, one.what, one.subject) for one in seen] == [(reviewer.id, "screening", row.id)]


async def test_a_screening_is_for_reviewers(desk: Caller, staff: Staff, hit: str) -> None:
    reviewer = await staff.who_is(Role.REVIEWER)

    assert (await desk.get("/screenings/screening_1")).status_code == 403
    assert (await reviewer.get("/screenings/screening_1")).status_code == 404
