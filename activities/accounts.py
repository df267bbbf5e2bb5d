"""Accounts: what is opened for the client in the customer's directory, and the trial of it.

The directory knows an account by the case's id: its external id, and its user name too, since both are seen by many.
"""

from temporalio import activity

from activities.casework import begin
from activities.seams import AccountsVendor
from onboarding.deeds import ABOARD, Opening, Trial
from onboarding.errors import NotFound
from records import cases
from records.database import Database
from records.effects import Effects, Intent, Receipt
from records.journal import Journal


class AccountMissing(NotFound):
    """There is no account of this case in the directory."""

    code = "account_missing"


class Accounts:
    def __init__(self, database: Database, journal: Journal, effects: Effects, directory: AccountsVendor) -> None:
        self._database = database
        self._journal = journal
        self._effects = effects
        self._directory = directory

    @activity.defn(name="open_account")
    async def open(self, order: Opening) -> str:
        """Opens the account and answers its id in the directory."""

        async def look() -> Receipt | None:
            account = await self._directory.find_user(order.case)
            return Receipt(id=account.id) if account else None

        async def act() -> Receipt:
            async with self._database.session() as session:
                client = await cases.client_of(session, self._journal.vault, order.case)
            email = client.person.email or ""
            account = await self._directory.open_user(order.case, order.case, client.name, email)
            return Receipt(id=account.id)

        intent = _intent(order, "account", f"account:{order.case}", external_id=order.case)
        return (await self._effects.perform(intent, look, act)).id

    @activity.defn(name="join_group")
    async def join(self, order: Opening) -> str:
        """Gives the account its permissions: a membership of the group. Answers the group's id."""

        async def look() -> Receipt | None:
            failed = await self._directory.probe(order.case, order.group)
            return None if {"account_missing", "not_in_group"} & set(failed) else Receipt(id=order.group)

        async def act() -> Receipt:
            account = await self._directory.find_user(order.case)
            if account is None:
                raise AccountMissing
            return Receipt(id=await self._directory.ensure_member(order.group, account.id))

        key = f"membership:{order.case}:{order.group}"
        intent = _intent(order, "membership", key, external_id=order.case, group=order.group)
        return (await self._effects.perform(intent, look, act)).id

    @activity.defn(name="try_out_account")
    async def try_out(self, order: Opening) -> Trial:
        """Looks at the account as the directory shows it now; the codes of what failed, none when the client can
        start."""
        failed = sorted(await self._directory.probe(order.case, order.group))
        async with self._database.session() as session:
            await begin(session, self._journal, order)
            await self._journal.write(
                session, order.case, actor=ABOARD, what="trial_failed" if failed else "trial_passed",
                reason=failed[0] if failed else None, story=order.story, detail={"step": order.step, "failed": failed},
                key=f"trial:{order.step}:{order.story.isoformat()}",
            )  # fmt: skip
        return Trial(failed=failed)


def _intent(order: Opening, kind: str, key: str, **undo_args: str) -> Intent:
    return Intent(
        key=key, kind=kind, case_id=order.case, step=order.step, story=order.story, actor=ABOARD,
        detail={"group": order.group}, undo_args=dict(undo_args),
    )  # fmt: skip
