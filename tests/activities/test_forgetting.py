"""Forgetting: a client who is erased here is deleted at the identity vendor, or staff are asked to."""

from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment

from activities.forgetting import LAST_TRY, Forgetting
from activities.identity import Identity
from activities.vendors.onfido import Onfido
from onboarding.deeds import Erased
from onboarding.errors import Invalid, Unavailable
from records import cases, tasks
from tests.activities.desk import Desk, a_company
from tests.activities.test_screening import verifying
from tests.outside.onfido import OnfidoServer


@pytest.fixture
async def case(desk: Desk, vendor: Onfido, onfido: OnfidoServer) -> str:
    """A company whose two owners were checked."""
    case = await desk.case(a_company())
    await Identity(desk.database, desk.journal, desk.effects, vendor).waiting(verifying(case))
    for run in onfido.runs:
        onfido.says(run, "approved")
    return case


async def forgotten(desk: Desk, case: str, vendor: Onfido | None, attempt: int = 1) -> None:
    async with desk.database.session() as session:
        client = (await cases.case(session, case)).client_id
    temporal = ActivityEnvironment()
    temporal.info = replace(temporal.info, attempt=attempt)
    await temporal.run(Forgetting(desk.database, desk.journal, vendor).forget, Erased(client=client))


async def left_to_staff(desk: Desk, case: str) -> list[str]:
    async with desk.database.session() as session:
        return [str(row.resources["code"]) for row in await tasks.tasks(session, case_id=case)]


async def test_everybody_who_was_checked_is_deleted_at_the_vendor_once(
    desk: Desk, case: str, vendor: Onfido, onfido: OnfidoServer
) -> None:
    await forgotten(desk, case, vendor)
    await forgotten(desk, case, vendor)

    assert (onfido.applicants, onfido.happened.count("applicant deleted")) == ({}, 2)
    assert (await desk.said(case)).count("deleted_at_vendor") == 2
    assert await left_to_staff(desk, case) == []


async def test_a_vendor_that_does_not_answer_is_asked_again(
    desk: Desk, case: str, vendor: Onfido, onfido: OnfidoServer
) -> None:
    onfido.troubles.append(503)

    with pytest.raises(Unavailable):
        await forgotten(desk, case, vendor)
    await forgotten(desk, case, vendor, attempt=2)

    assert onfido.applicants == {}


async def test_what_the_vendor_never_deletes_staff_delete_by_hand(
    desk: Desk, case: str, vendor: Onfido, onfido: OnfidoServer
) -> None:
    onfido.troubles += [503, 422]

    await forgotten(desk, case, vendor, attempt=LAST_TRY)

    assert await left_to_staff(desk, case) == ["unavailable", "identity_vendor_refused"]
    assert len(onfido.applicants) == 2


async def test_a_vendor_that_was_switched_off_since_is_left_to_staff(desk: Desk, case: str) -> None:
    await forgotten(desk, case, None)

    assert await left_to_staff(desk, case) == ["identity_vendor_off"] * 2


async def test_an_applicant_whose_check_never_began_is_named_to_staff(
    desk: Desk, vendor: Onfido, onfido: OnfidoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, asking = await desk.case(a_company()), vendor._ask

    async def ask(method: str, path: str, **rest: object) -> object:
        if (method, path) == ("POST", "/workflow_runs"):
            raise Invalid("refused", code="identity_vendor_refused")
        return await asking(method, path, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(vendor, "_ask", ask)
        with pytest.raises(Invalid):
            await Identity(desk.database, desk.journal, desk.effects, vendor).waiting(verifying(case))
    await forgotten(desk, case, vendor)

    assert set(await left_to_staff(desk, case)) == {"identity_check_half_begun"}
