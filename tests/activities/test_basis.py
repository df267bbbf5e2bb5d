"""What a decision rests on is kept with it, and scores again as it did."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from activities import basis as gathering
from activities.replaying import Lists, Replayed, replay
from kyc.lists import Store
from onboarding.case import Band
from onboarding.diligence import Ruling, Verifying
from onboarding.errors import NotFound
from records import basis, openings, policies, reviews, signals
from records.retention import Retention
from records.reviews import NewDecision
from records.sealing import client_id_of
from records.signals import NewScreening
from tests.activities.desk import STORY, Desk, a_company, identified, listed, step_of


def verifying(case: str, turn: int = 1) -> Verifying:
    verify = step_of("saas", "verify").verify
    assert verify
    return Verifying(case=case, step="verify", story=STORY + timedelta(hours=turn), verify=verify, round=turn)


async def decided(desk: Desk, case: str) -> str:
    """A case that was screened, rated and decided; the id of the decision."""
    await desk.screening.screen(verifying(case))
    await desk.screening.rate(verifying(case))
    order = Ruling(
        case=case, step="verify", story=STORY + timedelta(hours=2), review=None, decision="approve", reason="low_risk",
        reviewers=[], band=Band.LOW,
    )  # fmt: skip
    await desk.reviews.rule(order)
    await desk.reviews.rule(order)
    async with desk.database.session() as session:
        (decision,) = await reviews.decisions(session, case)
    return decision.id


async def played(desk: Desk, decision: str, full: bool = False, store: Store | None = None) -> Replayed:
    lists = Lists(store or desk.lists, desk.folder / "indexes" if store is None else Path("nowhere"), full)
    async with desk.database.session() as session:
        return await replay(session, desk.journal.vault, decision, lists)


async def test_a_decision_names_lists_policy_engine_and_inputs_by_hash(desk: Desk) -> None:
    case = await identified(desk, listed())

    decision = await decided(desk, case)

    async with desk.database.session() as session:
        kept = await basis.basis(session, decision)
        screened = await basis.last_screenings(session, desk.journal.vault, case)
        words = await policies.policy(session, kept.policy)
    assert kept.lists == {"ofac-sdn": desk.lists.current("ofac-sdn")}
    assert set(kept.inputs) == {row.party for row in screened} == {"person"}
    assert "Markov" not in str(kept.inputs)
    assert words.kind == "screening"


async def test_the_journal_of_the_case_vouches_for_the_basis(desk: Desk) -> None:
    case = await identified(desk, listed())

    decision = await decided(desk, case)

    async with desk.database.session() as session:
        content, key = await basis.content(session, desk.journal.vault, decision)
        kept = await basis.basis(session, decision)
        keys = await session.scalars(text(f"SELECT key FROM journal_entries WHERE case_id = '{case}'"))
    assert basis.digest(content, key) == kept.digest
    assert f"basis:{decision}:{kept.digest}" in keys.all()


async def test_a_basis_cannot_be_changed_or_taken_away(desk: Desk) -> None:
    await decided(desk, await identified(desk, listed()))

    for statement in ("UPDATE decision_bases SET engine = 'x'", "DELETE FROM decision_bases"):
        with pytest.raises(Exception, match="permission denied"):
            async with desk.database.session() as session:
                await session.execute(text(statement))


@pytest.mark.parametrize("full", [False, True])
async def test_a_decision_scores_again_as_it_did(desk: Desk, full: bool) -> None:
    decision = await decided(desk, await identified(desk, listed()))

    again = await played(desk, decision, full)

    assert (again.state, again.engine_changed, again.screenings, again.ratings) == ("same", False, 1, 1)


async def test_every_party_of_a_company_scores_again(desk: Desk) -> None:
    decision = await decided(desk, await desk.case(a_company()))

    again = await played(desk, decision)

    assert (again.state, again.screenings) == ("same", 4)


async def test_a_list_that_changed_since_then_changes_nothing(desk: Desk) -> None:
    case = await identified(desk, listed())
    decision = await decided(desk, case)
    lines = desk.list_file.read_text().splitlines(keepends=True)
    desk.list_file.write_text("".join(line for line in lines if "MARKOV" not in line))
    await desk.screening.screen(verifying(case, turn=2))

    assert (await played(desk, decision)).state == "same"


async def test_what_comes_out_differently_is_shown_from_what_to_what(desk: Desk) -> None:
    case = await identified(desk, listed())
    await decided(desk, case)

    again = await played(desk, await decision_on_a_changed_score(desk, case))

    assert again.state == "different"
    (found,) = again.differences
    assert found.what.startswith("entry ofac-sdn:")
    assert "strength 0.123" in found.before
    assert "strength 0.123" not in found.after


async def decision_on_a_changed_score(desk: Desk, case: str) -> str:
    """A decision upon a screening whose strength is not what this engine finds."""
    async with desk.database.session() as session:
        (last,) = await basis.last_screenings(session, desk.journal.vault, case)
        evidence = last.evidence
        assert evidence
        evidence["screening"]["hits"][0]["strength"] = 0.123  # type: ignore[index]  # JSON
        new = NewScreening(
            case_id=case, key="changed", round=2, party=last.party, list_name="ofac-sdn", outcome="hits", hits=1,
            evidence=evidence,
        )  # fmt: skip
        await signals.add_screening(session, desk.journal.vault, new)
    async with desk.database.session() as session:
        decision = NewDecision(
            case_id=case, key="changed", review_id=None, decision="keep", reason="nothing_new", band=Band.HIGH,
            reviewers=[], story=STORY + timedelta(days=1),
        )  # fmt: skip
        return await gathering.decide(session, desk.journal, decision)


async def test_after_the_erasure_of_a_client_it_is_impossible_and_says_so(desk: Desk) -> None:
    case = await identified(desk, listed())
    decision = await decided(desk, case)
    async with desk.database.session() as session:
        await desk.journal.vault.destroy(session, await client_id_of(session, case), Retention.KYC)

    again = await played(desk, decision)

    assert (again.state, again.why) == ("impossible", "erased")


async def test_without_the_version_of_the_list_it_is_impossible_and_names_it(desk: Desk, tmp_path: Path) -> None:
    decision = await decided(desk, await identified(desk, listed()))
    version = desk.lists.current("ofac-sdn")

    again = await played(desk, decision, store=Store(tmp_path / "empty"))

    assert (again.state, again.why) == ("impossible", "no_version")
    assert str(version) in str(again.missing)


async def test_a_decision_that_nobody_made_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await played(desk, "decision_none")


async def test_evidence_that_a_reviewer_opened_is_part_of_the_basis(desk: Desk) -> None:
    case = await identified(desk, listed())
    async with desk.database.session() as session:
        await openings.opened(session, case, "staff_r", "signal", ["signal_1", "signal_2"])
        await openings.opened(session, case, "staff_r", "signal", ["signal_1"])

    decision = await decided(desk, case)

    async with desk.database.session() as session:
        content, _ = await basis.content(session, desk.journal.vault, decision)
    assert [(row["actor"], row["subject"]) for row in content["openings"]] == [  # type: ignore[attr-defined]  # JSON
        ("staff_r", "signal_1"), ("staff_r", "signal_2"),
    ]  # fmt: skip
