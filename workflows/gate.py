"""The gate of every workflow: a message that the API did not sign changes nothing and stops nothing.

An update is refused with a reason code by its validator, which leaves no event. A signal cannot be refused, so it is
dropped and counted. The verifier is handed in by the worker and never seen by the sandbox's module cache.
"""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

with workflow.unsafe.imports_passed_through():
    from onboarding.messages import Message, Verifier
    from onboarding.watching import MONITORING

_VERIFY = "aboard_verify"


def _addressed(message: Message, workflow_id: str) -> bool:
    """A step hears what is meant for it, and what the parent hands on (addressed to the case as a whole).

    What is meant for Monitoring names the client in the place of the case.
    """
    root, _, step = workflow_id.partition("/")
    if root.startswith(f"{MONITORING}-"):
        return message.step == MONITORING and root == f"{MONITORING}-{message.case}"
    return root.endswith(f"-{message.case}") and message.step in ("onboarding", step or "onboarding")


def _doubt(args: Any, name: str, *, late: bool = False) -> str | None:
    """Why these arguments are not one signed message of this name for this very workflow, or None.

    A signal is durable: it was in time when Temporal took it, however `late` a worker comes to hear it.
    """
    if len(args) != 1 or not isinstance(args[0], Message):
        return "malformed_message"
    message = args[0]
    if message.what != name or not _addressed(message, workflow.info().workflow_id):
        return "misdirected_message"
    now = min(workflow.now(), message.expires) if late else workflow.now()
    return workflow.extern_functions()[_VERIFY](message, now)  # type: ignore[no-any-return]


class _Gate(WorkflowInboundInterceptor):
    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        if doubt := _doubt(input.args, input.update):
            raise ApplicationError(doubt, type=doubt, non_retryable=True)
        super().handle_update_validator(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if doubt := _doubt(input.args, input.signal, late=True):
            workflow.metric_meter().create_counter("aboard_dropped_signals").add(1, {"reason": doubt})
            workflow.logger.warning("a signal was dropped: %s", doubt)
            return
        await super().handle_signal(input)


class Gate(Interceptor):
    """Give it to the worker: `Worker(interceptors=[Gate(Trust.from_json(...))])`."""

    def __init__(self, verify: Verifier) -> None:
        self._verify = verify

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        input.unsafe_extern_functions[_VERIFY] = self._verify
        return _Gate
