"""Undoing: what a withdrawal takes back, the last deed first. Each undoing finds its deed outside, or finds nothing."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from temporalio import activity

from activities.diary import Diary
from activities.seams import AccountsVendor, IdentityVendor
from onboarding.case import Holder, Role
from onboarding.deeds import ABOARD, Notice, Place, Undo
from onboarding.errors import OnboardingError
from records import agreements, effects, tasks
from records.agreements import AgreementState
from records.database import Database
from records.effects import Effects
from records.journal import Journal

LAST_TRY = 10  # about two minutes of real time; then the rest of the plan goes first, and a person takes this one


class Mails(Protocol):
    """Sends a letter once (activities.notices.Notices does)."""

    async def send(self, order: Notice) -> object: ...


class _TryAgain(Exception):
    """Carries a passing failure past the ledger, which notes only what failed for good."""

    def __init__(self, cause: OnboardingError) -> None:
        super().__init__()
        self.cause = cause


class Undoing:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        ledger: Effects,
        directory: AccountsVendor,
        diary: Diary,
        mails: Mails,
        identity: IdentityVendor | None = None,
    ) -> None:
        self._database = database
        self._journal = journal
        self._ledger = ledger
        self._directory = directory
        self._diary = diary
        self._mails = mails
        self._identity = identity
        self._deeds: dict[str, Callable[[Undo, effects.Undo], Awaitable[None]]] = {
            "deactivate_and_delete_account": self._close_account,
            "leave_group": self._leave_group,
            "cancel_event": self._cancel_event,
            "void_envelope": self._void_envelope,
            "close_identity_check": self._close_check,
        }

    @activity.defn(name="plan_undoing")
    async def plan(self, order: Place) -> list[Undo]:
        """What is to be undone, in order; deeds that were only intended are looked for like those that were done."""
        async with self._database.session() as session:
            plan = await effects.undo_plan(session, order.case)
        return [Undo(case=order.case, effect=one.key, kind=one.kind, undo=one.undo, story=order.story) for one in plan]

    @activity.defn(name="undo")
    async def undo(self, order: Undo) -> None:
        """Takes one deed back. A vendor that does not answer is asked again; what fails for good raises its error."""
        async with self._database.session() as session:
            plan = await effects.undo_plan(session, order.case)
        effect = next((one for one in plan if one.key == order.effect), None)
        if effect is None:
            return  # it was undone by an earlier try
        failed: list[OnboardingError] = []

        async def deed() -> None:
            try:
                await self._deeds[order.undo](order, effect)
            except OnboardingError as error:
                if error.retryable and _may_try_again():
                    raise _TryAgain(error) from None
                failed.append(error)
                raise

        try:
            undone = await self._ledger.undo(effect, deed, actor=ABOARD, story=order.story)
        except _TryAgain as again:
            raise again.cause from None
        if not undone:
            raise CannotUndo(code=failed[0].reason)

    @activity.defn(name="give_up_undoing")
    async def give_up(self, order: Undo) -> None:
        """Hands the undoing to staff as a task."""
        async with self._database.session() as session:
            step = (await effects.effect_row(session, order.effect)).step
            task = await tasks.open_task(
                session,
                tasks.NewTask(
                    case_id=order.case, step=step, key=f"undo:{order.effect}", code="undo_by_hand",
                    role=Role.STAFF, holder=Holder.STAFF, opened_story=order.story,
                    resources={"effect": order.effect, "undo": order.undo}, exit_criterion="undone_by_hand",
                ),
            )  # fmt: skip
            await self._journal.write(
                session, order.case, actor=ABOARD, what="undo_given_up", reason=order.undo, story=order.story,
                key=f"given_up:{order.effect}", effect=order.effect, detail={"task": task},
            )  # fmt: skip

    async def _close_account(self, order: Undo, effect: effects.Undo) -> None:
        account = await self._directory.find_user(str(effect.undo_args["external_id"]))
        if account:
            await self._directory.deactivate(account.id)
            await self._directory.delete(account.id)

    async def _leave_group(self, order: Undo, effect: effects.Undo) -> None:
        account = await self._directory.find_user(str(effect.undo_args["external_id"]))
        if account:
            await self._directory.leave(str(effect.undo_args["group"]), account.id)

    async def _cancel_event(self, order: Undo, effect: effects.Undo) -> None:
        """Only an invitation to something still to come is taken back by mail."""
        meeting = await self._diary.take_out(str(effect.undo_args["meeting"]))
        if meeting and meeting.ends and meeting.ends > order.story:
            about = {"meeting": meeting.id, "sequence": str(meeting.sequence)}
            key = f"{effect.step}:cancel:{meeting.id}"
            notice = Notice(
                case=order.case, step=effect.step, story=order.story, letter="invitation_cancel", key=key, about=about
            )
            await self._mails.send(notice)

    async def _close_check(self, order: Undo, effect: effects.Undo) -> None:
        if self._identity is None:
            raise CannotUndo  # it was switched off since
        inquiry = await self._identity.find(str(effect.undo_args["reference"]))
        if inquiry:
            await self._identity.close_inquiry(inquiry.id)

    async def _void_envelope(self, order: Undo, effect: effects.Undo) -> None:
        async with self._database.session() as session:
            agreement = str(effect.undo_args["agreement"])
            if (await agreements.agreement(session, agreement)).state is AgreementState.SEALED:
                return  # both have signed: it is a document of the client's as well, and stays readable
            await agreements.set_agreement_state(session, agreement, AgreementState.VOID, "case_over")


class CannotUndo(OnboardingError):
    """This deed could not be taken back; a person has to."""

    code = "cannot_undo"


def _may_try_again() -> bool:
    return activity.in_activity() and activity.info().attempt < LAST_TRY
