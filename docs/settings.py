"""The table of settings in the README, made from onboarding/settings.py.

python -m docs.settings      rewrites what stands between the two marks in README.md
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from onboarding.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
BEGIN, END = "<!-- settings: made by `make diagrams` -->\n", "<!-- /settings -->"


def table() -> str:
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    lines += [
        f"| `ABOARD_{name.upper()}` | {_default(name, field)} | {field.description or ''} |"
        for name, field in _fields()
    ]
    return "\n".join(lines) + "\n"


def _fields() -> Iterator[tuple[str, FieldInfo]]:
    for name, field in Settings.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            for inner, detail in group.model_fields.items():
                yield f"{name}_{inner}", detail
        else:
            yield name, field


def _default(name: str, field: FieldInfo) -> str:
    if name in _FOLLOWING:
        return "follows"
    value: Any = field.get_default()
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path) and value.is_absolute():
        value = value.relative_to(PROJECT)
    if isinstance(value, list | bool):
        value = json.dumps(value)
    return f"`{value}`" if value != "" else "none"


# What is not set follows from the ports and from the files that `aboard up` keeps under home.
_FOLLOWING = {
    "public_url",
    *(f"{group}_{name}" for group, values in Settings(home=Path())._local().items() for name in values),
}


def within(readme: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> None:
    README.write_text(within(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
