"""Which engine judged: a hash over all that its answers depend on and that is not kept by a hash of its own."""

import hashlib
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

_MODELS = ("onboarding.case",)  # what is compared, screened and rated is read by these
_BY_HASH = ("screening.yaml", "risk-*.yaml", "released.yaml", "country-risk.json")  # policies that a decision names
_LIBRARIES = (
    "anyascii", "lxml", "numpy", "phonenumbers", "pydantic", "python-stdnum", "pyyaml", "rapidfuzz", "tantivy",
)  # fmt: skip


@cache
def fingerprint(beside: tuple[Path, ...] = ()) -> str:
    """The code, the tables and the libraries that judge, with those of the files `beside` that other rooms judge by:
    where it is the same, so are the scores, the zones, the numbers and the owners."""
    digest = hashlib.sha256(f"python {sys.version_info[:2]} unicode {unicodedata.unidata_version}".encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    for name, file in [*sorted(sources()), *((file.name, file) for file in beside)]:
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:32]


def sources() -> Iterator[tuple[str, Path]]:
    """Every file of code and data that judges, by a name that is the same wherever it is installed."""
    folder = Path(__file__).parent
    for file in folder.rglob("*"):
        if file.suffix in (".py", ".yaml", ".json") and not any(file.match(f"policies/{each}") for each in _BY_HASH):
            yield f"kyc/{file.relative_to(folder).as_posix()}", file
    for module in _MODELS:
        yield module, _file(module)


def _file(module: str) -> Path:
    found = find_spec(module)
    assert found and found.origin
    return Path(found.origin)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"
