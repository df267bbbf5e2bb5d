"""Screening: findings become signals once, what is not whole is held, and the band follows from what is known."""

import os
from datetime import date, timedelta

import pytest

from onboarding.case import Band
from onboarding.diligence import Handed, Judgement, Screened, Verifying
from records import signals
from tests.activities.desk import (
    PNG,
    STORY,
    Desk,
    a_company,
    a_person,
    identified,
    listed,
    pdf,
    step_of,
    zone,
)


def verifying(case: str, turn: int = 1, playbook: str = "saas") -> Verifying:
    verify = step_of(playbook, "verify").verify
    assert verify
    return Verifying(case=case, step="verify", story=STORY + timedelta(hours=turn), verify=verify, round=turn)


async def codes(desk: Desk, case: str) -> list[str]:
    async with desk.database.session() as session:
        return sorted(signal.code for signal in await signals.signals(session, case))


async def test_a_client_whose_papers_agree_and_who_is_not_listed_has_no_signal(desk: Desk) -> None:
    case = await identified(desk, a_person())

    assert await desk.screening.screen(verifying(case)) == Screened(signals=[])
    rated = await desk.screening.rate(verifying(case))
    assert (rated.band, rated.approvals) == (Band.LOW, 0)


async def test_a_listed_person_is_a_sanctions_signal_and_of_high_risk(desk: Desk) -> None:
    case = await identified(desk, listed())

    screened = await desk.screening.screen(verifying(case))
    rated = await desk.screening.rate(verifying(case))

    assert screened.held is None
    assert len(screened.sanctions) == 1
    assert set(screened.sanctions) <= set(screened.signals)
    assert (rated.band, rated.approvals) == (Band.HIGH, 2)
    async with desk.database.session() as session:
        shown = await signals.evidence(session, desk.journal.vault, screened.sanctions[0])
    assert shown
    assert "MARKOV" in str(shown["name"]).upper()


async def test_a_finding_is_raised_once_however_often_it_is_found(desk: Desk) -> None:
    case = await identified(desk, listed())

    first = await desk.screening.screen(verifying(case))
    again = await desk.screening.screen(verifying(case))
    next_round = await desk.screening.screen(verifying(case, turn=2))

    assert first == again == next_round


async def test_a_signal_that_was_cleared_stays_cleared(desk: Desk) -> None:
    case = await identified(desk, listed())
    screened = await desk.screening.screen(verifying(case))
    for signal in screened.signals:
        order = Judgement(
            case=case, step="verify", story=STORY, signal=signal, verdict="cleared", reason="other_person", actor="r_1"
        )
        await desk.reviews.judge(order)
        await desk.reviews.judge(order)

    assert await desk.screening.screen(verifying(case, turn=2)) == Screened(signals=[])
    assert (await desk.said(case)).count("signal_cleared") == len(screened.signals)


async def test_a_hit_that_was_confirmed_forbids_an_approval_in_every_later_round(desk: Desk) -> None:
    case = await identified(desk, listed())
    (hit,) = (await desk.screening.screen(verifying(case))).sanctions
    await desk.reviews.judge(
        Judgement(case=case, step="verify", story=STORY, signal=hit, verdict="confirmed", reason="same", actor="r_1")
    )

    later = await desk.screening.screen(verifying(case, turn=2))

    assert (later.signals, later.sanctions) == ([], [hit])


async def test_without_a_list_the_case_is_held(desk: Desk) -> None:
    case = await identified(desk, a_person())
    desk.list_file.unlink()

    screened = await desk.screening.screen(verifying(case))

    assert screened.held == "list_missing"
    async with desk.database.session() as session:
        kept = await signals.screenings(session, case)
    assert [(row.outcome, row.held) for row in kept] == [("held", "list_missing")]


async def test_an_old_list_holds_the_case_until_its_source_answers_again(desk: Desk) -> None:
    case = await identified(desk, a_person())
    week_ago = desk.list_file.stat().st_mtime - 7 * 86400
    os.utime(desk.list_file, (week_ago, week_ago))

    held = await desk.screening.screen(verifying(case))
    os.utime(desk.list_file)
    clear = await desk.screening.screen(verifying(case))

    assert str(held.held).startswith("list_old")
    assert clear.held is None
    async with desk.database.session() as session:
        assert [row.outcome for row in await signals.screenings(session, case)] == ["held", "clear"]


async def test_a_list_that_cannot_be_read_holds_the_case(desk: Desk) -> None:
    case = await identified(desk, a_person())
    desk.list_file.write_text("this is no list")

    assert (await desk.screening.screen(verifying(case))).held == "list_unreadable"


async def test_a_list_that_breaks_leaves_the_good_one_in_force(desk: Desk) -> None:
    case = await identified(desk, listed())
    await desk.screening.screen(verifying(case))
    desk.list_file.write_text("this is no list")

    screened = await desk.screening.screen(verifying(case, turn=2))

    assert (screened.held, len(screened.sanctions)) == (None, 1)


async def test_a_change_of_the_list_is_seen_by_the_next_screening(desk: Desk) -> None:
    case = await identified(desk, a_person())
    before = await desk.screening.screen(verifying(case))
    entry = '\r\n999999,"VEXLEY, Hortensia","individual","DEMO"' + ",-0- " * 7 + ',"DOB 17 May 1985."\r\n'
    desk.list_file.write_text(desk.list_file.read_text() + entry)

    after = await desk.screening.screen(verifying(case, turn=2))

    assert (before.sanctions, len(after.sanctions)) == ([], 1)


async def test_an_error_in_the_engine_holds_the_case(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("Hortensia Vexley")

    case = await identified(desk, a_person())
    monkeypatch.setattr(desk.examination._watchlist, "screen", broken)

    assert (await desk.screening.screen(verifying(case))).held == "screening_failed"


async def test_a_name_that_differs_from_its_document_is_a_signal(desk: Desk) -> None:
    client = a_person()
    case = await desk.case(client)
    other = client.person.model_copy(update={"given_names": "Brunhilde", "family_name": "Otterbein"})
    document = await desk.upload(case, pdf(zone(other)))
    await desk.intake.check(Handed(case=case, step="collect", story=STORY, item="identity", document=document))

    await desk.screening.screen(verifying(case))

    assert await codes(desk, case) == ["name_differs"]


async def test_a_document_that_expires_soon_is_a_signal(desk: Desk) -> None:
    case = await identified(desk, a_person(), expires=date(2026, 4, 1))

    await desk.screening.screen(verifying(case))

    assert await codes(desk, case) == ["document_expires_soon"]


async def test_a_picture_that_nobody_could_read_is_for_a_reviewer(desk: Desk) -> None:
    case = await desk.case()
    document = await desk.upload(case, PNG, type_="image/png")
    await desk.intake.check(Handed(case=case, step="collect", story=STORY, item="identity", document=document))

    await desk.screening.screen(verifying(case))

    assert await codes(desk, case) == ["zone_not_read"]


async def test_each_owner_of_a_company_is_screened(desk: Desk) -> None:
    case = await desk.case(a_company())

    await desk.screening.screen(verifying(case))

    async with desk.database.session() as session:
        parties = [row.party for row in await signals.screenings(session, case)]
    assert sorted(parties) == ["company", "owner_1", "owner_2", "person"]


async def test_capital_that_nobody_named_is_of_medium_risk_at_least(desk: Desk) -> None:
    case = await desk.case(a_company(("30%", "20%")))

    rated = await desk.screening.rate(verifying(case))

    assert rated.band is not Band.LOW
    assert rated == await desk.screening.rate(verifying(case))
