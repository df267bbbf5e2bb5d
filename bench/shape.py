"""The shape of a case: what each of its workflows did, in order, read from the histories of a real one.

`a` an activity, `l` a local activity, `z` a timer that ran out, `d` a timer that a message beat (a deadline), `u` an
update.
"""

from temporalio.client import WorkflowHistory

from bench.counting import kind

Shape = dict[str, str]  # step key → letters; "" is the parent


def read(histories: dict[str, WorkflowHistory]) -> Shape:
    root = next(iter(histories))
    return {id.removeprefix(root).removeprefix("/"): _letters(history) for id, history in histories.items()}


def _letters(history: WorkflowHistory) -> str:
    fired = {
        event.timer_fired_event_attributes.started_event_id for event in history.events if kind(event) == "TIMER_FIRED"
    }
    letters = []
    for event in history.events:
        if kind(event) == "TIMER_STARTED":
            letters.append("z" if event.event_id in fired else "d")
        else:
            letters.append(_LETTER.get(kind(event), ""))
    return "".join(letters)


_LETTER = {
    "ACTIVITY_TASK_SCHEDULED": "a",
    "MARKER_RECORDED": "l",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "u",
    "CHILD_WORKFLOW_EXECUTION_COMPLETED": "|",  # parent only: where its activities before and after the steps part
}
