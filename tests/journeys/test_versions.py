"""A worker of another version takes over a case in flight, and later gives it back."""

import asyncio
import os
import signal

import pytest

from tests.faults.worker import BUILD, FOLDER
from tests.journeys.test_steering import hand_in
from tests.theatre import PERSON, Case, Theatre

pytestmark = pytest.mark.timeout(600)


async def test_a_worker_of_another_version_takes_over_a_case_in_flight(theatre: Theatre) -> None:
    order = theatre.settings.home / FOLDER / BUILD
    async with theatre.case(PERSON, seconds=3600, idle=True) as case:
        await case.until_step("collect", "open")
        begun_by = await build_of(theatre, case)
        await asyncio.to_thread(order.write_text, "another")
        try:
            replace_worker(theatre)
            await hand_in(case, 1)
            await case.until(
                "the check", lambda file: "document_accepted" in [e["what"] for e in file["timeline"]], 120
            )
            goes_on_with = await build_of(theatre, case)
        finally:
            await asyncio.to_thread(order.unlink)
            replace_worker(theatre)
        await case.do("withdraw", reason="client_asked")
        await case.until_ended(120)
        given_back_to = await build_of(theatre, case)

    assert goes_on_with == "another"
    assert begun_by == given_back_to != "another"


def replace_worker(theatre: Theatre) -> None:
    """The supervisor starts the next one, which reads what version it is."""
    os.kill(theatre.stack.supervisor.pids()["worker"], signal.SIGKILL)


async def build_of(theatre: Theatre, case: Case) -> str:
    """The version that did the last task of the step."""
    step = await theatre.engine.get_workflow_handle(f"onboarding-{case.id}/collect").describe()
    return str(step.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id)
