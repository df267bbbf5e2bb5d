"""Steering a case on the real server: pause and resume, and a withdrawal while an account is being opened."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from run.demo import outside
from tests.faults.test_killed_worker import journal
from tests.theatre import PERSON, Case, Theatre

EVENTS = 10
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
pytestmark = pytest.mark.timeout(600)


async def test_what_arrives_while_paused_is_worked_through_in_order_of_arrival(theatre: Theatre) -> None:
    async with theatre.case(PERSON, seconds=3600, idle=True) as case:
        await case.until_step("collect", "open")
        await case.do("pause", reason="client_asked")
        await case.until("the pause", lambda file: file["case"]["status"] == "paused")
        handed_in = [await hand_in(case, number) for number in range(EVENTS)]
        while_paused = await taken(case)
        await case.do("resume", reason="client_asked")
        await case.until("all ten", lambda file: len(checks(file)) == EVENTS)
        in_order = await taken(case)
        await case.do("withdraw", reason="client_asked")
        await case.until_ended()

    assert while_paused == []
    assert in_order == handed_in


async def test_withdrawn_while_the_account_is_opened_the_account_is_gone(theatre: Theatre) -> None:
    async with theatre.case(PERSON, seconds=30) as case:
        await case.until_step("agreement", "open", seconds=240)
        with held_up(theatre, "directory"):
            await until_intended(case, "account")
            await case.do("withdraw", reason="client_asked")
        file = await case.until_ended(240)
        effects = await case.effects()

    assert file["case"]["status"] == "withdrawn"
    assert [row["state"] for row in effects if row["kind"] == "account"] == ["undone"]
    assert not [row for row in effects if row["kind"] == "membership"], "the step went on after the withdrawal"
    assert await outside.accounts(theatre.settings, case.id) == 0


async def hand_in(case: Case, number: int) -> str:
    """A picture of a document; the id under which it is kept."""
    path = f"/cases/{case.id}/documents"
    stored = await case.staff.as_("desk").upload(path, PICTURE + bytes([number]) * 64, "image/png", item="identity")
    return str(stored["id"])


async def taken(case: Case) -> list[str]:
    """The documents that were checked, in that order."""
    rows = [row for row in await journal(case) if row["what"] == "document_accepted"]
    return [row["detail"]["document"] for row in rows]


def checks(file: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [entry for entry in file["timeline"] if entry["what"] == "document_accepted"]


async def until_intended(case: Case, kind: str) -> None:
    """Until the deed has begun; its directory does not answer meanwhile."""
    await case.until_step("account", "open", seconds=120)
    while not [row for row in await case.effects() if row["kind"] == kind]:
        case.no_one_stumbled()


@contextmanager
def held_up(theatre: Theatre, part: str) -> Iterator[None]:
    """The server takes requests and answers none, until the block ends."""
    pid = theatre.stack.supervisor.pids()[part]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
