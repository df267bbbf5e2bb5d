"""`aboard journal verify`: an export is proved by its file and the public keys, without a database."""

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from api.door import Door
from records import house_journal
from records.cases import NewCase, open_case
from records.journal import Journal
from run.cli import app
from tests.api.conftest import bucket, database, door, engine, journal
from tests.api.house import KEY
from tests.conftest import DatabaseUrls
from tests.records.samples import STORY, a_client

__all__ = ["bucket", "database", "door", "engine", "journal"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_urls: DatabaseUrls) -> Path:
    """A state folder with the keys that the journal of these tests is signed by."""
    private = Ed25519PrivateKey.from_private_bytes(KEY)
    keys = {"k1": base64.b64encode(private.public_key().public_bytes_raw()).decode()}
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "journal-trust.json").write_text(json.dumps(keys))
    (tmp_path / "keys" / "journal.json").write_text(
        json.dumps({"kid": "k1", "private": base64.b64encode(KEY).decode()})
    )
    (tmp_path / "keys" / "master.key").write_bytes(KEY)
    (tmp_path / "keys" / "master.key").chmod(0o600)
    monkeypatch.setenv("ABOARD_HOME", str(tmp_path))
    monkeypatch.setenv("ABOARD_DATABASE_URL", database_urls.app)
    return tmp_path


@pytest.fixture
async def case(door: Door, journal: Journal) -> str:
    async with door.database.session() as session:
        new = NewCase(client=a_client(), playbook="saas", started_by="staff_1", owner="staff_2")
        case = (await open_case(session, journal, new, at=datetime.now(UTC))).id
        for turn in range(3):
            await journal.write(session, case, actor="aboard", what="asked", story=STORY, detail={"turn": turn})
    return case


async def exported(door: Door, journal: Journal, case: str, file: Path) -> Path:
    async with door.database.session() as session:
        lines = [line async for line in journal.export(session, case)]
    await asyncio.to_thread(file.write_text, "".join(lines), encoding="utf-8")
    return file


async def test_a_whole_export_is_proved(house: Path, door: Door, journal: Journal, case: str) -> None:
    file = await exported(door, journal, case, house / "export.jsonl")

    result = CliRunner().invoke(app, ["journal", "verify", str(file)])

    assert (result.exit_code, result.output) == (0, "The export is whole and unchanged.\n")


async def test_one_changed_word_in_an_export_is_found(house: Path, door: Door, journal: Journal, case: str) -> None:
    file = await exported(door, journal, case, house / "export.jsonl")
    file.write_text(file.read_text().replace('"what": "asked"', '"what": "told"', 1))

    result = CliRunner().invoke(app, ["journal", "verify", str(file)])

    assert result.exit_code == 1
    assert f"{case}: entry 2: entry changed" in result.output


async def test_an_export_that_was_cut_off_is_found(house: Path, door: Door, journal: Journal, case: str) -> None:
    file = await exported(door, journal, case, house / "export.jsonl")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-2]))

    assert CliRunner().invoke(app, ["journal", "verify", str(file)]).exit_code == 1


async def test_one_case_and_all_cases_are_proved_from_the_database(house: Path, case: str) -> None:
    one = await asyncio.to_thread(CliRunner().invoke, app, ["journal", "verify", case])
    everything = await asyncio.to_thread(CliRunner().invoke, app, ["journal", "verify"])

    assert (one.exit_code, one.output) == (0, "1 journal verified.\n")
    assert everything.exit_code == 0


def test_what_is_neither_a_case_nor_a_file_is_said_so(house: Path) -> None:
    result = CliRunner().invoke(app, ["journal", "verify", "nowhere.jsonl"])

    assert result.exit_code != 0
    assert "Name a case" in str(result.exception)


async def test_the_journal_of_the_house_is_proved_beside_those_of_the_cases(
    house: Path, door: Door, journal: Journal
) -> None:
    async with door.database.session() as session:
        await house_journal.write(session, journal, actor="staff_1", what="policy_proposed", about="abc")

    result = await asyncio.to_thread(CliRunner().invoke, app, ["journal", "verify", "house"])

    assert (result.exit_code, result.output) == (0, "1 journal verified.\n")
