"""What the supervisor has to know of a server: how to start it, when it is ready, how to stop it."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from onboarding.errors import OnboardingError


class NotUp(OnboardingError):
    """A local server could not be started; the message is one line that says what to do."""

    code = "not_up"
    status = 503


async def _nothing() -> None:
    pass


async def _always() -> bool:
    return True


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    """The ports that it takes, by the setting that moves them."""
    address: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], Awaitable[None]] = _nothing
    """Before every first start of a supervisor: folders, configuration."""
    ready: Callable[[], Awaitable[bool]] = _always
    settle: Callable[[], Awaitable[None]] = _nothing
    """After it first answered: roles, databases, buckets."""
    once: bool = False
    """It is a deed, not a server: ready when it has ended well."""
    refuses_root: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    last_signal: signal.Signals = signal.SIGKILL
    """What it gets when the supervisor has died."""
    grace: float = 2.0
    """Seconds between the wish that it stops and its being killed."""
    patience: float = 60.0
    """Seconds that it may take to become ready."""
