"""One supervisor for each state folder."""

import fcntl
import os
from pathlib import Path
from typing import IO

from run.local.part import NotUp


def take_lock(home: Path) -> IO[str]:
    """Held as long as the process lives: the kernel gives it back however that ends."""
    file = (home / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read()
        file.close()
        raise NotUp(
            f"Aboard is already up from {home} (process {pid}): "
            "`aboard down` stops it, ABOARD_HOME chooses another folder."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def running(home: Path) -> int | None:
    """The process id of the supervisor of this state folder, if one is running."""
    try:
        file = (home / "lock").open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read())
    return None
