"""Cases through the door: opened, found, shown, steered; bad input is answered."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.door import Door
from api.story import NotRunning
from onboarding.case import CaseStatus, Role
from onboarding.errors import Forbidden, Unavailable
from records import cases
from records.effects import Intent, Receipt
from tests.api.house import Caller, FakeEngine, Staff, a_company, a_person, a_request

NAMES = [
    "李",
    "Ó",
    "Ωμέγα Παπαδοπούλου",
    "عبد الرحمن بن محمد",
    "שרה כהן",
    "ნინო ბერიძე",
    "สมชาย ใจดี",
    "Анна Ёлкина",
    "நிலா செல்வன்",
    "김하늘",
    "D'Arcy-O’Neill Jr.",
    "𠮷野家",
    "é" * 300,
    "字" * 300,
]


async def opened(desk: Caller, **changes: object) -> str:
    answer = await desk.post("/cases", a_request(**changes))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["case"])


async def test_a_case_is_stored_and_its_story_started(desk: Caller, engine: FakeEngine, door: Door) -> None:
    answer = await desk.post("/cases", a_request())

    case_id = answer.json()["case"]
    assert answer.status_code == 202
    assert engine.runs == [case_id]
    assert answer.json()["links"]["run"].endswith(f"/workflows/onboarding-{case_id}")


async def test_what_is_stored_of_the_client_comes_back_to_those_who_may_see_it(desk: Caller, staff: Staff) -> None:
    case_id = await opened(desk, client=a_company())
    engineer = await staff.who_is(Role.ENGINEER)

    assert (await desk.get(f"/cases/{case_id}")).json()["client"]["name"] == "Nimbus AB"
    assert (await engineer.get(f"/cases/{case_id}")).json()["client"] is None


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_in_any_script_is_taken_and_kept(desk: Caller, name: str) -> None:
    person = {"name": name, "email": "zephyrine@quillfeather.example"}

    case_id = await opened(desk, client=a_person(person=person))

    assert (await desk.get(f"/cases/{case_id}")).json()["client"]["name"] == name


TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
PERSON = {"name": "Zephyrine Quillfeather", "email": "zephyrine@quillfeather.example"}
BAD = {
    "unknown_playbook": a_request(playbook="no-such-book"),
    "unknown_country": a_request(client=a_person(country="ZQ")),
    "unknown_language": a_request(client=a_person(language="tlh")),
    "unknown_timezone": a_request(client=a_person(timezone="Mars/Olympus")),
    "birth_date_in_future": a_request(client=a_person(person={**PERSON, "birth_date": TOMORROW})),
    "owners_missing": a_request(client=a_company(owners=[])),
    "company_does_not_fit_kind": a_request(client=a_person(kind="company")),
    "bad_email": a_request(client=a_person(person={**PERSON, "email": "zephyrine at quillfeather"})),
    "unknown_owner": a_request(owner="staff_zephyrine"),
    "invalid": a_request(client=a_person(person={**PERSON, "name": "Q" * 301})),
}


@pytest.mark.parametrize("code", BAD)
async def test_bad_input_is_refused_with_its_code_and_without_being_repeated(
    desk: Caller, engine: FakeEngine, code: str
) -> None:
    answer = await desk.post("/cases", BAD[code])

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"
    for value in ("ephyrine", "uillfeather", "Mars", "tlh", "ZQ", "no-such", TOMORROW, "QQQ"):
        assert value not in answer.text
    assert engine.runs == []


@pytest.mark.parametrize(
    ("client", "code"),
    [
        (a_person(person={**PERSON, "nationality": "ZQ"}), "unknown_country"),
        (a_person(country="Sweden"), "unknown_country"),
        (a_company(country="ZQ"), "unknown_country"),
        (a_company(owners=[{"person": {"name": "X", "birth_date": TOMORROW}, "share": "1/3"}]), "birth_date_in_future"),
        (a_person(person={**PERSON, "name": ""}), "invalid"),
        (a_person(person={**PERSON, "name": "   "}), "invalid"),
        (a_person(person={**PERSON, "name": "Zephyrine\r\nBcc: everybody@quillfeather.example"}), "invalid"),
        (a_person(person={**PERSON, "name": "Zephyrine\x00"}), "invalid"),
        (a_person(person={**PERSON, "name": "Zephyrine \u202eeno rehtona"}), "invalid"),
        (a_person(person={**PERSON, "name": "\u200b"}), "invalid"),
        (a_person(person={**PERSON, "document_number": "X\n1"}), "invalid"),
        (a_person(person={**PERSON, "birth_date": "0001-01-01"}), "birth_date_too_long_ago"),
        (a_person(zephyrine="Quillfeather"), "invalid"),
        (a_person(person={"name": "Zephyrine"}), "bad_email"),
        (a_person(company={"name": "Nimbus AB", "country": "SE"}), "company_does_not_fit_kind"),
    ],
)
async def test_every_part_of_a_client_is_looked_at(desk: Caller, client: dict[str, object], code: str) -> None:
    answer = await desk.post("/cases", a_request(client=client))

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "ephyrine" not in answer.text


async def test_a_reference_is_used_once(desk: Caller) -> None:
    await opened(desk, reference="crm-1")

    answer = await desk.post("/cases", a_request(reference="crm-1"))

    assert (answer.status_code, answer.json()["code"]) == (409, "reference_taken")


async def test_a_case_is_taken_even_while_the_story_cannot_be_reached(desk: Caller, engine: FakeEngine) -> None:
    engine.failures.append(Unavailable())

    case_id = await opened(desk)

    assert engine.runs == []
    assert (await desk.get(f"/cases/{case_id}")).json()["case"]["status"] == "starting"


async def test_pages_stay_the_same_while_cases_are_added(desk: Caller, staff: Staff) -> None:
    owner = (await staff.who_is(Role.CSM)).id
    mine = [await opened(desk, owner=owner) for _ in range(5)]

    first = (await desk.get("/cases", owner=owner, limit=2)).json()
    await opened(desk, owner=owner)
    second = (await desk.get("/cases", owner=owner, limit=2, cursor=first["next"])).json()
    third = (await desk.get("/cases", owner=owner, limit=2, cursor=second["next"])).json()

    seen = [line["id"] for page in (first, second, third) for line in page["cases"]]
    assert seen == mine[::-1]
    assert third["next"] is None


async def test_cases_are_found_by_where_they_stand(desk: Caller, staff: Staff, door: Door) -> None:
    owner = (await staff.who_is(Role.CSM)).id
    case_id, _other = await opened(desk, owner=owner), await opened(desk, owner=owner)
    async with door.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.PAUSED)

    found = (await desk.get("/cases", owner=owner, status="paused")).json()["cases"]

    assert [line["id"] for line in found] == [case_id]


@pytest.mark.parametrize("cursor", ["garbage", "WyJ4IiwgMV0=", "bnVsbA==", "e30="])
async def test_a_cursor_that_is_not_ours_is_refused(desk: Caller, cursor: str) -> None:
    answer = await desk.get("/cases", cursor=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


async def test_an_unknown_case_is_not_found(desk: Caller) -> None:
    answer = await desk.get("/cases/case_0000000000000000000z")

    assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")


@pytest.mark.parametrize(
    ("what", "body", "evidence"),
    [
        ("pause", {"reason": "holidays"}, {"reason": "holidays"}),
        ("pause", {}, {"reason": None}),
        ("resume", {}, {"reason": None}),
        ("withdraw", {"reason": "client_asked"}, {"reason": "client_asked"}),
        ("skip", {"step": "kickoff", "reason": "known"}, {"step": "kickoff", "reason": "known"}),
    ],
)
async def test_steering_is_told_to_the_story_as_a_signed_message(
    desk: Caller, engine: FakeEngine, what: str, body: dict[str, str], evidence: dict[str, str]
) -> None:
    case_id = await opened(desk)

    answer = await desk.post(f"/cases/{case_id}/{what}", body)

    [(workflow, message)] = engine.heard
    assert answer.json() == {"status": "taken"}
    assert (workflow, message.what, message.actor) == (f"onboarding-{case_id}", what, desk.id)
    assert message.evidence == evidence
    assert message.signature


async def test_a_case_is_given_only_to_a_customer_success_manager(
    desk: Caller, staff: Staff, engine: FakeEngine
) -> None:
    case_id, csm = await opened(desk), await staff.who_is(Role.CSM)

    given = await desk.post(f"/cases/{case_id}/reassign", {"owner": csm.id})
    refused = await desk.post(f"/cases/{case_id}/reassign", {"owner": desk.id})

    assert (given.status_code, refused.json()["code"]) == (200, "unknown_owner")
    assert [message.evidence["owner"] for _, message in engine.heard] == [csm.id]


async def test_a_message_to_a_case_that_has_ended_is_answered_so(desk: Caller, engine: FakeEngine, door: Door) -> None:
    case_id = await opened(desk)
    async with door.database.session() as session:
        await cases.set_status(session, case_id, CaseStatus.COMPLETED, ended=datetime(2026, 6, 1, tzinfo=UTC))
    engine.failures.append(NotRunning())

    answer = await desk.post(f"/cases/{case_id}/pause", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "case_closed")


async def test_a_message_to_a_case_that_is_starting_may_be_repeated(desk: Caller, engine: FakeEngine) -> None:
    case_id = await opened(desk)
    engine.failures.append(NotRunning())

    first = await desk.post(f"/cases/{case_id}/pause", {}, key="same")
    second = await desk.post(f"/cases/{case_id}/pause", {}, key="same")

    assert (first.status_code, first.headers["retry-after"]) == (503, "2")
    assert second.status_code == 200


async def test_what_the_story_refuses_is_journaled(desk: Caller, engine: FakeEngine, door: Door) -> None:
    case_id = await opened(desk)
    engine.failures.append(Forbidden(code="senior_needed"))

    answer = await desk.post(f"/cases/{case_id}/pause", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "senior_needed")
    assert await refusals(door, desk.id) == [(case_id, "pause", "senior_needed")]


async def test_a_withdrawal_is_shown_before_it_is_run(desk: Caller, door: Door) -> None:
    case_id = await opened(desk)
    for kind in ("account", "mail", "membership"):
        await _perform(door, case_id, kind)

    preview = (await desk.get(f"/cases/{case_id}/withdrawal")).json()

    assert [one["undo"] for one in preview["undo"]] == ["leave_group", "deactivate_and_delete_account"]
    assert preview["stays"] == {"mail": 1}


async def _perform(door: Door, case_id: str, kind: str) -> None:
    async def look() -> None:
        return None

    async def act() -> Receipt:
        return Receipt(id=f"{kind}-1")

    story = datetime(2026, 3, 2, tzinfo=UTC)
    intent = Intent(key=f"{case_id}/{kind}", kind=kind, case_id=case_id, step="account", story=story, actor="aboard")
    await door.effects.perform(intent, look, act)


async def refusals(door: Door, actor: str) -> list[tuple[str | None, str, str]]:
    async with door.database.session() as session:
        rows = await session.execute(
            text("SELECT case_id, what, reason FROM journal_refusals WHERE actor = :actor ORDER BY id"),
            {"actor": actor},
        )
        return [(row.case_id, row.what, row.reason) for row in rows]
