"""The thresholds and weights of screening: versioned data, read once, identified by its hash."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onboarding.errors import Invalid

Share = Field(ge=0, le=1)


BAD = "bad_policy"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weights(_Part):
    """What a part of a name weighs, by its role."""

    name: float = Share
    common: float = Share
    place: float = Share
    number: float = Share
    initial: float = Share
    particle: float = Share
    form: float = Share


class Losses(_Part):
    """What parts cost that differ (spelling), contradict each other (conflict) or stand on one side only (omission)."""

    spelling: float = Field(ge=0)
    conflict: float = Field(ge=0)
    conflict_factor: float = Share
    omission: float = Field(ge=0)
    few: float = Field(ge=0, description="more omission cost when less than two full parts agree")
    swapped_father: float = Share


class Likeness(_Part):
    equivalent: float = Share
    initial: float = Share
    joined: float = Share
    sound: float = Share
    across_scripts: float = Share
    initials: float = Share
    few_initials: float = Share
    lowest: float = Share


class Strength(_Part):
    base: float = Share
    identifier: float
    birth_date: float
    birth_year: float
    country: float
    gender: float
    place: float
    against_identifier: float
    against_birth_date: float
    against_country: float
    against_gender: float


class Lists(_Part):
    oldest_days: float = Field(gt=0)
    lowest_recall: float = Share
    required: tuple[str, ...] = ()


class Policy(_Part):
    """`hash` is what two people approve, and what a decision names as the policy it rested on."""

    name: str
    version: int
    threshold: float = Share
    cutoff: float = Share
    near_miss: float = Share
    near_shown: int = Field(ge=0)
    near_miss_sample: int = Field(ge=0)
    triage: bool
    candidates: int = Field(ge=10)
    most_candidates: int = Field(ge=10)
    weights: dict[str, Weights]
    losses: dict[str, Losses]
    likeness: Likeness
    strength: Strength
    birth_years_apart: int = Field(ge=0)
    pep_days_after_office: int = Field(ge=0)
    lists: Lists

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A policy with other values has another hash, whatever was remembered of this one."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("hash", None)
        return copied

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The policy of a file, or the one that is shipped. Raises Invalid with the file and the place of the fault."""
        if path is None:
            return cls.parse(_shipped())
        try:
            return cls.parse(path.read_text("utf-8"))
        except OSError as error:
            raise Invalid(f"{path}: {error.strerror}", code=BAD) from error
        except UnicodeDecodeError as error:
            raise Invalid(f"{path}: this is no text in UTF-8", code=BAD) from error
        except Invalid as error:
            raise Invalid(f"{path}: {error.message}", code=BAD) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """The policy of a YAML text; `model_dump_json()`, which the hash is of, is one too. Raises Invalid."""
        try:
            return cls.model_validate(yaml.safe_load(text))
        except yaml.YAMLError as error:
            raise Invalid(f"this is no YAML{_line(error)}", code=BAD) from error
        except ValidationError as error:
            raise Invalid(f"this is no screening policy: {_faults(error)}", code=BAD) from error


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _faults(error: ValidationError) -> str:
    """The first faults with their places, in one line."""
    found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}".removeprefix(": ") for each in error.errors()]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _shipped() -> str:
    return (files("kyc") / "policies" / "screening.yaml").read_text("utf-8")
