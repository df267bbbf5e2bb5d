"""Commands as somebody types them, and what they gave."""

import asyncio
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parents[2]
_WIDE = "220"  # columns of a table in the answer


@dataclass(frozen=True)
class Given:
    """`exit` is the command's exit code, `said` its words, without what frames a table."""

    typed: str
    exit: int
    said: list[str]

    def __str__(self) -> str:
        return f"`{self.typed}` (exit code {self.exit}): {' / '.join(self.said[-2:])}"


async def given(home: Path, *words: str) -> Given:
    """Runs `aboard` with these words on a state folder."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "run.cli", *words),
        env={**os.environ, "ABOARD_HOME": str(home), "COLUMNS": _WIDE},
        cwd=_HERE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    lines = [line.rstrip() for line in out.decode().splitlines()]
    return Given(shlex.join(("aboard", *words)), process.returncode or 0, [line for line in lines if line])
