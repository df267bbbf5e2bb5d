"""Hearing messages: checked, written down and answered at once.

Handlers never wait. The loop of the workflow works through what was written down, in order of arrival, and only the
loop waits for the end of a pause.
"""

from collections import deque
from datetime import datetime
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from onboarding.messages import Message, Receipt


def refusal(code: str) -> ApplicationError:
    """What a validator raises: the reason code is the message, for it is all that may be said in a history."""
    return ApplicationError(code, type=code, non_retryable=True)


def told(name: str, description: str) -> Any:
    """An update of that name, checked by the workflow's `check`, then taken down and answered at once."""

    # An annotated `self` would count as an argument of the update.
    async def handler(self, message: Message) -> Receipt:  # type: ignore[no-untyped-def]
        return cast("Hearing", self).take(message)

    def validator(self, message: Message) -> None:  # type: ignore[no-untyped-def]
        cast("Hearing", self).refuse_unless_fit(message, name)

    handler.__name__ = handler.__qualname__ = name
    update = workflow.update(name=name, description=description)(handler)
    update.validator(validator)
    return update


class Hearing:
    """A workflow that people talk to: what it heard, what it answered, and whether it is paused."""

    def __init__(self) -> None:
        self.inbox: deque[Message] = deque()
        self.answers: dict[str, Receipt] = {}
        self.paused_at: datetime | None = None
        self.closing = False

    def check(self, message: Message) -> None:
        """Raises a refusal when this message does not fit what the workflow is doing. Reads state only."""

    def heard(self, message: Message) -> None:
        """Changes the state that the next message is checked against, such as a reviewer's voice."""

    def keeps(self) -> bool:
        """Whether messages wait for the end of a pause."""
        return self.paused_at is not None

    def refuse_unless_fit(self, message: Message, name: str) -> None:
        if message.what != name:
            raise refusal("misdirected_message")
        if message.id in self.answers:
            return
        if self.closing:
            raise refusal("step_not_open")
        self.check(message)

    def take(self, message: Message) -> Receipt:
        """Writes the message down once; the same message again gets the same answer."""
        if message.id not in self.answers:
            self.inbox.append(message)
            self.heard(message)
            status = "kept" if self.keeps() else "taken"
            self.answers[message.id] = Receipt(status=status, message=message.id)
        return self.answers[message.id]

    def has(self, *kinds: str) -> bool:
        """Whether a message of these kinds is still to be worked through."""
        return any(message.what in kinds for message in self.inbox)

    def pick(self, kinds: tuple[str, ...]) -> Message | None:
        """The first message of these kinds, in order of arrival; the others stay where they are."""
        for message in self.inbox:
            if message.what in kinds:
                self.inbox.remove(message)
                return message
        return None
