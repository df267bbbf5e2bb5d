"""Word lists that the judgement rests on, as data: a change of one changes the fingerprint of every decision."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def table(name: str) -> Any:
    return yaml.safe_load((files(__package__) / f"{name}.yaml").read_text("utf-8"))
