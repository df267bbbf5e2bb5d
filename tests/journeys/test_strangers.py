"""Whoever reaches Temporal's port can send a message: what the API did not sign changes nothing and stops nothing."""

import contextlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.update.v1 import Input, Meta, Request
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest, UpdateWorkflowExecutionRequest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from onboarding.messages import Message, Receipt
from records.codec import ENCODING
from run.house import signer
from tests.theatre import PERSON, Case, Theatre

pytestmark = pytest.mark.timeout(600)
GARBLED = [
    Payload(metadata={"encoding": ENCODING, "key": b"unknown"}, data=b"\0" * 40),
    Payload(metadata={"encoding": b"json/plain"}, data=b'{"what": '),
    Payload(metadata={"encoding": b"binary/null"}),
    Payload(metadata={}, data=b"\xff\xfe"),
]


async def test_a_stranger_changes_nothing_and_stops_nothing(theatre: Theatre) -> None:
    async with theatre.case(PERSON, seconds=3600, idle=True) as case:
        await case.until_step("collect", "open")
        refusals = [await refusal(theatre, case, message) for message in forged(theatre, case)]
        for workflow in (f"onboarding-{case.id}", f"onboarding-{case.id}/collect"):
            await send_rubbish(theatre, workflow, case)
        before = await case.file()
        paused = await case.do("pause", reason="client_asked")
        file = await case.until("the pause", lambda file: file["case"]["status"] == "paused")
        await case.do("resume", reason="client_asked")
        await case.do("withdraw", reason="client_asked")
        end = await case.until_ended()

    assert refusals == ["unsigned_message", "forged_message", "expired_message", "misdirected_message"]
    assert before["case"]["status"] == "running"
    assert paused["status"] in ("taken", "kept")
    assert [row["key"] for row in file["steps"] if row["state"] == "open"] == ["collect"]
    assert end["case"]["status"] == "withdrawn"


def unsigned(case: Case, **change: object) -> Message:
    expires = datetime.now(UTC) + timedelta(minutes=5)
    said = {"id": uuid.uuid4().hex, "case": case.id, "step": "onboarding", "what": "withdraw", "actor": "staff_desk"}
    return Message.model_validate({**said, "evidence": {"reason": "stranger"}, "expires": expires, **change})


def forged(theatre: Theatre, case: Case) -> list[Message]:
    """Not signed; signed for another actor; signed too long ago; signed for another case."""
    sign = signer(theatre.settings).sign
    late = unsigned(case, expires=datetime.now(UTC) - timedelta(seconds=1))
    other = unsigned(case).model_copy(update={"case": "case_00000000000000000000"})
    return [
        unsigned(case),
        sign(unsigned(case)).model_copy(update={"actor": "staff_other"}),
        sign(late),
        sign(other),
    ]


async def refusal(theatre: Theatre, case: Case, message: Message) -> str:
    handle = theatre.engine.get_workflow_handle(f"onboarding-{case.id}")
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await handle.execute_update(message.what, message, id=message.id, result_type=Receipt)
    return str(error.value.cause).partition(":")[0]


async def send_rubbish(theatre: Theatre, workflow: str, case: Case) -> None:
    """Signals and updates that are not signed, are no message, or cannot be read at all."""
    handle = theatre.engine.get_workflow_handle(workflow)
    await handle.signal("pause", unsigned(case, what="pause"))
    await handle.signal("pause", "not a message")
    await handle.signal("nobody_hears_this", 1)
    for payload in GARBLED:
        await signal(theatre, workflow, payload)
        await update(theatre, workflow, payload)


async def signal(theatre: Theatre, workflow: str, payload: Payload) -> None:
    await theatre.engine.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=theatre.engine.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow),
            signal_name="pause",
            input=Payloads(payloads=[payload]),
        )
    )


async def update(theatre: Theatre, workflow: str, payload: Payload) -> None:
    """Whatever is answered, nothing may come of it."""
    said = Input(name="sign_of_life", args=Payloads(payloads=[payload]))
    with contextlib.suppress(RPCError):
        await theatre.engine.workflow_service.update_workflow_execution(
            UpdateWorkflowExecutionRequest(
                namespace=theatre.engine.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow),
                request=Request(meta=Meta(update_id=uuid.uuid4().hex, identity="stranger"), input=said),
            ),
            timeout=timedelta(seconds=10),
        )
