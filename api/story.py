"""Talking to the story: cases are started, and messages are signed, sent once and answered.

A message goes to `onboarding-<case>` (step `onboarding`), to the child `onboarding-<case>/<step>`, or to
`monitoring-<client>` (step `monitoring`), as the update that `what` names; its id is the update's id, so the same
message again gets the first answer.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

from pydantic import BaseModel
from temporalio.client import (
    Client,
    ScheduleOverlapPolicy,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.refusals import refused
from onboarding.case import CaseStatus
from onboarding.deeds import ABOARD, CaseOrder
from onboarding.errors import CaseClosed, OnboardingError, StepNotOpen, Unavailable
from onboarding.messages import VALID_FOR, Evidence, Message, Receipt, Signer
from onboarding.watching import MONITORING, REFRESH_LISTS
from records import cases
from records.cases import CaseRow
from records.database import Database
from records.inbox import VendorEvent
from records.journal import Journal
from records.sealing import client_id_of
from records.watching import Stir

CASE = "onboarding"  # the step that names the case as a whole
PATIENCE = timedelta(seconds=10)  # for one answer; the caller may repeat with the same key

_CASE_STATUS = SearchAttributeKey.for_keyword("CaseStatus")
_PLAYBOOK = SearchAttributeKey.for_keyword("Playbook")
_OWNER = SearchAttributeKey.for_keyword("Owner")


class NotRunning(Exception):
    """There is no open run of this id."""


class Engine(Protocol):
    async def start(self, case: CaseRow) -> None:
        """Starts the run of a case, once for ever: one that ran or runs is left as it is. Else Unavailable."""
        ...

    async def run(self, workflow: str, workflow_id: str, order: BaseModel) -> None:
        """Starts a run of the house, which belongs to no case; one that is under way is left as it is."""
        ...

    async def trigger(self, schedule: str) -> None:
        """Has a schedule act now; while it acts, once more afterwards. Unavailable when there is no answer, or no such
        schedule yet."""
        ...

    async def update(self, workflow_id: str, message: Message) -> Receipt:
        """The answer to a message. NotRunning, a refusal by its reason code, or Unavailable."""
        ...

    async def signal(self, workflow_id: str, message: Message) -> None:
        """Hands a message over for later. NotRunning, or Unavailable."""
        ...


class TemporalEngine:
    """Temporal, through a client that encrypts what it sends."""

    def __init__(self, client: Client, task_queue: str, patience: timedelta = PATIENCE) -> None:
        self._client = client
        self._task_queue = task_queue
        self._patience = patience

    async def start(self, case: CaseRow) -> None:
        order = CaseOrder(case=case.id, client=case.client_id, clock=case.clock)
        try:
            await self._client.start_workflow(
                "Onboarding",
                order,
                id=_workflow_id(case.id, CASE),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"{case.playbook} onboarding",
                search_attributes=_search_attributes(case),
                rpc_timeout=self._patience,
            )
        except WorkflowAlreadyStartedError:
            return  # it ran to its end before; the plan marked it as started
        except RPCError as error:
            raise Unavailable(code="story_unavailable") from error

    async def run(self, workflow: str, workflow_id: str, order: BaseModel) -> None:
        try:
            await self._client.start_workflow(
                workflow,
                order,
                id=workflow_id,
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=self._patience,
            )
        except RPCError as error:
            raise Unavailable(code="story_unavailable") from error

    async def trigger(self, schedule: str) -> None:
        try:
            await self._client.get_schedule_handle(schedule).trigger(
                overlap=ScheduleOverlapPolicy.BUFFER_ONE, rpc_timeout=self._patience
            )
        except RPCError as error:
            raise Unavailable(code="story_unavailable") from error

    async def update(self, workflow_id: str, message: Message) -> Receipt:
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            receipt = await handle.execute_update(
                message.what, message, id=message.id, result_type=Receipt, rpc_timeout=self._patience
            )
        except WorkflowUpdateFailedError as error:
            raise refused(_code(error.cause)) from None
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise Unavailable(code="story_unavailable") from None
        except RPCError as error:
            raise _failure(error) from error
        return cast(Receipt, receipt)

    async def signal(self, workflow_id: str, message: Message) -> None:
        try:
            await self._client.get_workflow_handle(workflow_id).signal(
                message.what, message, rpc_timeout=self._patience
            )
        except RPCError as error:
            raise _failure(error) from error


class Story:
    def __init__(self, engine: Engine, signer: Signer, database: Database, journal: Journal) -> None:
        self._engine = engine
        self._signer = signer
        self._database = database
        self._journal = journal

    async def start(self, case: CaseRow) -> None:
        """Starts the run of a stored case, once. Unavailable: the sweep will do it."""
        await self._engine.start(case)

    async def run(self, workflow: str, workflow_id: str, order: BaseModel) -> None:
        """Starts a run of the house: trials and the like. Unavailable when the story does not answer."""
        await self._engine.run(workflow, workflow_id, order)

    async def refresh_lists(self) -> None:
        """Asks the sources of lists now, instead of when their schedule comes round. Unavailable as for `run`."""
        await self._engine.trigger(REFRESH_LISTS)

    async def tell(
        self, case_id: str, step: str, what: str, actor: str, evidence: Evidence, message_id: str
    ) -> Receipt:
        """The story's answer: `taken`, or `kept` while the case is paused.

        CaseClosed, StepNotOpen or another Conflict with the reason code; Forbidden for a reviewer who may not; NotFound
        for an unknown case; Unavailable when the story does not answer in time. A refusal is journaled.
        """
        subject = await self._client(case_id) if step == MONITORING else case_id
        message = self._signed(message_id, subject, step, what, actor, evidence)
        try:
            return await self._engine.update(_workflow_id(subject, step), message)
        except NotRunning:
            error: OnboardingError = await self._why_not_running(case_id, step)
        except OnboardingError as refusal:
            error = refusal
        if not error.retryable:
            async with self._database.session() as session:
                await self._journal.refused(session, actor, case_id, what, error.reason)
        raise error

    async def deliver(self, event: VendorEvent) -> bool:
        """Signals a vendor's stored event to its step; False when there is nobody left to hear it."""
        step, actor = event.step or CASE, f"vendor:{event.vendor}"
        message_id = f"{event.vendor}:{event.event}"
        message = self._signed(message_id, event.case_id, step, event.kind, actor, {"event": event.event})
        try:
            await self._engine.signal(_workflow_id(event.case_id, step), message)
        except NotRunning:
            return False
        return True

    async def stir(self, stir: Stir) -> bool:
        """Tells a client's Monitoring that it has to look again; False when nobody watches this client."""
        message = self._signed(stir.id, stir.client_id, MONITORING, "screen_again", ABOARD, {"cause": stir.cause})
        try:
            await self._engine.signal(_workflow_id(stir.client_id, MONITORING), message)
        except NotRunning:
            return False
        return True

    async def _client(self, case_id: str) -> str:
        async with self._database.session() as session:
            return await client_id_of(session, case_id)

    def _signed(self, message_id: str, case_id: str, step: str, what: str, actor: str, evidence: Evidence) -> Message:
        expires = datetime.now(UTC) + VALID_FOR
        return self._signer.sign(
            Message(id=message_id, case=case_id, step=step, what=what, actor=actor, evidence=evidence, expires=expires)
        )

    async def _why_not_running(self, case_id: str, step: str) -> OnboardingError:
        async with self._database.session() as session:
            case = await cases.case(session, case_id)
        if case.status.ended:
            return CaseClosed()
        return Unavailable(code="case_is_starting") if step == CASE else StepNotOpen()


def _failure(error: RPCError) -> Exception:
    return NotRunning() if error.status is RPCStatusCode.NOT_FOUND else Unavailable(code="story_unavailable")


def _workflow_id(case_id: str, step: str) -> str:
    if step == MONITORING:
        return f"{MONITORING}-{case_id}"  # of the client: it serves all of its cases
    return f"onboarding-{case_id}" if step == CASE else f"onboarding-{case_id}/{step}"


def _search_attributes(case: CaseRow) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(_PLAYBOOK, case.playbook),
            SearchAttributePair(_CASE_STATUS, CaseStatus.RUNNING.value),
            SearchAttributePair(_OWNER, case.owner),
        ]
    )


def _code(cause: BaseException) -> str:
    return cause.type or "" if isinstance(cause, ApplicationError) else type(cause).__name__
