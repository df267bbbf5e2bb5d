"""Waits for the supervisor to end, however it does, and then ends what it left behind.

The kernel ends the supervisor's own children (launch.py); the guardian also reaches what those have started. It is
told on its standard input: `+ GROUP SIGNAL` when a process group starts, `- GROUP` when it has ended; the end of the
input is the end of the supervisor, since only the supervisor holds the other side.
"""

import contextlib
import os
import sys


def main() -> None:
    groups: dict[int, int] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", group, signal]:
                groups[int(group)] = int(signal)
            case ["-", group]:
                groups.pop(int(group), None)
    for group, signal in groups.items():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal)


if __name__ == "__main__":
    main()
