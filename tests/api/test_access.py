"""Every role that may not is refused, and the refusal is journaled."""

import re
from collections.abc import Iterator

import pytest

from api.access import AUDIT, CASEWORK, READING, REVIEW
from api.door import Door
from onboarding.case import Role
from records import staff as staff_records
from tests.api.house import Caller, Staff, a_request
from tests.api.test_cases import refusals

CASE = "case_0000000000000000000z"
EVERYONE = tuple(Role)
READERS = set(READING)
MAY = {
    ("POST", "/cases"): set(CASEWORK),
    ("GET", "/cases"): READERS | {Role.ENGINEER},
    ("GET", "/cases/{case_id}"): READERS | {Role.ENGINEER},
    ("GET", "/cases/{case_id}/withdrawal"): READERS,
    ("POST", "/cases/{case_id}/pause"): set(CASEWORK),
    ("POST", "/cases/{case_id}/resume"): set(CASEWORK),
    ("POST", "/cases/{case_id}/withdraw"): set(CASEWORK),
    ("POST", "/cases/{case_id}/reassign"): set(CASEWORK),
    ("POST", "/cases/{case_id}/skip"): set(CASEWORK),
    ("GET", "/cases/{case_id}/documents"): READERS,
    ("POST", "/cases/{case_id}/documents"): set(CASEWORK),
    ("GET", "/documents/{document_id}/content"): {Role.STAFF, Role.REVIEWER, Role.SENIOR},
    ("GET", "/reviews"): {*REVIEW, Role.AUDITOR, Role.MLRO},
    ("GET", "/reviews/{review_id}"): {*REVIEW, Role.AUDITOR, Role.MLRO},
    ("GET", "/reasons"): {*REVIEW, Role.AUDITOR, Role.MLRO},
    ("POST", "/reviews/{review_id}/claim"): set(REVIEW),
    ("POST", "/reviews/{review_id}/release"): set(REVIEW),
    ("POST", "/reviews/{review_id}/overrides"): set(REVIEW),
    ("POST", "/overrides/{override_id}/verdict"): set(REVIEW),
    ("GET", "/conditions"): READERS,
    ("POST", "/conditions/{condition_id}/extension"): set(REVIEW),
    ("POST", "/conditions/{condition_id}/fulfilment"): {*CASEWORK, *REVIEW, Role.MLRO},
    ("POST", "/signals/{signal_id}/judgement"): set(REVIEW),
    ("POST", "/reviews/{review_id}/decision"): set(REVIEW),
    ("GET", "/tasks"): READERS,
    ("POST", "/tasks/{task_id}/resolution"): {*CASEWORK, *REVIEW, Role.MLRO},
    ("GET", "/cases/{case_id}/meetings"): READERS,
    ("POST", "/meetings/{meeting_id}/outcome"): set(CASEWORK),
    ("GET", "/cases/{case_id}/check-ins"): READERS,
    ("GET", "/check-ins/{check_in_id}/brief"): set(CASEWORK),
    ("POST", "/check-ins/{check_in_id}/outcome"): set(CASEWORK),
    ("GET", "/cases/{case_id}/journal"): {*AUDIT, *REVIEW},
    ("GET", "/cases/{case_id}/journal/export"): set(AUDIT),
    ("POST", "/cases/{case_id}/journal/verification"): set(AUDIT),
    ("GET", "/cases/{case_id}/effects"): {*CASEWORK, Role.AUDITOR, Role.ENGINEER},
    ("GET", "/playbooks"): set(EVERYONE),
    ("GET", "/cases/{case_id}/allowances"): {*REVIEW, Role.AUDITOR, Role.MLRO},
    ("POST", "/signals/{signal_id}/allowance"): set(REVIEW),
    ("POST", "/allowances/{allowance_id}/approval"): set(REVIEW),
    ("POST", "/allowances/{allowance_id}/revocation"): set(REVIEW),
    ("GET", "/cases/{case_id}/evidence"): set(REVIEW),
    ("GET", "/cases/{case_id}/suggestions"): set(REVIEW),
    ("GET", "/screenings/{screening_id}"): set(REVIEW),
    ("GET", "/cases/{case_id}/monitoring"): READERS,
    ("POST", "/cases/{case_id}/anomalies"): {*CASEWORK, *REVIEW, Role.MLRO},
    ("POST", "/cases/{case_id}/hold"): {*CASEWORK, *REVIEW, Role.MLRO},
    ("POST", "/cases/{case_id}/hold/lift"): set(REVIEW),
    ("POST", "/cases/{case_id}/end-relationship"): set(CASEWORK),
    ("GET", "/lists"): READERS,
    ("POST", "/lists/releases"): {*REVIEW, Role.ADMIN},
    ("GET", "/policies"): {*REVIEW, *AUDIT},
    ("GET", "/policies/{hash_}"): {*REVIEW, *AUDIT},
    ("POST", "/policies"): {*REVIEW, Role.ADMIN},
    ("POST", "/policies/{hash_}/approval"): {*REVIEW, Role.ADMIN},
    ("POST", "/policies/{hash_}/backtest"): {*REVIEW, Role.ADMIN},
    ("POST", "/policies/{hash_}/activation"): {*REVIEW, Role.ADMIN},
}


def _endpoints(staff: Staff) -> Iterator[tuple[str, str]]:
    """Those of staff: clients come in by the portal, and vendors sign what they send."""
    for path, methods in staff.app.openapi()["paths"].items():
        if path.startswith("/api/v1/") and not path.startswith(("/api/v1/portal", "/api/v1/webhooks")):
            for method in methods:
                yield method.upper(), path.removeprefix("/api/v1")


async def _knock(caller: Caller, method: str, path: str) -> int:
    concrete = path.replace("{case_id}", CASE)
    concrete = re.sub(r"\{\w+\}", "unknown_1", concrete)
    answer = await (caller.get(concrete) if method == "GET" else caller.post(concrete, {}))
    return answer.status_code


async def test_no_endpoint_of_staff_is_without_its_roles(staff: Staff) -> None:
    assert set(_endpoints(staff)) == set(MAY)


@pytest.mark.parametrize(("method", "path"), MAY)
async def test_who_may_not_is_refused_and_the_refusal_journaled(
    staff: Staff, door: Door, method: str, path: str
) -> None:
    for role in sorted(set(EVERYONE) - MAY[method, path]):
        caller = await staff.who_is(role)

        assert await _knock(caller, method, path) == 403, role
        [(case_id, _what, reason)] = await refusals(door, caller.id)
        assert (case_id, reason) == (CASE if "{case_id}" in path else None, "forbidden")


@pytest.mark.parametrize(("method", "path"), MAY)
async def test_who_may_is_let_in(staff: Staff, method: str, path: str) -> None:
    for role in sorted(MAY[method, path]):
        assert await _knock(await staff.who_is(role), method, path) not in (401, 403), role


@pytest.mark.parametrize(("method", "path"), MAY)
async def test_nobody_comes_in_without_a_token(staff: Staff, method: str, path: str) -> None:
    nobody = staff.nobody()

    assert await _knock(nobody, method, path) == 401


async def test_a_token_of_somebody_who_left_is_worth_nothing(staff: Staff, door: Door) -> None:
    caller = await staff.who_is(Role.STAFF)
    async with door.database.session() as session:
        await staff_records.disable(session, caller.id)

    answer = await caller.get("/cases")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_flood_of_refusals_is_not_written_down_whole(staff: Staff, door: Door) -> None:
    auditor = await staff.who_is(Role.AUDITOR)

    for _ in range(35):
        await auditor.post("/cases", a_request())

    assert len(await refusals(door, auditor.id)) == 30
