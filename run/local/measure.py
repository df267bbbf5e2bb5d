"""How much memory a process and everything under it hold (Linux)."""

import contextlib
from collections import defaultdict
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """Resident memory of `pid` and its descendants; pages that several of them share count for each."""
    children, resident = defaultdict(list), {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we were reading
            fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            children[int(fields["PPid"])].append(int(folder.name))
            resident[int(folder.name)] = int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
    total, rest = 0, [pid]
    while rest:
        one = rest.pop()
        total += resident.get(one, 0)
        rest += children[one]
    return total
