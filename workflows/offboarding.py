"""The case: one account leaves, from request to erasure. Source: DESIGN, Workflows; DOMAIN stages."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from activities.billing import BillingActivities
    from activities.cases import CaseActivities
    from activities.contract import ContractActivities
    from activities.erasure import ErasureActivities
    from activities.planning import PlanningActivities
    from models.case import Agreed, CaseRequest, CaseState, Decision, PackageRef, PlanRequest, WaitingFor
    from models.effects import (
        AtRequest,
        ClosingRequest,
        ExportRequest,
        FollowUpRequest,
        PurgeRequest,
        RecountRequest,
    )
    from models.payload import EffectRequest
    from models.vocabulary import Gate, MailKind, Role, Stage, TaskKind, WaitKind
    from rules.gates import approved
    from workflows.closing import ClosingWorkflow
    from workflows.export import ExportWorkflow
    from workflows.follow_up import FollowUpWorkflow
    from workflows.retries import LONG_GATE, LONG_STEP, PURGE, RECORD
    from workflows.steps import STAGE, Undone
    from workflows.undoing import CaseUndoing

AT_ONCE = timedelta(seconds=5)


@workflow.defn(name="OffboardingWorkflow")
class OffboardingWorkflow(CaseUndoing):
    """Takes one account out, and can go back until the pivot.

    Started by `farewell start` as `offboarding-<account>-<n>`; lives for weeks or months; people steer it by updates
    (`workflows.decisions`). It ends by handing over to `ClosingWorkflow`, or withdrawn, reinstated or refused.
    """

    @workflow.init
    def __init__(self, request: CaseRequest) -> None:
        """A new case, or what an earlier run of it carried over."""
        new = CaseState(
            case=request.case,
            account=request.account,
            mode=request.mode,
            opened_at=workflow.now(),
            requested_by=request.requested_by,
        )
        super().__init__(request, request.carried or new)

    @workflow.run
    async def run(self, _request: CaseRequest) -> CaseState:
        """The whole exit, as its stages read."""
        self._watch_parked_mails()
        try:
            for stage in self._stages():
                await stage()
        except Undone:
            await self._undo()
        await self._mails_out()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.state

    @workflow.query(name="case")
    def case(self) -> CaseState:
        """Where the case stands."""
        return self.state

    def _stages(self) -> list[Callable[[], Awaitable[None]]]:
        """What is still to come, from the stage that an earlier run had reached."""
        order = {
            Stage.REQUESTED: self._make_plan,
            Stage.APPROVAL: self._await_approval,
            Stage.NOTICE: self._serve_notice,
            Stage.TRANSITION: self._stand_in_transition,
            Stage.FREEZE: self._freeze,
            Stage.EXPORT: self._export,
            Stage.DEPROVISION: self._deprovision,
            Stage.TERMINATE: self._terminate,
            Stage.SETTLE: self._settle_and_hand_over,
            Stage.ERASE: self._erase,
        }
        reached = Stage.SETTLE if self.state.stage is Stage.RETRIEVAL else self.state.stage
        names = list(order)
        return [order[name] for name in names[names.index(reached) :]]

    # -- request, plan, approval

    async def _make_plan(self) -> None:
        """The acknowledgement waits for the plan's dates, but no more than seconds. Source: DOMAIN messages.1."""
        actor = self._request.requested_by
        about = {"reason": self._request.reason, "mode": self._request.mode}
        asked = self._ask(Decision, "decide_request", actor=actor, action="request", details=about)
        await self._do(CaseActivities.record_decision, asked, RECORD)
        await self._enter(Stage.REQUESTED)
        self._keep(generation=1)
        wish = {"mode": self._request.mode, "effective_on": self._request.effective_on}
        request = self._ask(PlanRequest, "make_plan", actor=actor, **wish)
        planning = asyncio.create_task(self._do(PlanningActivities.make_plan, request, LONG_GATE))
        await workflow.wait([planning], timeout=AT_ONCE.total_seconds())
        self._mail(MailKind.ACKNOWLEDGEMENT)
        self._keep(proposed=(await planning).agreed)

    async def _await_approval(self) -> None:
        """An approval that nobody gives expires to refused, never to approved."""
        while True:
            proposed = self.state.proposed
            if proposed is None:
                raise self._refused()
            why = f"the plan {proposed.hash[:15]}… needs {proposed.approvals_required[Gate.PLAN]} approval(s)"
            until = proposed.approval_until
            await self._enter(
                Stage.APPROVAL, WaitingFor(kind=WaitKind.APPROVAL, who=Role.APPROVER, until=until, why=why)
            )
            if not await self._wait(self._plan_decided(proposed), until):
                raise self._refused()
            if self._plan_approved():
                return self._agree()

    def _refused(self) -> Undone:
        self._keep(undo="refuse")
        return Undone()

    def _plan_decided(self, was: Agreed) -> Callable[[], bool]:
        return lambda: self._plan_approved() or self.state.proposed != was

    def _plan_moved(self, was: Agreed | None) -> Callable[[], bool]:
        return lambda: self._plan_approved() or self.state.agreed != was

    def _plan_approved(self) -> bool:
        proposed = self.state.proposed
        required = proposed.approvals_required[Gate.PLAN] if proposed else 0
        return proposed is not None and approved(Gate.PLAN, proposed.hash, self.state.approvals, required)

    def _agree(self) -> None:
        """The plan in force from now on; the erasure gate is bound to it, so older yeses there are void."""
        self._keep(agreed=self.state.proposed, proposed=None)

    # -- notice and transition

    async def _serve_notice(self) -> None:
        moved = True
        while moved:
            why = "the notice period, in which all can still be withdrawn"
            moved = await self._until(Stage.NOTICE, "notice_end", why)

    async def _stand_in_transition(self) -> None:
        while self._dates()["transition_end"] > workflow.now():
            if self._dates()["notice_end"] > workflow.now():  # of a new plan
                await self._serve_notice()
            else:
                why = "the transition: contract, service and charges go on"
                await self._until(Stage.TRANSITION, "transition_end", why)

    async def _until(self, stage: Stage, name: str, why: str) -> bool:
        """Stands in a stage until a date of the plan in force; answers whether that plan has changed meanwhile."""
        agreed, until = self.state.agreed, self._dates()[name]
        await self._continue_if_long()
        await self._enter(stage, WaitingFor(kind=WaitKind.DATE, who="the calendar", until=until, why=why))
        await self._announce()
        moved = await self._wait(self._plan_moved(agreed), until)
        if self._plan_approved():
            self._agree()
        return moved

    async def _announce(self) -> None:
        """Tells customer, contract and billing when it ends: once for each plan in force."""
        agreed = self._agreed()
        generation = agreed.generation
        self._mail(MailKind.PLAN, generation)
        about = {"at": agreed.dates["effective_date"], "generation": generation}
        notice = self._ask(AtRequest, "serve_notice", **about)
        if notice.idempotency_key in self.state.done:
            return
        await self._do_undoable(ContractActivities.serve_notice, notice)
        await self._do_undoable(BillingActivities.stop_renewal, self._ask(AtRequest, "stop_renewal", **about))
        self._mail(MailKind.NOTICE, generation)

    # -- freeze, export, access, contract

    async def _freeze(self) -> None:
        self._keep(proposed=None)
        await self._enter(Stage.FREEZE)
        dates = self._dates()
        freeze = self._ask(AtRequest, "freeze_account", at=dates["effective_date"])
        await self._do_undoable(ContractActivities.freeze_account, freeze)
        charges = self._ask(AtRequest, "freeze_charges", at=dates["billing_end"])
        await self._do_undoable(BillingActivities.freeze_charges, charges)

    async def _export(self) -> None:
        """No proof, no erasure: a package that can't be made and verified parks the case. Source: DOMAIN stages.2."""
        await self._enter(Stage.EXPORT)
        package: PackageRef | None = None
        self._begin(self._ask(EffectRequest, "export_package").idempotency_key)
        while package is None:
            try:
                package = await self._export_once(generation=1)
            except ChildWorkflowError as error:
                await self._park("export_package", error, LONG_GATE)
        days_late = (package.verified_at - self._dates()["effective_date"]) // timedelta(days=1)
        later = timedelta(days=max(0, days_late))
        self._keep(package=package, retrieval_end=self._dates()["retrieval_end"] + later)
        self._mail(MailKind.EXPORT_READY)

    async def _export_once(self, *, generation: int) -> PackageRef:
        return await workflow.execute_child_workflow(
            ExportWorkflow.run,
            ExportRequest(
                case=self.state.case, account=self.state.account, generation=generation, plan_hash=self._agreed().hash
            ),
            id=f"export-{self.state.case}-{generation}",
            task_queue="export",
            static_summary=f"export of {self.state.account}",
        )

    async def _deprovision(self) -> None:
        await self._enter(Stage.DEPROVISION)
        for method in (
            AccessActivities.disconnect_feed,
            AccessActivities.deactivate_users,
            AccessActivities.gate_credentials,
        ):
            await self._do_undoable(method, self._ask(EffectRequest, method.__name__), LONG_STEP)

    async def _terminate(self) -> None:
        await self._enter(Stage.TERMINATE)
        end = self._ask(AtRequest, "terminate_contract", at=self._dates()["effective_date"])
        await self._do_undoable(ContractActivities.terminate_contract, end)
        self._mail(MailKind.GOODBYE)
        try:
            await workflow.start_child_workflow(
                FollowUpWorkflow.run,
                FollowUpRequest(case=self.state.case, account=self.state.account),
                id=f"follow-up-{self.state.case}",
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary="the follow-ups, spaced over months",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the follow-ups were started by an earlier run")
        # The window lasts for weeks: it begins on a short history, with no open child of this run's.
        self._keep(stage=Stage.SETTLE)
        await self._continue()

    # -- the pivot

    async def _erase(self) -> None:
        """From here nothing is undone: everything of the plan, in order, then counted again. Source: DOMAIN erasure."""
        await self._enter(Stage.ERASE)
        plan_hash = self._agreed().hash
        while left := await self._purge(plan_hash):
            await self._find(left)
        await workflow.start_child_workflow(
            ClosingWorkflow.run,
            ClosingRequest(
                case=self.state.case,
                account=self.state.account,
                mode=self.state.mode,
                plan_hash=plan_hash,
                opened_at=self.state.opened_at,
                workflows=(workflow.info().workflow_id, f"export-{self.state.case}-1"),
            ),
            id=f"closing-{self.state.case}",
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary="histories, certificate, seal",
        )
        self._keep(stage=Stage.CERTIFY, waiting_for=None)
        workflow.upsert_search_attributes([STAGE.value_set(Stage.CERTIFY)])

    async def _purge(self, plan_hash: str) -> tuple[str, ...]:
        """Erases everything and counts it again; what was found all the same. Source: DOMAIN erasure.4.

        A second time everything too: who ended the finding's task has left a note.
        """
        for name in self._agreed().data_sets:
            request = self._ask(PurgeRequest, "purge", subject=name, plan_hash=plan_hash)
            await self._do(ErasureActivities.purge, request, PURGE)
        recount = self._ask(RecountRequest, "recount", plan_hash=plan_hash)
        counted = await self._do(ErasureActivities.recount, recount, PURGE)
        return tuple(counted.left)

    async def _find(self, left: tuple[str, ...]) -> None:
        """Somebody still writes what is being erased: nothing is certified until a count finds nothing."""
        cause = f"after the purge there is still something in {', '.join(left)}"
        fix = "find what writes there and stop it, then: farewell resolve TASK --outcome done"
        task = self._open_task(TaskKind.FINDING, "recount", Role.ENGINEER, cause, fix, gate=True)
        await self._ended(task, cause)
