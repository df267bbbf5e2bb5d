"""The demo as its user meets it: a process, what it prints, and its exit status. It checks itself, here and outside."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from docs.settings import README
from run.demo.parts import PARTS
from tests.conftest import free_ports
from tests.run.processes import descendants, until_gone


@pytest.mark.timeout(900)
async def test_six_clients_come_from_the_deal_to_day_90_and_everything_is_as_it_should_be(tmp_path: Path) -> None:
    ports = {f"ABOARD_PORT_{name.upper()}": str(port) for name, port in free_ports()}
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "run.cli", "demo", "--exit"),
        env={**os.environ, **ports, "ABOARD_HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    everybody = descendants(demo.pid)

    out, _ = await demo.communicate()

    text = out.decode()
    assert demo.returncode == 0, text
    assert "Everything is as it should be, here and outside." in text
    assert all(text.count(f"{part.title}  ") for part in PARTS)
    assert [line for line in of_the_readme() if not re.search(line, text, re.MULTILINE)] == []
    await until_gone(*everybody)
    assert (tmp_path / "keys" / "staff.json").stat().st_mode & 0o777 == 0o600


def of_the_readme() -> list[str]:
    """The lines that the README shows of what the demo prints, as patterns: `…` stands for what differs each time."""
    boxes = re.findall(r"```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for box in boxes for line in box.splitlines() if line.strip()]
    return [rf"^ *{'.*'.join(map(re.escape, line.strip().split('…')))} *$" for line in lines]
