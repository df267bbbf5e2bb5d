"""Doing: a deed outside is an activity, a deed in our own records a local one. Neither is left half done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import timetable

T = TypeVar("T")
P = TypeVar("P")


async def perform(
    method: Callable[[Any, P], Awaitable[T]], order: P, summary: str, within: timedelta = timetable.VENDOR
) -> T:
    """A deed outside: an activity of its own in the history, which engineers can see fail and try again."""
    return await _to_its_end(
        workflow.execute_activity_method(
            method,
            order,
            start_to_close_timeout=within,
            schedule_to_close_timeout=timetable.GIVE_UP_ON_VENDOR,
            heartbeat_timeout=timetable.HEARTBEAT,
            retry_policy=timetable.PATIENT,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
    )


async def record(method: Callable[[Any, P], Awaitable[T]], order: P, summary: str) -> T:
    """One transaction in our own records: a local activity, one event instead of six, for there are many of them."""
    return await _to_its_end(
        workflow.execute_local_activity_method(
            method,
            order,
            start_to_close_timeout=timetable.QUICK,
            retry_policy=timetable.PATIENT,
            local_retry_threshold=timetable.QUICK,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
    )


async def _to_its_end(deed: Awaitable[T]) -> T:
    """Who withdraws a step waits for a deed that is under way."""
    over = workflow.cancellation_reason() is not None
    try:
        return await deed
    finally:
        # The SDK forgets a cancellation when the deed that it waited for ends well; the step must not go on then.
        if not over and workflow.cancellation_reason() is not None:
            raise asyncio.CancelledError
