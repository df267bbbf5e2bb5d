"""Commands beside the servers: a database that is down and keys that are missing are one clear line and exit code 2."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kyc.lists import Entry, Kind, ListVersion, Name, Store
from run.cli import app

DOWN = "postgresql://nobody@127.0.0.1:9/nothing"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with keys and a list, and no server."""
    key = base64.b64encode(bytes(range(32))).decode()
    (tmp_path / "journal.json").write_text(json.dumps({"kid": "k1", "private": key}))
    (tmp_path / "trust.json").write_text("{}")
    for name in ("master", "names"):
        (tmp_path / name).write_bytes(bytes(32))
        (tmp_path / name).chmod(0o600)
    for name, value in {
        "HOME": tmp_path, "DATABASE_URL": DOWN, "KEYS_MASTER": tmp_path / "master",
        "KEYS_JOURNAL": tmp_path / "journal.json", "KEYS_JOURNAL_TRUST": tmp_path / "trust.json",
        "KEYS_NAMES": tmp_path / "names",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ABOARD_{name}", str(value))
    entry = Entry("own:7", Kind.PERSON, (Name("Hortensia Vexly"),))
    Store(tmp_path / "lists").admit(ListVersion("own", "own-csv", (entry,), datetime(2026, 1, 5, tzinfo=UTC)))
    return tmp_path


COMMANDS = [["replay", "decision_1"], ["dossier", "case_1", "-o", "OUT"], ["lookback", "own:7"]]


def aboard(words: list[str], home: Path) -> Result:
    return CliRunner().invoke(app, ["kyc", *(str(home / "out.zip") if word == "OUT" else word for word in words)])


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_that_is_down_is_one_line_and_exit_code_2(home: Path, words: list[str]) -> None:
    result = aboard(words, home)

    assert result.exit_code == 2
    assert result.stderr.startswith("the database does not answer as it should: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("key", ["master", "journal.json", "trust.json"])
@pytest.mark.parametrize("words", COMMANDS)
def test_a_missing_key_is_one_line_that_names_it_and_exit_code_2(home: Path, words: list[str], key: str) -> None:
    (home / key).unlink()

    result = aboard(words, home)

    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert str(home / key) in result.stderr
    assert not (home / "out.zip").exists()
    assert not (home / key).exists()


def test_a_look_back_makes_no_key_of_names_that_would_find_nobody(home: Path) -> None:
    (home / "names").unlink()

    result = aboard(["lookback", "own:7"], home)

    assert (result.exit_code, result.stderr) == (2, f"there is no key at {home / 'names'}\n")
    assert not (home / "names").exists()


def test_keys_that_are_none_are_exit_code_2(home: Path) -> None:
    (home / "journal.json").write_text('{"kid": "k1"}')

    result = aboard(["replay", "decision_1"], home)

    assert (result.exit_code, "these are no keys of a journal" in result.stderr) == (2, True)


def test_a_fault_of_ours_is_never_the_exit_code_for_different(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("run.decisions._with_records", broken)

    assert aboard(["replay", "decision_1"], home).exit_code == 2


async def broken(*_: object) -> None:
    raise RuntimeError("a fault of ours")
