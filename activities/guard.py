"""The guard of every activity: what fails outside is told to the story as a code, never in the vendor's words.

A foreign exception may carry an address, a name or a document number; histories and logs must not.

It also sends the heartbeats by which the death of a worker is noticed, and lets a deed come to its end when its step
is withdrawn: what is undone afterwards must not still be under way.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from onboarding.errors import OnboardingError


class _Guard(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await _to_its_end(super().execute_activity(input))
        except (ApplicationError, CancelledError):
            raise
        except OnboardingError as error:
            raise _told(error.reason, retryable=error.retryable) from None
        except Exception as error:
            # A bug or an outage that nobody foresaw: its type says enough to find it, and a retry may heal it.
            raise _told(type(error).__name__, retryable=True) from None


async def _to_its_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Only the end of the worker, or a server that has given up on this attempt, breaks a deed off."""
    deed, beating = asyncio.ensure_future(work), asyncio.ensure_future(_beat())
    try:
        while True:
            try:
                return await asyncio.shield(deed)
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if deed.done() or not (details and details.cancel_requested):
                    raise
    finally:
        beating.cancel()
        deed.cancel()


async def _beat() -> None:
    timeout = activity.info().heartbeat_timeout
    while timeout:
        await asyncio.sleep(timeout.total_seconds() / 4)
        activity.heartbeat()


def _told(code: str, *, retryable: bool) -> ApplicationError:
    activity.logger.warning("a deed failed: %s", code)
    return ApplicationError(code, type=code, non_retryable=not retryable)


class Guard(Interceptor):
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Guard(next)
