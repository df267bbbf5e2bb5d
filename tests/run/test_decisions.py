"""`aboard kyc`: a decision is replayed and handed over from the database and the keys, and proved from its file."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from records.retention import Retention
from records.sealing import client_id_of
from run.cli import app
from tests.activities.conftest import desk
from tests.activities.desk import Desk, identified, listed
from tests.activities.test_basis import decided
from tests.conftest import DatabaseUrls

__all__ = ["desk"]
KEY = bytes(range(32))


@pytest.fixture
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch, database_urls: DatabaseUrls) -> Path:
    """A state folder with the keys and lists of the desk."""
    folder = desk.folder
    (folder / "journal.json").write_text(json.dumps({"kid": "k1", "private": base64.b64encode(KEY).decode()}))
    public = base64.b64encode(desk.journal.public[0].public_bytes_raw()).decode()
    (folder / "trust.json").write_text(json.dumps({"k1": public}))
    for name, value in {
        "HOME": folder, "DATABASE_URL": database_urls.app, "KEYS_MASTER": folder / "master",
        "KEYS_JOURNAL": folder / "journal.json", "KEYS_JOURNAL_TRUST": folder / "trust.json",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ABOARD_{name}", str(value))
    return folder


async def aboard(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["kyc", *words])


async def test_a_decision_that_comes_out_the_same_is_exit_code_0(house: Path, desk: Desk) -> None:
    decision = await decided(desk, await identified(desk, listed()))

    result = await aboard("replay", decision)

    assert (result.exit_code, result.output) == (0, f"{decision}: 1 screenings and 1 ratings come out the same.\n")


async def test_the_last_decision_of_a_case_is_found_by_the_case(house: Path, desk: Desk) -> None:
    case = await identified(desk, listed())
    decision = await decided(desk, case)

    result = await aboard("replay", case, "--full", "--json")

    told = json.loads(result.output)
    assert (told["decision"], told["state"], told["differences"]) == (decision, "same", [])


async def test_what_cannot_be_replayed_is_exit_code_2_and_why(house: Path, desk: Desk) -> None:
    case = await identified(desk, listed())
    decision = await decided(desk, case)
    async with desk.database.session() as session:
        await desk.journal.vault.destroy(session, await client_id_of(session, case), Retention.KYC)

    result = await aboard("replay", decision)

    assert result.exit_code == 2
    assert "cannot be scored again: erased" in result.output


async def test_a_decision_that_is_not_known_is_exit_code_2(house: Path) -> None:
    assert (await aboard("replay", "decision_none")).exit_code == 2
    assert (await aboard("dossier", "decision_none", "-o", str(house / "d.zip"))).exit_code == 2


async def test_a_dossier_is_written_for_its_owner_only_and_proved_without_the_database(
    house: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house / "dossier.zip"
    written = await aboard("dossier", await identified_decision(desk), "-o", str(file))
    monkeypatch.setenv("ABOARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")

    proved = await aboard("verify-dossier", str(file))

    assert (written.exit_code, proved.exit_code) == (0, 0)
    assert "whole and unchanged" in proved.output
    assert file.stat().st_mode & 0o077 == 0


async def identified_decision(desk: Desk) -> str:
    return await decided(desk, await identified(desk, listed()))


async def test_a_changed_dossier_is_exit_code_1(house: Path, desk: Desk) -> None:
    file = house / "dossier.zip"
    await aboard("dossier", await identified_decision(desk), "-o", str(file))
    raw = file.read_bytes()
    file.write_bytes(raw.replace(b"Markov", b"Markow", 1))

    proved = await aboard("verify-dossier", str(file))

    assert proved.exit_code == 1
    assert "file_changed" in proved.output or "unreadable" in proved.output
