"""Settings: what is set wins, what is not follows from ports and home."""

import stat
from pathlib import Path

import pytest

from onboarding.settings import Ports, Settings
from run.local.secrets import ensure_keys


def test_addresses_follow_from_the_ports(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, port=Ports(temporal=17000, s3=17001))

    assert settings.temporal.address == "127.0.0.1:17000"
    assert settings.s3.endpoint == "http://127.0.0.1:17001"


def test_two_settings_share_nothing(tmp_path: Path) -> None:
    first = Settings(home=tmp_path / "a", port=Ports(temporal=17000))

    second = Settings(home=tmp_path / "b")

    assert (first.temporal.address, second.temporal.address) == ("127.0.0.1:17000", "127.0.0.1:7233")


def test_what_the_environment_sets_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABOARD_S3_ENDPOINT", "https://s3.example")
    monkeypatch.setenv("ABOARD_DATABASE_OWNER_URL", "postgresql://owner@db.example/aboard")
    monkeypatch.setenv("ABOARD_PORT_TEMPORAL_UI", "17002")
    ensure_keys(tmp_path / "keys")

    settings = Settings(home=tmp_path)

    assert settings.s3.endpoint == "https://s3.example"
    assert settings.database.owner_url.get_secret_value() == "postgresql://owner@db.example/aboard"
    assert settings.temporal.ui_url == "http://127.0.0.1:17002"
    assert settings.s3.access_key  # the rest of the group still follows


def test_printed_settings_show_no_secret(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys")

    settings = Settings(home=tmp_path)

    shown = repr(settings) + settings.model_dump_json()
    assert settings.directory.token.get_secret_value() not in shown
    assert settings.s3.secret_key.get_secret_value() not in shown
    assert settings.calendar.password.get_secret_value() not in shown


def test_a_second_start_keeps_every_key(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    ensure_keys(tmp_path)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys")

    files = [tmp_path / "keys", *(tmp_path / "keys").iterdir()]

    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {0}


def test_a_start_that_was_killed_between_two_key_files_is_finished(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    (tmp_path / "door-trust.json").unlink()
    signing = (tmp_path / "door.json").read_bytes()

    ensure_keys(tmp_path)

    assert (tmp_path / "door-trust.json").exists()
    assert (tmp_path / "door.json").read_bytes() == signing
