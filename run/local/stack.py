"""A whole local Aboard, or some of its parts, on one state folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from onboarding.settings import Ports, Settings
from run.local.lock import take_lock
from run.local.parts import all_parts
from run.local.secrets import ensure_keys
from run.local.supervisor import Supervisor


class Stack:
    """`async with Stack(home, ports) as stack: await stack.start("postgres", "s3")`; at the end all is stopped.

    `stack.settings` leads to its servers; their names are in `run.local.parts`.
    """

    def __init__(self, home: Path, ports: Ports, say: Callable[[str], None] = print) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = take_lock(home)
        ensure_keys(home / "keys")
        self.settings = Settings(home=home, port=ports)
        self.parts = {part.name: part for part in all_parts(self.settings)}
        self.supervisor = Supervisor(list(self.parts.values()), home / "logs", say, _env(self.settings))

    async def start(self, *names: str) -> Self:
        """Bring up these parts and what they need, all of them if none is named. Raises NotUp."""
        await self.supervisor.start(*(names or self.parts))
        return self

    async def stop(self) -> None:
        await self.supervisor.stop()
        self._lock.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _env(settings: Settings) -> dict[str, str]:
    """What the parts need to come to the same settings as we did."""
    ports = {f"ABOARD_PORT_{name.upper()}": str(port) for name, port in settings.port}
    return {"ABOARD_HOME": str(settings.home), **ports}
