"""An allowed hit raises no signal; a change on either side, a raised strength or the day of expiry raises one again."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from activities import allowing, policies
from activities.allowing import ExpiryTooFar, NotCleared
from activities.parties import Party
from kyc.screening import Policy
from kyc.screening.replay import Past, matching_hash
from onboarding.diligence import Judgement, Screened
from onboarding.errors import Invalid
from records import allowances, basis, signals
from records import policies as kept
from records.allowances import AllowanceRow, AllowanceState, SecondPersonNeeded
from records.tables import InForceRecord
from tests.activities.desk import STORY, Desk, identified, listed
from tests.activities.test_basis import verifying


@dataclass
class Allowed:
    """A case whose only hit was cleared and allowed by two people."""

    desk: Desk
    case: str
    allowance: str

    async def screened(self, turn: int = 2) -> Screened:
        return await self.desk.screening.screen(verifying(self.case, turn))

    async def now(self) -> AllowanceRow:
        async with self.desk.database.session() as session:
            return await allowances.allowance(session, self.allowance)


async def cleared(desk: Desk) -> tuple[str, str]:
    """A case and its one hit, which somebody has cleared."""
    case = await identified(desk, listed())
    (hit,) = (await desk.screening.screen(verifying(case))).sanctions
    order = Judgement(
        case=case, step="verify", story=STORY, signal=hit, verdict="cleared", reason="birth_date_differs", actor="r_1"
    )
    await desk.reviews.judge(order)
    return case, hit


async def proposed(desk: Desk, hit: str, **changes: object) -> str:
    said = {"reason": "birth_date_differs", "expires": STORY + timedelta(days=90), "actor": "r_1", "story": STORY}
    async with desk.database.session() as session:
        signal = await signals.signal(session, hit)
        return await allowing.propose(session, desk.journal, signal, **{**said, **changes})  # type: ignore[arg-type]  # as said


@pytest.fixture
async def allowed(desk: Desk) -> Allowed:
    case, hit = await cleared(desk)
    allowance = await proposed(desk, hit)
    async with desk.database.session() as session:
        await allowances.approve(session, allowance, "r_2")
    return Allowed(desk, case, allowance)


def rewritten(desk: Desk, old: str, new: str) -> None:
    """The list with other words, as its publisher would change it."""
    text = desk.list_file.read_text()
    assert old in text
    desk.list_file.write_text(text.replace(old, new))


async def test_an_allowed_hit_raises_no_signal_and_is_shown_as_allowed(allowed: Allowed) -> None:
    rewritten(allowed.desk, "DEMO-CYBER", "DEMO-OTHER")

    screened = await allowed.screened()

    assert screened.signals == []
    async with allowed.desk.database.session() as session:
        (last,) = await basis.last_screenings(session, allowed.desk.journal.vault, allowed.case)
    assert last.outcome == "hits"
    assert last.evidence
    assert list(last.evidence["allowed"].values()) == [allowed.allowance]  # type: ignore[attr-defined]  # JSON


async def test_a_change_of_the_entry_reopens_it(allowed: Allowed) -> None:
    rewritten(allowed.desk, "DOB 14 Mar 1961", "DOB 15 Mar 1961")

    screened = await allowed.screened()

    now = await allowed.now()
    assert (now.state, now.ended_reason) == (AllowanceState.REOPENED, "party_or_entry_changed")
    assert len(screened.signals) == 1
    assert "allowance_reopened" in await allowed.desk.said(allowed.case)


async def test_a_change_of_the_party_reopens_it(allowed: Allowed, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Party.subject
    monkeypatch.setattr(Party, "subject", lambda self: told(self).model_copy(update={"countries": ("SE",)}))

    screened = await allowed.screened()

    assert (await allowed.now()).ended_reason == "party_or_entry_changed"
    assert len(screened.signals) == 1


async def test_a_policy_that_raises_the_strength_reopens_it(allowed: Allowed) -> None:
    shipped = Policy.read()
    bolder = shipped.model_copy(update={"version": 2, "strength": shipped.strength.model_copy(update={"base": 0.6})})
    async with allowed.desk.database.session() as session:
        await kept.keep(session, policies.of_screening(bolder))
        session.add(InForceRecord(kind="screening", name="screening", policy=bolder.hash, actor="r_1"))

    screened = await allowed.screened()

    assert (await allowed.now()).ended_reason == "strength_raised"
    assert len(screened.signals) == 1


async def test_it_expires_in_the_time_of_the_case(allowed: Allowed) -> None:
    screened = await allowed.screened(turn=24 * 91)
    again = await allowed.screened(turn=24 * 92)

    assert (await allowed.now()).state == AllowanceState.EXPIRED
    assert len(screened.signals) == 1
    assert again == screened


async def test_one_that_was_taken_back_raises_the_hit_again(allowed: Allowed) -> None:
    async with allowed.desk.database.session() as session:
        await allowances.end(session, allowed.allowance, AllowanceState.REVOKED, "made_in_error")

    assert len((await allowed.screened()).signals) == 1


async def test_what_one_person_proposed_covers_nothing_yet(desk: Desk) -> None:
    case, hit = await cleared(desk)
    allowance = await proposed(desk, hit)
    rewritten(desk, "DOB 14 Mar 1961", "DOB 14 Mar 1961; alt. DOB 1962")

    screened = await desk.screening.screen(verifying(case, turn=2))

    assert len(screened.signals) == 1
    with pytest.raises(SecondPersonNeeded):
        async with desk.database.session() as session:
            await allowances.approve(session, allowance, "r_1")


async def test_a_hit_that_nobody_cleared_cannot_be_allowed(desk: Desk) -> None:
    case = await identified(desk, listed())
    (hit,) = (await desk.screening.screen(verifying(case))).sanctions

    with pytest.raises(NotCleared):
        await proposed(desk, hit)


async def test_reason_and_expiry_are_checked(desk: Desk) -> None:
    _, hit = await cleared(desk)

    with pytest.raises(Invalid):
        await proposed(desk, hit, reason="i_like_him")
    for days in (0, 400):
        with pytest.raises(ExpiryTooFar):
            await proposed(desk, hit, expires=STORY + timedelta(days=days))


async def test_what_is_kept_of_party_and_entry_is_no_plain_hash(allowed: Allowed) -> None:
    async with allowed.desk.database.session() as session:
        (last,) = await basis.last_screenings(session, allowed.desk.journal.vault, allowed.case)
    past = Past.model_validate(last.evidence)
    plain = matching_hash(past.asked, allowing.record_of(past, past.screening.hits[0].entry))

    assert (await allowed.now()).matching != plain
