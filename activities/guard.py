"""The guard of every activity: what fails outside is told to the story as a code, never in the vendor's words.

A foreign exception may carry an address, a name or a document number; histories and logs must not.
"""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from onboarding.errors import OnboardingError


class _Guard(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except (ApplicationError, CancelledError):
            raise
        except OnboardingError as error:
            raise _told(error.reason, retryable=error.retryable) from None
        except Exception as error:
            # A bug or an outage that nobody foresaw: its type says enough to find it, and a retry may heal it.
            raise _told(type(error).__name__, retryable=True) from None


def _told(code: str, *, retryable: bool) -> ApplicationError:
    activity.logger.warning("a deed failed: %s", code)
    return ApplicationError(code, type=code, non_retryable=not retryable)


class Guard(Interceptor):
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Guard(next)
