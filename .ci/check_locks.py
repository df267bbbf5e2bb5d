"""Do the locks fit pyproject.toml? Asked of what is installed, so without a network.

dev.txt must hold exactly what pyproject.toml asks for, directly or not, in the versions that are installed; app.txt
the part of it that the application needs.
"""

import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    app = project["project"]["dependencies"]
    everything = app + project["project"]["optional-dependencies"]["local"] + project["dependency-groups"]["dev"]
    found = [*compare("locks/app.txt", app), *compare("locks/dev.txt", everything)]
    print("\n".join(found) or "the locks fit pyproject.toml")
    return len(found) > 0


def compare(lock: str, wanted: list[str]) -> Iterable[str]:
    pins, needs = read(ROOT / lock), closure(wanted)
    for name in sorted(needs.keys() - pins.keys()):
        yield f"{lock}: {name} is needed and not locked"
    for name in sorted(pins.keys() - needs.keys()):
        yield f"{lock}: {name} is locked and nothing needs it"
    for name in sorted(pins.keys() & needs.keys()):
        wrong = [str(need) for need in needs[name] if not need.specifier.contains(pins[name], prereleases=True)]
        if wrong:
            yield f"{lock}: {name} {pins[name]} does not fit {', '.join(wrong)}"
        if pins[name] != distribution(name).version:
            yield f"{lock}: {name} {pins[name]} is locked, {distribution(name).version} is installed"


def read(lock: Path) -> dict[str, str]:
    """The pins that hold for this Python and this platform."""
    lines = [line.removesuffix("\\") for line in lock.read_text().splitlines() if line[:1].isalnum()]
    pins = [Requirement(line) for line in lines]
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def closure(wanted: list[str]) -> dict[str, list[Requirement]]:
    """Every requirement on a package, the wanted ones and theirs, by its name."""
    found: dict[str, list[Requirement]] = {}
    seen: set[tuple[str, str]] = set()
    rest = [Requirement(line) for line in wanted]
    while rest:
        need = rest.pop()
        name = canonicalize_name(need.name)
        found.setdefault(name, []).append(need)
        for extra in {"", *need.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            rest += requirements(name, extra)
    return found


def requirements(name: str, extra: str) -> list[Requirement]:
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return []  # then it is not locked either, which is said above
    needs = [Requirement(line) for line in lines]
    plain = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    if not extra:
        return plain
    return [need for need in needs if need.marker and need.marker.evaluate({"extra": extra}) and need not in plain]


if __name__ == "__main__":
    sys.exit(main())
