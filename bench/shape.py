"""The shape of a case: what each of its workflows did, in order, read from the histories of a real one.

`a` an activity, `l` a local activity, `z` a timer that will run out and `f` its end, `d` a timer that a message beat
(a deadline), `u` an update.
"""

from dataclasses import dataclass

from temporalio.client import WorkflowHistory

from bench.counting import kind


@dataclass(frozen=True)
class Track:
    letters: str
    waits: list[float]  # seconds of each `z`


Shape = dict[str, Track]  # by step key; "" is the parent


def read(histories: dict[str, WorkflowHistory]) -> Shape:
    root = next(iter(histories))
    return {id.removeprefix(root).removeprefix("/"): _track(history) for id, history in histories.items()}


def _track(history: WorkflowHistory) -> Track:
    fired = {
        event.timer_fired_event_attributes.started_event_id for event in history.events if kind(event) == "TIMER_FIRED"
    }
    letters, waits = [], []
    for event in history.events:
        if kind(event) != "TIMER_STARTED":
            letters.append(_LETTER.get(kind(event), ""))
        elif event.event_id in fired:
            letters.append("z")
            waits.append(event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds())
        else:
            letters.append("d")
    return Track("".join(letters), waits)


_LETTER = {
    "ACTIVITY_TASK_SCHEDULED": "a",
    "MARKER_RECORDED": "l",
    "TIMER_FIRED": "f",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "u",
    "CHILD_WORKFLOW_EXECUTION_COMPLETED": "|",  # parent only: what it does between its steps
}
