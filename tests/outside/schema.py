"""Requests checked by the JSON Schemas beside this file, written after each vendor's published documentation."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no stubs

HERE = Path(__file__).parent


def faults(name: str, value: object) -> list[str]:
    """Where and why `value` is not what the schema of this name allows."""
    schema = json.loads((HERE / f"{name}.schema.json").read_text("utf-8"))
    found = Draft202012Validator(schema).iter_errors(value)
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in found]
