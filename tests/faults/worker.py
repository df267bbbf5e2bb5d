"""A worker that dies when it is told to: by SIGKILL, after a deed of that kind and before its receipt is stored.

`FOLDER/kill-<kind>` under the state folder is the order to die; it becomes `killed-<kind>`, so each is obeyed once.
`FOLDER/BUILD`, if it is there, says what version the worker calls itself.
"""

import asyncio
import logging
import os
import signal
from datetime import timedelta

from onboarding.settings import Settings
from records.database import Database
from records.effects import Effects, Intent, Receipt
from records.journal import Journal
from run import versions
from run.worker import serve
from workflows import timetable

FOLDER = "faults"
BUILD = "build-id"


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings()
    orders = settings.home / FOLDER
    if (build := orders / BUILD).exists():
        called = build.read_text()
        versions.build_id = lambda: called
    timetable.HEARTBEAT = timedelta(seconds=4)  # nobody has to wait long for a death to be noticed

    class Mortal(Effects):
        async def _settle(self, effect: Intent, receipt: Receipt) -> None:
            order = orders / f"kill-{effect.kind}"
            if order.exists():
                order.rename(orders / f"killed-{effect.kind}")
                os.kill(os.getpid(), signal.SIGKILL)
            await super()._settle(effect, receipt)

    def effects(database: Database, journal: Journal) -> Effects:
        return Mortal(database, journal)

    asyncio.run(serve(settings, effects))


if __name__ == "__main__":
    main()
