"""The same key and body give the same answer; two at once are one."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from records.database import Database
from records.idempotency import Answer, Claim, Idempotency, InFlight, KeyReused

KEY = bytes(range(32))


@pytest.fixture
def requests(database: Database) -> Idempotency:
    return Idempotency(database, KEY, patience=0.2)


async def _claimed(requests: Idempotency, key: str, body: bytes = b"{}") -> Claim:
    claim = await requests.claim("staff_1/POST /cases", key, body)
    assert isinstance(claim, Claim)
    return claim


async def _finish(requests: Idempotency, database: Database, claim: Claim, body: bytes = b'{"id":1}') -> None:
    async with database.session() as session:
        await requests.finish(session, claim, 202, body)


async def _answered(
    requests: Idempotency, database: Database, key: str, answer: Answer, body: bytes = b"{}"
) -> Answer | datetime:
    async with database.session() as session:
        return await requests.answer_once(session, "s", key, body, answer)


async def test_a_repeated_request_gets_the_first_answer(requests: Idempotency, database: Database) -> None:
    await _finish(requests, database, await _claimed(requests, "k1"))

    assert await requests.claim("staff_1/POST /cases", "k1", b"{}") == Answer(202, b'{"id":1}')


async def test_the_same_key_with_another_body_is_a_conflict(requests: Idempotency, database: Database) -> None:
    await _finish(requests, database, await _claimed(requests, "k2"))

    with pytest.raises(KeyReused):
        await requests.claim("staff_1/POST /cases", "k2", b'{"other":1}')


async def test_another_body_is_a_conflict_while_the_first_is_in_flight(requests: Idempotency) -> None:
    await _claimed(requests, "k3")

    with pytest.raises(KeyReused):
        await requests.claim("staff_1/POST /cases", "k3", b'{"other":1}')


async def test_another_scope_is_another_request(requests: Idempotency, database: Database) -> None:
    await _finish(requests, database, await _claimed(requests, "k4"))

    assert isinstance(await requests.claim("staff_2/POST /cases", "k4", b"{}"), Claim)


async def test_of_two_at_once_the_second_waits_for_the_answer(database: Database) -> None:
    requests = Idempotency(database, KEY)
    claim = await _claimed(requests, "k5")
    second = asyncio.create_task(requests.claim("staff_1/POST /cases", "k5", b"{}"))
    await asyncio.sleep(0)

    await _finish(requests, database, claim)

    assert await second == Answer(202, b'{"id":1}')


async def test_of_many_at_once_one_does_the_work(database: Database) -> None:
    requests = Idempotency(database, KEY)

    async def request() -> str:
        claim = await requests.claim("staff_1/POST /cases", "k6", b"{}")
        if isinstance(claim, Answer):
            return "answered"
        await _finish(requests, database, claim)
        return "worked"

    done = await asyncio.gather(*(request() for _ in range(10)))

    assert (done.count("worked"), done.count("answered")) == (1, 9)


async def test_who_waits_too_long_is_told(requests: Idempotency) -> None:
    await _claimed(requests, "k7")

    with pytest.raises(InFlight):
        await requests.claim("staff_1/POST /cases", "k7", b"{}")


async def test_a_claim_given_back_undone_can_be_made_again_with_another_body(requests: Idempotency) -> None:
    await requests.give_back(await _claimed(requests, "k8"), mendable=True)

    await _claimed(requests, "k8", b'{"mended":1}')


async def test_a_claim_given_back_in_doubt_goes_on_with_the_same_body_only(requests: Idempotency) -> None:
    await requests.give_back(await _claimed(requests, "k11"), mendable=False)

    with pytest.raises(KeyReused):
        await requests.claim("staff_1/POST /cases", "k11", b'{"other":1}')
    await _claimed(requests, "k11")


async def test_what_was_in_doubt_once_is_never_mended(requests: Idempotency) -> None:
    await requests.give_back(await _claimed(requests, "k12"), mendable=False)
    await requests.give_back(await _claimed(requests, "k12"), mendable=True)

    with pytest.raises(KeyReused):
        await requests.claim("staff_1/POST /cases", "k12", b'{"other":1}')


async def test_an_answer_kept_with_its_work_is_given_to_whoever_waited(
    requests: Idempotency, database: Database
) -> None:
    mine, theirs = Answer(202, b"mine"), Answer(202, b"theirs")
    async with database.session() as session:
        assert isinstance(await requests.answer_once(session, "s", "k13", b"{}", mine), datetime)
        second = asyncio.create_task(_answered(requests, database, "k13", theirs))
        await asyncio.sleep(0.05)

    assert await second == mine


async def test_an_answer_goes_with_the_work_that_failed(requests: Idempotency, database: Database) -> None:
    async with database.session() as session:
        await requests.answer_once(session, "s", "k14", b"{}", Answer(202, b"first"))
        await session.rollback()

    again = await _answered(requests, database, "k14", Answer(202, b"second"), b'{"mended":1}')
    assert isinstance(again, datetime)


async def test_an_answer_to_another_body_is_a_conflict(requests: Idempotency, database: Database) -> None:
    await _answered(requests, database, "k15", Answer(202, b"first"))

    with pytest.raises(KeyReused):
        await _answered(requests, database, "k15", Answer(202, b"second"), b'{"other":1}')


async def test_the_claim_of_a_dead_holder_is_taken_over_and_its_late_work_is_rolled_back(
    requests: Idempotency, database: Database
) -> None:
    dead = await _claimed(requests, "k9")
    async with database.session() as session:
        await session.execute(text("UPDATE idempotency SET claimed = claimed - interval '1 hour'"))

    alive = await _claimed(requests, "k9")

    with pytest.raises(InFlight):
        await _finish(requests, database, dead)
    await _finish(requests, database, alive)


async def test_keys_bodies_and_answers_are_not_in_clear(requests: Idempotency, database: Database) -> None:
    await _finish(requests, database, await _claimed(requests, "zephyrine-key", b"quillfeather"), b"ystadsby")

    async with database.session() as session:
        rows = " ".join((await session.execute(text("SELECT idempotency::text FROM idempotency"))).scalars())
    assert not any(word in rows for word in ("zephyrine", "quillfeather", b"ystadsby".hex()))


async def test_old_answers_are_forgotten(requests: Idempotency, database: Database) -> None:
    await _finish(requests, database, await _claimed(requests, "k10"))

    await requests.purge(timedelta(0))

    await _claimed(requests, "k10", b"anything")
