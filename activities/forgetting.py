"""Forgetting: what an identity vendor holds of a client is deleted there when the client's KYC file is erased here."""

from datetime import UTC, datetime

from temporalio import activity

from activities.seams import IdentityVendor
from onboarding.case import Holder, Role
from onboarding.deeds import ABOARD, Erased
from onboarding.errors import OnboardingError
from records import cases, identity_checks, tasks
from records.database import Database
from records.identity_checks import IdentityCheck
from records.journal import Journal

LAST_TRY = 50  # about a quarter of an hour; then a person deletes what is left


class NobodyToAsk(OnboardingError):
    """The vendor that made this check is not the one that is set up now."""

    code = "identity_vendor_off"


class HalfBegun(OnboardingError):
    """It was begun at the vendor and has no run there: what is left of it only a person can find."""

    code = "identity_check_half_begun"


class Forgetting:
    """`vendor` is None where nobody checks identities but us."""

    def __init__(self, database: Database, journal: Journal, vendor: IdentityVendor | None) -> None:
        self._database = database
        self._journal = journal
        self._vendor = vendor

    @activity.defn(name="forget_at_vendor")
    async def forget(self, order: Erased) -> None:
        """Has every check of the client deleted; staff are asked to do by hand what the vendor refuses."""
        async with self._database.session() as session:
            checks = await identity_checks.of_client(session, order.client)
        for check in checks:
            try:
                await self._delete(check)
            except OnboardingError as error:
                if error.retryable and activity.info().attempt < LAST_TRY:
                    raise
                await self._hand_over(check, error.reason)

    async def _delete(self, check: IdentityCheck) -> None:
        if self._vendor is None or self._vendor.name != check.vendor:
            raise NobodyToAsk
        inquiry = check.vendor_id or (found.id if (found := await self._vendor.find(check.id)) else None)
        if inquiry is None:
            raise HalfBegun
        await self._vendor.forget(inquiry)
        async with self._database.session() as session:
            story = (await cases.case(session, check.case_id)).clock.story(datetime.now(UTC))
            await self._journal.write(
                session, check.case_id, actor=ABOARD, what="deleted_at_vendor", reason=check.vendor, story=story,
                key=f"deleted:{check.id}",
            )  # fmt: skip

    async def _hand_over(self, check: IdentityCheck, reason: str) -> None:
        async with self._database.session() as session:
            new = tasks.NewTask(
                case_id=check.case_id, step=check.step, key=f"delete:{check.id}", code="delete_by_hand",
                role=Role.STAFF, holder=Holder.STAFF, exit_criterion="deleted_by_hand",
                opened_story=(await cases.case(session, check.case_id)).clock.story(datetime.now(UTC)),
                resources={"vendor": check.vendor, "inquiry": check.vendor_id or check.id, "code": reason},
            )  # fmt: skip
            await tasks.open_task(session, new)
