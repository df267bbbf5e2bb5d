"""`aboard staff`: the first token of a new house."""

import asyncio
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from onboarding.case import Role
from onboarding.errors import Unauthenticated
from records import staff
from records.database import Database
from run.cli import app
from tests.conftest import DatabaseUrls


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_urls: DatabaseUrls) -> None:
    monkeypatch.setenv("ABOARD_HOME", str(tmp_path))
    monkeypatch.setenv("ABOARD_DATABASE_URL", database_urls.app)


async def aboard(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["staff", *words])


async def who(urls: DatabaseUrls, token: str) -> staff.StaffRow:
    database = Database(urls.app)
    try:
        async with database.session() as session:
            return await staff.authenticate(session, token)
    finally:
        await database.dispose()


async def test_whoever_is_added_can_sign_in_with_the_token_that_is_shown(database_urls: DatabaseUrls) -> None:
    said = (await aboard("add", "Ana Example", "ana@house.example", "--role", "csm", "--role", "staff")).output

    staff_id, token = said.replace("token ", "").split()
    member = await who(database_urls, token)

    assert (member.id, member.name, member.roles) == (staff_id, "Ana Example", [Role.CSM, Role.STAFF])


async def test_a_new_token_makes_the_old_one_worthless_and_a_disabled_member_has_none(
    database_urls: DatabaseUrls,
) -> None:
    staff_id, old = (
        (await aboard("add", "Bo", "bo@house.example", "--role", "auditor")).output.replace("token ", "").split()
    )
    new = (await aboard("token", staff_id)).output.strip()

    assert (await who(database_urls, new)).id == staff_id
    with pytest.raises(Unauthenticated):
        await who(database_urls, old)

    await aboard("disable", staff_id)
    with pytest.raises(Unauthenticated):
        await who(database_urls, new)


async def test_the_list_names_everybody_and_no_token(database_urls: DatabaseUrls) -> None:
    said = (await aboard("add", "Cy Listed", "cy@house.example", "--role", "engineer")).output

    shown = (await aboard("list")).output

    assert said.split()[0] in shown
    assert said.split()[-1] not in shown
