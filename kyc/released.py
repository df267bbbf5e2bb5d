"""Which policies a release ships as approved: kyc/policies/released.yaml has their hashes.

A file that was changed after the release has another hash, and is in force only once two people have approved it.
After a change that is meant to be released, `python -m kyc.released` writes the hashes anew.
"""

from functools import cache
from pathlib import Path

import yaml

from kyc import risk_policy
from kyc.risk_policy import FOLDER
from kyc.screening.policy import Policy

FILE = FOLDER / "released.yaml"
_HEAD = "# The hashes of the policies that this release ships as approved (docs/decisions/policies.md). Made by\n"
_MADE = "# `python -m kyc.released`; a test compares it with the files beside it.\n"


@cache
def released() -> frozenset[str]:
    """The hashes of the shipped policies."""
    said: dict[str, str] = yaml.safe_load(FILE.read_text("utf-8"))
    return frozenset(said.values())


def shipped(folder: Path = FOLDER) -> dict[str, str]:
    """Name and version → hash, of the policies that lie in the folder."""
    screening = Policy.read()
    rules = [risk_policy.load_file(path) for path in sorted(folder.glob("risk-*.yaml"))]
    return {f"{screening.name}@{screening.version}": screening.hash} | {
        f"risk-{policy.name}@{policy.version}": policy.hash for policy in rules
    }


def as_text() -> str:
    return _HEAD + _MADE + yaml.safe_dump(shipped(), sort_keys=True)


if __name__ == "__main__":
    FILE.write_text(as_text(), "utf-8")
