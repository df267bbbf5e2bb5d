"""The fingerprint of the engine: whatever an answer depends on is in it, what a decision names by hash is not."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from kyc import fingerprint as engine
from kyc.fingerprint import fingerprint, sources

KYC = Path(engine.__file__).parent


def test_the_engine_has_one_fingerprint() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 32


def test_all_code_and_tables_that_judge_are_in_it() -> None:
    names = {name for name, _ in sources()}

    assert {f"kyc/{file.relative_to(KYC).as_posix()}" for file in KYC.rglob("*.py")} <= names
    assert {"kyc/policies/ownership.yaml", "kyc/tables/icao9303.yaml", "kyc/lists/countries.yaml"} <= names
    assert "onboarding.case" in names


def test_policies_that_a_decision_names_by_their_hash_are_not() -> None:
    kept = {name for name, _ in sources() if name.startswith("kyc/policies/")}

    assert kept == {"kyc/policies/ownership.yaml"}


def test_another_content_under_the_same_name_is_another_engine(tmp_path: Path) -> None:
    one, other = (tmp_path / place / "evidence.py" for place in ("one", "other"))
    for file, text in ((one, "1"), (other, "2")):
        file.parent.mkdir()
        file.write_text(text)

    assert len({fingerprint(), fingerprint((one,)), fingerprint((other,))}) == 3


@pytest.mark.parametrize("library", ["python-stdnum", "phonenumbers", "rapidfuzz", "numpy", "tantivy", "anyascii"])
def test_another_library_is_another_engine(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    plain = fingerprint.__wrapped__()
    monkeypatch.setattr(engine, "_version", lambda name: "0" if name == library else version(name))

    assert fingerprint.__wrapped__() != plain


def imported() -> Iterator[str]:
    for file in KYC.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_every_library_that_the_judgement_imports_is_named() -> None:
    """Whoever brings a new one to kyc has to say whether answers depend on it."""
    known = {"stdnum": "python-stdnum", "yaml": "pyyaml"}
    libraries = {known.get(name, name) for name in {*imported()} - {"kyc", "onboarding"} - sys.stdlib_module_names}

    assert libraries <= set(engine._LIBRARIES)
