"""docker-compose.yml and the Dockerfile: what can be proven of them without a Docker engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from onboarding.settings import Settings
from run.local.engine import RETENTION, SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text()))


def check(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_compose_keeps_the_schema_of_compose() -> None:
    assert check(COMPOSE).returncode == 0, check(COMPOSE).stdout


def test_the_schema_would_tell_a_typo(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("depends_on:", "depend_on:"))

    assert check(wrong).returncode != 0


def test_every_part_of_the_house_is_there(compose: dict[str, Any]) -> None:
    assert compose["services"].keys() >= {"temporal", "temporal-ui", "postgres", "s3", "mail", "api", "worker"}


def test_every_setting_that_compose_sets_exists(compose: dict[str, Any]) -> None:
    known = {"ABOARD_HOME", "ABOARD_PUBLIC_URL", "ABOARD_LISTEN_HOST"}
    for group, field in Settings.model_fields.items():
        for name in getattr(field.annotation, "model_fields", {}):
            known.add(f"ABOARD_{group}_{name}".upper())

    used = set(re.findall(r"^\s+(ABOARD_[A-Z0-9_]+):", COMPOSE.read_text(), re.MULTILINE))

    assert used <= known


def test_its_namespace_is_the_one_that_we_have_locally(compose: dict[str, Any]) -> None:
    script = compose["services"]["temporal-namespace"]["command"][0]

    assert dict(re.findall(r"--name (\w+) --type (\w+)", script)) == SEARCH_ATTRIBUTES
    assert f"--retention {RETENTION.days}d" in script


def test_only_loopback_is_published(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_every_image_names_its_version(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()} - {"aboard"}

    assert [image for image in images if ":" not in image or image.endswith(":latest")] == []


def test_the_image_runs_as_an_ordinary_user_from_the_lock() -> None:
    lines = (ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER aboard$", lines, re.MULTILINE)
    assert "--require-hashes -r /locks/app.txt" in lines


def test_the_image_holds_every_room() -> None:
    lines = (ROOT / "Dockerfile").read_text()

    for room in ("onboarding", "records", "kyc", "activities", "workflows", "api", "run"):
        assert f"COPY {room} /srv/aboard/{room}" in lines
