"""The clock of a case: story time runs from an origin at a speed.

In life the speed is 1. In a demo or a rehearsal a day takes seconds. Nothing else knows the difference.
"""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field

from onboarding.case import Strict

SMALLEST_WAIT = timedelta(seconds=1)  # the engine's smallest timer; a shorter one fires at a second all the same


class Clock(Strict):
    """Turns real time into story time and story waits into real ones.

    `origin` is the real instant at which story and real time agree; `speed` is story seconds in a real second.
    """

    origin: AwareDatetime
    speed: float = Field(default=1.0, ge=1.0, le=1_000_000.0)

    def story(self, real: datetime) -> datetime:
        return self.origin + (real - self.origin) * self.speed

    def real(self, story: datetime) -> datetime:
        return self.origin + (story - self.origin) / self.speed

    def wait(self, story: timedelta) -> timedelta:
        """The real length of a story wait, never under the engine's smallest timer."""
        return max(story / self.speed, SMALLEST_WAIT)
