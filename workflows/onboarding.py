"""Onboarding: one case from the deal to day 90. The parent is thin; its children carry the logic."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, VersioningBehavior
from temporalio.exceptions import ActivityError, ChildWorkflowError
from temporalio.workflow import ParentClosePolicy

from workflows.agreement import Agreement
from workflows.asking import DUE_AT, WAITING_ON, holder_at_first
from workflows.check_in import CheckIn
from workflows.collection import Collection
from workflows.doing import perform, record
from workflows.ending import Child, close, undo_all
from workflows.guidance import Guidance
from workflows.hearing import Hearing, refusal, told
from workflows.meeting import Meeting
from workflows.provisioning import Provisioning
from workflows.verification import Verification

with workflow.unsafe.imports_passed_through():
    from activities.casework import Casework
    from activities.notices import Notices
    from onboarding.case import CaseStatus
    from onboarding.deeds import CaseNote, CaseOrder, Notice, Place, StepEnd, StepOrder, StepResult
    from onboarding.messages import Message
    from onboarding.plan import Kind, Plan, PlannedStep
    from onboarding.watching import Watching
    from workflows import timetable

CASE_STATUS = SearchAttributeKey.for_keyword("CaseStatus")
# Each step has its own from its start; the parent's would be one more event at every turn, and says nothing new.
CURRENT_STEP = SearchAttributeKey.for_keyword_list("CurrentStep")
PLAYBOOK = SearchAttributeKey.for_keyword("Playbook")
RISK_BAND = SearchAttributeKey.for_keyword("RiskBand")
OWNER = SearchAttributeKey.for_keyword("Owner")

KINDS: dict[Kind, Any] = {
    Kind.COLLECTION: Collection,
    Kind.VERIFICATION: Verification,
    Kind.AGREEMENT: Agreement,
    Kind.PROVISIONING: Provisioning,
    Kind.MEETING: Meeting,
    Kind.GUIDANCE: Guidance,
    Kind.CHECK_IN: CheckIn,
}


@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Onboarding(Hearing):
    @workflow.init
    def __init__(self, order: CaseOrder) -> None:
        super().__init__()
        self.order = order
        self.plan: Plan | None = None
        self.pausing: Message | None = None
        self.leaving: Message | None = None
        self.open: dict[str, Child] = {}
        self.done: dict[str, datetime] = {}
        self.skipping: dict[str, Message] = {}
        self.facts: dict[str, str] = {}
        self.ending: StepResult | None = None

    pause = told("pause", "Keep what arrives, do nothing new")
    resume = told("resume", "Go on, in order of arrival")
    withdraw = told("withdraw", "End the case and undo what was done")
    reassign = told("reassign", "Give the case another owner")
    skip = told("skip", "Leave a step out, with a reason")

    def now(self) -> datetime:
        return self.order.clock.story(workflow.now())

    # ── what may be said, and when ─────────────────────────────────────────────────────────────────────────────
    def check(self, message: Message) -> None:
        if self.leaving or self.ending:
            raise refusal("case_closed")
        if message.what == "pause" and self.pausing:
            raise refusal("already_paused")
        if message.what == "resume" and not self.pausing:
            raise refusal("not_paused")
        if message.what == "skip":
            self._check_skip(str(message.evidence.get("step")))

    def keeps(self) -> bool:
        return False  # what concerns the case as a whole is done even while its steps are paused

    def _check_skip(self, key: str) -> None:
        planned = next((p for p in self._steps() if p.step.key == key), None)
        if planned is None:
            raise refusal("unknown_step")
        if key in self.done or key in self.skipping:
            raise refusal("step_not_open")
        if not planned.step.skippable:
            raise refusal("step_cannot_be_skipped")

    def heard(self, message: Message) -> None:
        if message.what == "pause":
            self.pausing, self.paused_at = message, self.now()
        elif message.what == "resume":
            self.pausing = None
        elif message.what == "withdraw":
            self.leaving = message
        elif message.what == "skip":
            self.skipping[str(message.evidence["step"])] = message

    # ── the story ──────────────────────────────────────────────────────────────────────────────────────────────
    @workflow.run
    async def run(self, order: CaseOrder) -> StepResult:
        self.plan = await record(Casework.make_plan, order, "resolve the playbook")
        self.facts = dict(self.plan.facts)
        self._describe(CaseStatus.RUNNING.value)
        await self._send("welcome", "welcome", link="portal")
        while not self.ending and not self.leaving and self._unfinished():
            await self._start_ready_steps()
            await self._wait_for_news()
            await self._work_through_messages()
            await self._gather_results()
        return await self._finish()

    def _steps(self) -> list[PlannedStep]:
        return [p for p in self.plan.steps if p.state == "planned"] if self.plan else []

    def _unfinished(self) -> list[PlannedStep]:
        return [p for p in self._steps() if p.step.key not in self.done]

    def _ready(self) -> list[PlannedStep]:
        """Steps whose `after` is done; an excluded step is no obstacle."""
        planned = {p.step.key for p in self._steps()}
        return [
            p
            for p in self._unfinished()
            if p.step.key not in self.open and all(a in self.done or a not in planned for a in p.step.after)
        ]

    async def _start_ready_steps(self) -> None:
        while not self.pausing and (ready := self._ready()):
            await asyncio.gather(*(self._start(planned) for planned in ready))
            self._describe(CaseStatus.RUNNING.value)

    async def _start(self, planned: PlannedStep) -> None:
        step = planned.step
        if step.key in self.skipping:
            await self._note_skipped(step.key)
        elif not all(self.facts.get(fact) in accepted for fact, accepted in step.when.items()):
            await self._leave_out(step.key)
        elif step.kind is Kind.MONITORING:
            await self._watch(planned)
        else:
            self.open[step.key] = await self._start_child(planned)

    async def _start_child(self, planned: PlannedStep) -> Child:
        assert self.plan
        order = StepOrder(
            case=self.order.case,
            client=self.order.client,
            step=planned.step,
            owner=planned.owner,
            due=planned.due,
            clock=self.order.clock,
            facts=self.facts,
            anchors=self.done,
            paused=self.pausing,
        )
        child: Child = await workflow.start_child_workflow(
            KINDS[planned.step.kind].run,
            order,
            id=f"{workflow.info().workflow_id}/{planned.step.key}",
            static_summary=planned.step.title,
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(PLAYBOOK, self.plan.playbook),
                    SearchAttributePair(CURRENT_STEP, [planned.step.key]),
                    SearchAttributePair(WAITING_ON, [holder_at_first(planned.step).value]),
                    SearchAttributePair(OWNER, planned.owner),
                    SearchAttributePair(DUE_AT, planned.due.effective),
                ]
            ),
        )
        return child

    async def _watch(self, planned: PlannedStep) -> None:
        """Monitoring serves every case of its client and lives on, so it is started beside this case."""
        assert planned.step.watch
        place = {"case": self.order.case, "step": planned.step.key, "story": self.now()}
        order = Watching(**place, client=self.order.client, watch=planned.step.watch, clock=self.order.clock)
        await perform(Casework.start_monitoring, order, planned.step.title)
        self.done[planned.step.key] = self.now()

    async def _leave_out(self, key: str) -> None:
        await self._end_step(key, "condition_not_met", "aboard")

    async def _note_skipped(self, key: str) -> None:
        message = self.skipping[key]
        await self._end_step(key, str(message.evidence.get("reason")), message.actor)

    async def _end_step(self, key: str, reason: str, actor: str) -> None:
        end = StepEnd(case=self.order.case, step=key, story=self.now(), outcome="skipped", reason=reason, actor=actor)
        await record(Casework.finish, end, f"{key} is left out: {reason.replace('_', ' ')}")
        self.done[key] = self.now()

    async def _wait_for_news(self) -> None:
        """A message, or the end of a child. Each child's own ladder sees to it that one of them comes."""
        if self._unfinished():
            await workflow.wait_condition(
                lambda: bool(self.inbox) or any(child.done() for child in self.open.values()) or bool(self._startable())
            )

    def _startable(self) -> list[PlannedStep]:
        return [] if self.pausing else self._ready()

    async def _gather_results(self) -> None:
        for key, child in list(self.open.items()):
            if child.done():
                del self.open[key]
                try:
                    await self._take_result(key, await child)
                except ChildWorkflowError:
                    await self._broken(key)

    async def _take_result(self, key: str, result: StepResult) -> None:
        self.facts.update(result.facts)
        if key in self.skipping and result.outcome == "closed":
            await self._note_skipped(key)
        elif result.outcome in ("rejected", "lapsed"):
            self.ending = result
        elif result.outcome == "done":
            self.done[key] = self.now()
        # A step that was closed from outside is neither done nor skipped: it begins anew.
        if band := result.facts.get("band"):
            workflow.upsert_search_attributes([RISK_BAND.value_set(band)])

    async def _broken(self, key: str) -> None:
        """A step that failed or was ended by force does not end the case: management hears of it, and it is begun
        again after a while."""
        run = workflow.uuid4().hex[:8]
        place = {"case": self.order.case, "step": key, "story": self.now()}
        notice = Notice(**place, letter="staff_escalation", key=f"{key}:broken:{run}", to="role:admin")
        await perform(Notices.send, notice, f"mail: {key} is broken")
        await workflow.sleep(timetable.BEFORE_A_NEW_RUN, summary=f"before {key} begins again")

    # ── messages to the case as a whole ────────────────────────────────────────────────────────────────────────
    async def _work_through_messages(self) -> None:
        while self.inbox and not self.leaving:
            message = self.inbox.popleft()
            if message.what == "skip":
                await self._skip(str(message.evidence["step"]))
            elif message.what == "reassign":
                await self._note(message, owner=str(message.evidence["owner"]))
                workflow.upsert_search_attributes([OWNER.value_set(str(message.evidence["owner"]))])
            elif message.what == "pause":
                await self._pause(message)
            else:
                await self._resume(message)

    async def _skip(self, key: str) -> None:
        if child := self.open.get(key):
            child.cancel()

    async def _pause(self, message: Message) -> None:
        await self._hand_on("pause", message)
        await self._note(message, status=CaseStatus.PAUSED)
        self._tell_engineers(CaseStatus.PAUSED)

    async def _resume(self, message: Message) -> None:
        length = self.now() - self.paused_at if self.paused_at else timedelta(0)
        self.paused_at = None
        await self._note(message, status=CaseStatus.RUNNING, shift=length.total_seconds())
        await self._hand_on("resume", message)
        self._tell_engineers(CaseStatus.RUNNING)

    async def _hand_on(self, name: str, message: Message) -> None:
        """Gives every open child the signed message itself; a child that has closed meanwhile needs none."""
        for child in list(self.open.values()):
            try:
                await child.signal(name, message)
            except Exception as error:
                workflow.logger.info("a step had closed before it heard of it: %s", type(error).__name__)

    async def _note(self, message: Message, **what: Any) -> None:
        reason = message.evidence.get("reason")
        note = CaseNote(
            case=self.order.case,
            story=self.now(),
            what=message.what,
            actor=message.actor,
            reason=str(reason) if reason else None,
            key=message.id,
            **what,
        )
        await record(Casework.note, note, message.what)

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _finish(self) -> StepResult:
        result = self._outcome()
        if result.outcome != "done":
            await close(self.open)
            if result.undo:
                await undo_all(Place(case=self.order.case, step="onboarding", story=self.now()))
        status = self._status(result)
        self.closing = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        actor = self.leaving.actor if self.leaving else "aboard"
        end = CaseNote(
            case=self.order.case,
            story=self.now(),
            what=f"case_{status.value}",
            actor=actor,
            reason=result.reason,
            status=status,
            key=f"end:{workflow.info().workflow_id}",
        )
        await record(Casework.end, end, f"the case is {status.value}")
        await self._send("completed" if status is CaseStatus.COMPLETED else "ended_neutral", "end")
        self._tell_engineers(status)
        return result

    def _outcome(self) -> StepResult:
        if self.leaving:
            reason = str(self.leaving.evidence.get("reason") or "client_withdrew")
            return StepResult(outcome="closed", reason=reason)
        return self.ending or StepResult(outcome="done", facts=self.facts)

    def _status(self, result: StepResult) -> CaseStatus:
        return {
            "done": CaseStatus.COMPLETED,
            "closed": CaseStatus.WITHDRAWN,
            "rejected": CaseStatus.REJECTED,
            "lapsed": CaseStatus.LAPSED,
        }[result.outcome]

    async def _send(self, letter: str, key: str, link: Any = None) -> None:
        place = {"case": self.order.case, "step": "onboarding", "story": self.now()}
        try:
            notice = Notice(**place, letter=letter, key=f"onboarding:{key}", link=link)
            await perform(Notices.send, notice, f"mail: {letter}", timetable.VENDOR)
        except ActivityError:
            # The case goes on: the client is asked again by the first task, and the ledger shows what failed.
            workflow.logger.warning("a mail of the case could not be sent: %s", letter)

    # ── what an engineer sees ──────────────────────────────────────────────────────────────────────────────────
    def _tell_engineers(self, status: CaseStatus) -> None:
        assert self.plan
        workflow.upsert_search_attributes([CASE_STATUS.value_set(status.value)])
        self._describe(status.value)

    def _describe(self, status: str) -> None:
        assert self.plan
        lines = [f"| {p.step.title} | {self._state(p.step.key)} | {p.due.effective:%d %b %Y} |" for p in self._steps()]
        workflow.set_current_details(
            f"### {self.plan.playbook} v{self.plan.version}: **{status}**\n\n| step | state | due |\n|---|---|---|\n"
            + "\n".join(lines)
        )

    def _state(self, key: str) -> str:
        if key in self.done:
            return f"done {self.done[key]:%d %b}"
        return "**open**" if key in self.open else "to come"
