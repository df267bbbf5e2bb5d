"""Where the programs are that come as Python packages, and one clear line when one is missing."""

import importlib.util
import os
import sys
from pathlib import Path

from run.local.part import NotUp


def script(name: str, package: str) -> str:
    """A program that `package` installed next to the Python that runs us."""
    return _existing(Path(sys.executable).parent / name, package)


def packaged(module: str, inside: str, package: str) -> str:
    """A program that lies inside an installed module."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing(inside.rsplit("/", 1)[-1], package)
    return _existing(Path(spec.origin).parent / inside, package)


def module(name: str, package: str) -> tuple[str, ...]:
    if importlib.util.find_spec(name) is None:
        raise _missing(name, package)
    return ours(name)


def ours(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _existing(program: Path, package: str) -> str:
    if not os.access(program, os.X_OK):
        raise _missing(program.name, package)
    return str(program)


def _missing(name: str, package: str) -> NotUp:
    return NotUp(f"{name} is missing: install the package {package} (`make` does it, or pip install 'aboard[local]').")
