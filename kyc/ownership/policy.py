"""The rules of ownership as data: kyc/policies/ownership.yaml."""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from kyc.ownership.words import Interest, Kind, share_of
from onboarding.case import Strict
from onboarding.errors import Invalid, NotFound

FILE = Path(__file__).parent.parent / "policies" / "ownership.yaml"


class OwnershipPolicyUnknown(NotFound):
    """There is no ownership policy of this name."""

    code = "ownership_policy_unknown"


class OwnershipPolicyNotYet(Invalid):
    """No ownership policy is in force on this day."""

    code = "ownership_policy_not_yet"


class OwnershipCategoryUnknown(Invalid):
    """The ownership policy does not know this category of company."""

    code = "ownership_category_unknown"


@dataclass(frozen=True)
class Threshold:
    """`inclusive` means that the threshold itself is enough."""

    share: Fraction
    inclusive: bool

    def reached(self, share: Fraction) -> bool:
        return share > 0 and (share >= self.share if self.inclusive else share > self.share)


class Ground(StrEnum):
    """Why a person is a beneficial owner."""

    OWNERSHIP = "ownership"
    CONTROL = "control"
    CONTROLS_DIRECT_HOLDER = "controls_direct_holder"
    OWNS_CONTROLLER = "owns_controller"
    TRUST_PARTY = "trust_party"
    SENIOR_MANAGER = "senior_manager"


MAJORITY = Threshold(Fraction(1, 2), inclusive=False)


class _Bar(Strict):
    threshold: str
    inclusive: bool

    @property
    def exact(self) -> Threshold:
        return Threshold(share_of(self.threshold), self.inclusive)


class Regime(Strict):
    authority: str
    interests: dict[Interest, _Bar]
    together: Literal["always", "jointly"]
    control: bool


class _Rules(Strict):
    valid_from: date
    authority: str
    threshold: str
    inclusive: bool
    control_interests: list[Interest]
    categories: dict[str, str] = Field(default_factory=dict)
    articles: dict[Ground, str]


class Words(Strict):
    kinds: dict[Kind, list[str]]
    managers: list[str]
    nominees: list[str]
    trust_roles: list[str]

    def kind(self, word: str) -> Kind | None:
        plain = plain_word(word)
        return next((kind for kind, others in self.kinds.items() if plain == kind or plain in others), None)


class _File(Strict):
    version: str
    policies: dict[str, _Rules]
    regimes: dict[str, Regime]
    words: Words


@dataclass(frozen=True)
class OwnershipPolicy:
    """One policy in force: name, version, the hash of the whole file, and its rules."""

    name: str
    version: str
    hash: str
    rules: _Rules

    def bar(self, category: str | None) -> Threshold:
        """The threshold for companies of a category; raises OwnershipCategoryUnknown."""
        if category is None:
            return Threshold(share_of(self.rules.threshold), self.rules.inclusive)
        if category not in self.rules.categories:
            raise OwnershipCategoryUnknown
        return Threshold(share_of(self.rules.categories[category]), self.rules.inclusive)


def plain_word(word: str) -> str:
    return "_".join(word.strip().lower().replace("-", " ").replace("_", " ").split())


@cache
def _file(path: Path = FILE) -> tuple[_File, str]:
    content = path.read_bytes()
    return _File.model_validate(yaml.safe_load(content)), hashlib.sha256(content).hexdigest()


def policy(on: date, name: str | None = None) -> OwnershipPolicy:
    """The named policy, or the one in force on that day: `eu-amld` before 10 July 2027, `eu-amlr` from then on."""
    file, sealed = _file()
    if name is None:
        begun = [(rules.valid_from, name) for name, rules in file.policies.items() if rules.valid_from <= on]
        if not begun:
            raise OwnershipPolicyNotYet
        name = max(begun)[1]
    if name not in file.policies:
        raise OwnershipPolicyUnknown(f"the ownership policies are {', '.join(file.policies)}")
    return OwnershipPolicy(name=name, version=file.version, hash=sealed, rules=file.policies[name])


def regimes() -> dict[str, Regime]:
    return _file()[0].regimes


def words() -> Words:
    return _file()[0].words
