"""Nothing of a client stands in what engineers read. The search is itself tried: on a client who was planted."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from onboarding.case import Client
from onboarding.clock import Clock
from onboarding.deeds import CaseOrder
from run.demo.privacy import Place, Watch, dump, of_the_samples
from tests.theatre import HOLDER, Theatre

PLANTED = Client.model_validate(
    {
        "kind": "person",
        "country": "NO",
        "person": {
            "name": "Solveig Brekkestø", "given_names": "Solveig", "family_name": "Brekkestø",
            "birth_date": "1969-04-11", "nationality": "NO", "email": "solveig@brekkesto.example",
            "phone": "+47 22 55 01 97", "document_number": "NB7719304",
            "address": {"lines": ["Fyrlykta 17 C"], "city": "Bodø", "postcode": "N-8003", "country": "NO"},
        },
    }
)  # fmt: skip
FORMS = {
    "in clear": b"mail to solveig@brekkesto.example failed",
    "a part of the name": "Brekkestø".encode(),
    "in a machine-readable zone": b"P<NORBREKKESTO<<SOLVEIG<<<<",
    "without its accents": b"case of Solveig Brekkesto",
    "a birth date": b"born 11.04.1969",
    "a birth date in words": b"born 11 April 1969",
    "a telephone number": b"+4722550197",
    "a document number": b"passport nb7719304",
    "an address": b"moved to Fyrlykta 17 C",
    "UTF-16": "Solveig Brekkestø".encode("utf-16-le"),
    "percent-encoded": b"/search?q=Brekkest%C3%B8",
    "escaped": b'{"name": "Solveig Brekkest\\u00f8"}',
    "base64": base64.b64encode(b"to: solveig@brekkesto.example;"),
}


@pytest.fixture(scope="module")
def watch() -> Watch:
    return of_the_samples()


def _everything(theatre: Theatre) -> AsyncIterator[list[Place]]:
    return dump(theatre.engine, theatre.settings)


@pytest.mark.timeout(600)
async def test_nothing_of_a_client_can_be_read_by_an_engineer(theatre: Theatre, watch: Watch) -> None:
    async with theatre.case(HOLDER, seconds=1.0) as case:
        await case.until_step("check-in-30", "open", seconds=300)
        assert await watch.search(_everything(theatre)) == [], "while it is under way"
        await case.do("withdraw", reason="client_asked")
        await case.until_ended()
    assert await watch.search(_everything(theatre)) == [], "after its end"


@pytest.mark.parametrize("form", FORMS)
def test_the_search_knows_a_client_in_every_writing(form: str) -> None:
    assert Watch([PLANTED]).leaks([("somewhere", FORMS[form])])


def test_the_search_takes_nothing_for_a_client_that_is_none() -> None:
    said = b"transaction 20260411, case_0123456789, solve it, 2026-11-22T04:11:19Z, brekkestoff"
    assert Watch([PLANTED]).leaks([("somewhere", said)]) == []


async def test_a_leak_in_a_payload_a_memo_or_a_log_is_found(theatre: Theatre) -> None:
    planted, run = Watch([PLANTED]), f"planted-{uuid.uuid4()}"
    assert await planted.search(_everything(theatre)) == []
    order = CaseOrder(case=PLANTED.person.name, client="client_1", clock=Clock(origin=datetime.now(UTC)))
    await theatre.engine.start_workflow(
        "Onboarding", order, id=run, task_queue="nobody", memo={"contact": PLANTED.person.email},
        execution_timeout=timedelta(minutes=5),
    )  # fmt: skip
    log = theatre.settings.home / "logs" / "planted.log"
    await asyncio.to_thread(log.write_text, "WARNING no passport NB7719304\n")
    try:
        leaks = await planted.search(_everything(theatre))
    finally:
        await asyncio.to_thread(log.unlink)
        await theatre.engine.get_workflow_handle(run).terminate()

    where = {leak.rpartition(": ")[0] for leak in leaks}
    assert f"{run} (event 1), decoded" in where, "the payload that our codec encrypted"
    assert f"{run} (described), decoded" in where, "the memo"
    assert "logs/planted.log" in where
    assert not any("brekkest" in leak.lower() for leak in leaks), "the finding repeats what it found"
