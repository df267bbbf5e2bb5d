"""Temporal, the database, the mail server and S3 are each away for a while: the case finishes, nothing is lost."""

import pytest

from onboarding.watching import MONITORING
from tests.faults.test_killed_worker import assert_each_is_there_once, journal, twice, what_is_outside
from tests.theatre import HOLDER, Theatre

SHORT = ("call", "check-in-60", "check-in-90")
AWAY = 6.0  # seconds


@pytest.mark.timeout(600)
async def test_every_server_may_be_away_for_a_while(theatre: Theatre) -> None:
    async with theatre.case(HOLDER, seconds=1.5) as case:
        async with theatre.outage("s3", AWAY):  # papers are handed in meanwhile
            pass
        await case.until_step("verify", "open", "done", seconds=120)
        async with theatre.outage("temporal", AWAY):
            pass
        await case.until_step("agreement", "open", "done", seconds=120)
        async with theatre.outage("postgres", AWAY):
            pass
        async with theatre.outage("mail", AWAY):
            pass
        for step in SHORT:
            await case.do("skip", step=step, reason="known_client")
        file = await case.until_ended(240)
        effects, mails = await case.effects(), await case.mails()
        written, found = await journal(case), await what_is_outside(theatre, case)

    assert file["case"]["status"] == "completed"
    assert file["tasks"] == []
    assert [wait["step"] for wait in file["waits"]] == [MONITORING]  # which lives on
    assert {row["state"] for row in effects} == {"done"}
    assert twice(row["effect"] for row in written if row["what"] == "effect_done") == []
    assert_each_is_there_once(found, effects)
    sent = {row["receipt_id"] for row in effects if row["kind"] == "mail" and row["detail"]["to"] == "client"}
    assert {mail["message_id"] for mail in mails} == sent
