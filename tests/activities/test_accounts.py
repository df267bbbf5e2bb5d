"""Accounts: opened once, given their permissions, tried out."""

import pytest

from activities.accounts import AccountMissing
from onboarding.deeds import Opening
from tests.activities.desk import STORY, Desk


def opening(case: str, group: str = "customers") -> Opening:
    return Opening(case=case, step="account", story=STORY, group=group)


async def test_an_account_that_is_opened_twice_is_one(desk: Desk) -> None:
    case = await desk.case()

    assert await desk.accounts.open(opening(case)) == await desk.accounts.open(opening(case))
    assert desk.directory.happened == [f"opened {case}"]
    assert (await desk.said(case)).count("effect_done") == 1


async def test_an_account_that_an_interrupted_try_opened_is_found(desk: Desk) -> None:
    case = await desk.case()
    await desk.directory.open_user(case, case, "Hortensia Vexley", "hortensia@vexley.example")

    await desk.accounts.open(opening(case))

    assert desk.directory.happened == [f"opened {case}"]


async def test_the_user_name_tells_nothing_of_the_client(desk: Desk) -> None:
    case = await desk.case()

    await desk.accounts.open(opening(case))

    account = await desk.directory.find_user(case)
    assert account
    assert account.user_name == case


async def test_permissions_before_the_account_are_refused(desk: Desk) -> None:
    case = await desk.case()

    with pytest.raises(AccountMissing):
        await desk.accounts.join(opening(case))


async def test_the_trial_fails_until_the_client_can_start(desk: Desk) -> None:
    case = await desk.case()

    before = await desk.accounts.try_out(opening(case))
    await desk.accounts.open(opening(case))
    between = await desk.accounts.try_out(opening(case))
    await desk.accounts.join(opening(case))
    after = await desk.accounts.try_out(opening(case))

    assert [trial.failed for trial in (before, between, after)] == [["account_missing"], ["not_in_group"], []]
