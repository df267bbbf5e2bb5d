"""The end of a case that did not come to its goal: its steps are closed, and what was done is undone.

Only the parent undoes, after all its children have closed.
"""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError
from temporalio.workflow import ChildWorkflowHandle

from workflows.doing import perform, record

with workflow.unsafe.imports_passed_through():
    from activities.undoing import Undoing
    from onboarding.deeds import Place, StepResult, Undo
    from workflows import timetable

Child = ChildWorkflowHandle[Any, StepResult]


async def close(children: dict[str, Child]) -> None:
    """Cancels what is open and waits for its end; a deed that is under way comes to its own."""
    for child in children.values():
        child.cancel()
    for child in children.values():
        try:
            await child
        except (asyncio.CancelledError, ChildWorkflowError):
            continue
    children.clear()


async def undo_all(place: Place) -> None:
    """In reverse order of the ledger. An undoing that fails becomes a staff task and stops nothing."""
    for undo in await record(Undoing.plan, place, "what is to be undone"):
        await _undo(undo)


async def _undo(undo: Undo) -> None:
    try:
        await perform(Undoing.undo, undo, undo.undo.replace("_", " "), timetable.UNDOING)
    except ActivityError:
        await record(Undoing.give_up, undo, f"a person must {undo.undo.replace('_', ' ')}")
