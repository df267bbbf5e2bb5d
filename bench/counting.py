"""What a case costs: events and billable actions, counted in the histories of its parent and children.

Billable actions by the definition of Temporal Cloud (docs.temporal.io/evaluate/cloud/actions): one for a workflow that
is started, two for a child (the intent and the attempt), one for each attempt of an activity, each timer started, each
signal sent, each update received, each upsert of search attributes (however many attributes it sets), and all the local
activities of one workflow task together.
Search attributes given at the start are free; a query counts, and nobody asks one here.
"""

import json
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
            tasks_with_local_deeds = set()
            for event in history.events:
                events[kind(event)] += 1
                actions[kind(event)] += _BILLED.get(kind(event), 0)
                if kind(event) == "ACTIVITY_TASK_SCHEDULED":
                    deeds[event.activity_task_scheduled_event_attributes.activity_type.name] += 1
                elif kind(event) == "ACTIVITY_TASK_STARTED":
                    actions["ACTIVITY_TASK_STARTED"] += event.activity_task_started_event_attributes.attempt
                elif kind(event) == "MARKER_RECORDED":
                    marker = event.marker_recorded_event_attributes
                    deeds[_local_deed(marker)] += 1
                    tasks_with_local_deeds.add(marker.workflow_task_completed_event_id)
            actions["LOCAL_ACTIVITIES_OF_A_TASK"] += len(tasks_with_local_deeds)
        actions = +actions
        return cls(events, actions, deeds)


def _local_deed(marker: Any) -> str:
    name: str = json.loads(marker.details["data"].payloads[0].data)["activity_type"]
    return name


async def histories(client: Client, root: str) -> dict[str, WorkflowHistory]:
    """The histories of a run and of the children it started, by workflow id; the root comes first."""
    found = {root: await client.get_workflow_handle(root).fetch_history()}
    for event in found[root].events:
        if kind(event) == "CHILD_WORKFLOW_EXECUTION_STARTED":
            child = event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id
            found[child] = await client.get_workflow_handle(child).fetch_history()
    return found
