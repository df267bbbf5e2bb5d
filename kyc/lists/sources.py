"""Where lists come from: a setting that names each source, its files, and what it means when it does not answer."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from onboarding.errors import Invalid

NAMED = re.compile(r"[a-z0-9-]{1,40}")  # what a list may be called


class ListSource(BaseModel):
    """One list that is kept fresh. `files` are addresses (http, https) or paths, all of one list.

    Its versions and entries go by `name`, so that two sets of one publisher are two lists. A name that begins with
    `ofac`, `eu` or `uk` is for a list of theirs, whose sanctions reach what the listed own; one of theirs by another
    name reaches for all of them.

    A `required` source that has no version, or whose last good answer is older than `oldest_days` (the policy's limit
    when it is not said), holds every screening; one that is not required says so and holds nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=f"^{NAMED.pattern}$")
    files: tuple[str, ...] = Field(min_length=1)
    format: str | None = None
    required: bool = True
    oldest_days: float | None = Field(default=None, gt=0)

    @property
    def remote(self) -> bool:
        return self.files[0].startswith(("http://", "https://"))

    @property
    def paths(self) -> list[Path]:
        """The files of a source that is at hand; a companion that is missing is left out."""
        return [Path(file) for file in self.files if Path(file).is_file()]

    @model_validator(mode="after")
    def _of_one_sort(self) -> Self:
        if len({file.startswith(("http://", "https://")) for file in self.files}) > 1:
            raise ValueError("addresses and paths do not go together in one source")
        return self


def read(path: Path) -> list[ListSource]:
    """The sources of a YAML file: `lists: [{name, files, format, required, oldest_days}, …]`. Raises Invalid."""
    try:
        raw: Any = yaml.safe_load(path.read_text("utf-8"))
        found = [ListSource.model_validate(each) for each in raw["lists"]]
    except (OSError, KeyError, TypeError, yaml.YAMLError, ValidationError) as error:
        raise Invalid(f"{path.name} does not name sources of lists: {error}", code="bad_list_sources") from error
    return distinct(found, path)


def distinct(found: Sequence[ListSource], path: Path) -> list[ListSource]:
    """These sources, if each has a name of its own: under it its versions are kept. Raises Invalid."""
    if len({source.name for source in found}) < len(found):
        raise Invalid(f"{path.name} gives two sources one name", code="bad_list_sources")
    return list(found)
