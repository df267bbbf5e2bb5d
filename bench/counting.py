"""What a case costs: events and billable actions, counted in the histories of its parent and children.

Billable actions by the definition of Temporal Cloud (docs.temporal.io/evaluate/cloud/actions): one for a workflow that
is started, two for a child (the intent and the attempt), one for each attempt of an activity, each timer started, each
signal sent, each update received, each upsert of search attributes (however many attributes it sets) and each marker.
Search attributes given at the start are free; a query counts, and nobody asks one here.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

_PREFIX = "EVENT_TYPE_"
_BILLED = {
    "WORKFLOW_EXECUTION_STARTED": 1,
    "START_CHILD_WORKFLOW_EXECUTION_INITIATED": 1,
    "TIMER_STARTED": 1,
    "WORKFLOW_EXECUTION_SIGNALED": 1,
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": 1,
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": 1,
    "MARKER_RECORDED": 1,
}


def kind(event: Any) -> str:
    return EventType.Name(event.event_type).removeprefix(_PREFIX)


@dataclass(frozen=True)
class Cost:
    events: Counter[str]
    actions: Counter[str]
    deeds: Counter[str]  # activities by their name

    @classmethod
    def of(cls, histories: list[WorkflowHistory]) -> "Cost":
        events: Counter[str] = Counter()
        actions: Counter[str] = Counter()
        deeds: Counter[str] = Counter()
        for history in histories:
            for event in history.events:
                events[kind(event)] += 1
                if kind(event) == "ACTIVITY_TASK_SCHEDULED":
                    deeds[event.activity_task_scheduled_event_attributes.activity_type.name] += 1
                if billed := _BILLED.get(kind(event), 0):
                    actions[kind(event)] += billed
                elif kind(event) == "ACTIVITY_TASK_STARTED":
                    actions["ACTIVITY_TASK_STARTED"] += event.activity_task_started_event_attributes.attempt
        return cls(events, actions, deeds)


async def histories(client: Client, root: str) -> dict[str, WorkflowHistory]:
    """The histories of a run and of the children it started, by workflow id; the root comes first."""
    found = {root: await client.get_workflow_handle(root).fetch_history()}
    for event in found[root].events:
        if kind(event) == "CHILD_WORKFLOW_EXECUTION_STARTED":
            child = event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id
            found[child] = await client.get_workflow_handle(child).fetch_history()
    return found
