"""When a step wakes: the rungs of its ladder, and the one timer that serves them."""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from onboarding.clock import Clock
    from onboarding.deeds import Rung


class Rungs:
    """Moments of story time with what is to be done at each, the earliest first."""

    def __init__(self, rungs: Iterable[Rung] = ()) -> None:
        self._rungs = deque(sorted(rungs, key=lambda rung: rung.at))

    def __bool__(self) -> bool:
        return bool(self._rungs)

    @property
    def first(self) -> Rung:
        return self._rungs[0]

    @property
    def last(self) -> Rung:
        return self._rungs[-1]

    def take(self) -> Rung:
        return self._rungs.popleft()

    def shift(self, length: timedelta) -> None:
        self._rungs = deque(Rung(at=rung.at + length, do=rung.do) for rung in self._rungs)

    def with_wake(self, moment: datetime) -> "Rungs":
        return Rungs([*self._rungs, Rung(at=moment, do="wake")])

    def renewed(self, rungs: Iterable[Rung]) -> "Rungs":
        """Other rungs; what it wakes for besides stays."""
        return Rungs([*rungs, *(rung for rung in self._rungs if rung.do == "wake")])

    def without_wake(self) -> "Rungs":
        return Rungs(rung for rung in self._rungs if rung.do != "wake")


class Alarm:
    """The timer for the next rung. One that rings before it is kept: most waits end long before either, and a timer
    that is set anew at each sign of life is two events more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ringing: asyncio.Task[None] | None = None
        self._at = clock.origin

    def has_come(self, rung: Rung, now: datetime) -> bool:
        """By the clock, or because its alarm rang: rounding must not make one more timer of a microsecond."""
        rang = self._ringing is not None and self._ringing.done() and self._at == rung.at
        return rang or rung.at <= now

    def set(self, rung: Rung, now: datetime) -> asyncio.Task[None]:
        """Done at the latest when the rung has come."""
        if self._ringing is None or self._ringing.done() or self._at > rung.at:
            if self._ringing:
                self._ringing.cancel()
            summary = f"{rung.do.replace('_', ' ')} at {rung.at:%d %b %Y %H:%M} UTC"
            self._at = rung.at
            self._ringing = asyncio.create_task(workflow.sleep(self._clock.wait(rung.at - now), summary=summary))
        return self._ringing
