"""The case: one account leaves, from request to erasure. Source: DESIGN, Workflows; DOMAIN stages."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.billing import BillingActivities
    from activities.cases import CaseActivities
    from activities.contract import ContractActivities
    from activities.planning import PlanningActivities
    from models.case import CaseRequest, CaseState, Decision, PlanRequest
    from models.follow_ups import FollowUpRequest
    from models.vocabulary import MailKind, Mode, Stage
    from rules.manner import FOR_CAUSE, manner
    from workflows.follow_up import FollowUpWorkflow
    from workflows.retries import LONG_GATE, RECORD
    from workflows.stakeholders import CaseStakeholders
    from workflows.steps import Undone

Step = Callable[[], Awaitable[None]]
AT_ONCE = timedelta(seconds=5)


@workflow.defn(name="OffboardingWorkflow")
class OffboardingWorkflow(CaseStakeholders):
    """Takes one account out, or lets it rest, and can go back until the pivot.

    Started by `farewell start` as `offboarding-<account>-<n>`; lives for weeks or months; people steer it by updates
    (`workflows.decisions`). It ends by handing over to `ClosingWorkflow`, or withdrawn, reinstated,
    resumed or refused.
    """

    @workflow.init
    def __init__(self, request: CaseRequest) -> None:
        """A new case, or what an earlier run of it carried over."""
        new = CaseState(
            case=request.case,
            account=request.account,
            mode=request.mode,
            cause=request.cause,
            opened_at=workflow.now(),
            requested_by=request.requested_by,
        )
        super().__init__(request, request.carried or new)

    @workflow.run
    async def run(self, _request: CaseRequest) -> CaseState:
        """The whole exit, as its stages read."""
        self._watch_parked_mails()
        self._watch_unconfirmed_holds()
        self._attend_teams()
        try:
            await self._walk()
        except Undone:
            self._drop_delayed_mails()
            await self._undo()
        await self._mails_out()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.state

    @workflow.query(name="case")
    def case(self) -> CaseState:
        """Where the case stands."""
        return self.state

    async def _walk(self) -> None:
        """Stage by stage, from where an earlier run stood. A plan of another mode goes on in that one's order."""
        stage: Stage | None = Stage.SETTLE if self.state.stage is Stage.RETRIEVAL else self.state.stage
        while stage is not None:
            self._keep(stage=stage)
            await self._orders()[self.state.mode][stage]()
            stage = self._following()

    def _orders(self) -> dict[Mode, dict[Stage, Step]]:
        """The stages of each mode, in their order, and what is done in each. Source: CONTRACTS, Stages; DOMAIN modes.

        An eject cuts off first and asks nobody's patience; a pause keeps everything, so it ends by going back.
        """
        begin = {Stage.REQUESTED: self._make_plan, Stage.APPROVAL: self._await_approval}
        end = {Stage.TERMINATE: self._terminate, Stage.SETTLE: self._settle_and_hand_over, Stage.ERASE: self._erase}
        return {
            Mode.PAUSE: {
                **begin,
                Stage.NOTICE: self._await_pause,
                Stage.FREEZE: self._suspend,
                Stage.PAUSED: self._stay_paused,
            },
            Mode.STOP: {
                **begin,
                Stage.NOTICE: self._serve_notice,
                Stage.TRANSITION: self._stand_in_transition,
                Stage.FREEZE: self._freeze,
                Stage.EXPORT: self._export,
                Stage.DEPROVISION: self._deprovision,
                **end,
            },
            Mode.EJECT: {
                **begin,
                Stage.FREEZE: self._cut_off,
                Stage.DEPROVISION: self._deprovision,
                Stage.EXPORT: self._export,
                **end,
            },
        }

    def _following(self) -> Stage | None:
        """The stage after the one that the case stands in, or None after the last."""
        order = list(self._orders()[self.state.mode])
        stood = Stage.SETTLE if self.state.stage is Stage.RETRIEVAL else self.state.stage
        return next(iter(order[order.index(stood) + 1 :]), None) if stood in order else None

    # -- request, plan, approval

    async def _make_plan(self) -> None:
        """The acknowledgement waits for the plan's dates, but no more than seconds. Source: DOMAIN messages.1."""
        actor = self._request.requested_by
        about = self._request.model_dump(mode="json", include={"reason", "mode", "cause"}, exclude_none=True)
        asked = self._ask(Decision, "decide_request", actor=actor, action="request", details=about)
        await self._do(CaseActivities.record_decision, asked, RECORD)
        self._keep(generation=1)
        wished = self._request.model_dump(include={"mode", "cause", "effective_on", "resume_on"})
        request = self._ask(PlanRequest, "make_plan", actor=actor, **wished)
        planning = asyncio.create_task(self._do(PlanningActivities.make_plan, request, LONG_GATE))
        await workflow.wait([planning], timeout=AT_ONCE.total_seconds())
        if manner(self._request.mode, self._request.cause) != FOR_CAUSE:
            self._mail(MailKind.ACKNOWLEDGEMENT)
        self._keep(proposed=(await planning).agreed, proposed_by=actor)

    # -- notice and transition

    async def _serve_notice(self) -> None:
        why = "the notice period, in which all can still be withdrawn"
        await self._stand(Stage.NOTICE, "notice_end", why, self._announce)

    async def _stand_in_transition(self) -> None:
        """It may be of no length."""
        if self._dates()["transition_end"] > workflow.now():
            why = "the transition: contract, service and charges go on"
            await self._stand(Stage.TRANSITION, "transition_end", why)

    async def _announce(self) -> None:
        """Tells customer, contract and billing when it ends: once for each plan in force. Then the probe is planted."""
        generation = self._agreed().generation
        self._mail(MailKind.PLAN, generation)
        if f"{MailKind.NOTICE}.{generation}" not in self.state.sent:
            await self._at(ContractActivities.serve_notice, "effective_date", generation)
            await self._at(BillingActivities.stop_renewal, "effective_date", generation)
            self._mail(MailKind.NOTICE, generation)
        await self._plant_probe()

    # -- freeze, contract

    async def _freeze(self) -> None:
        await self._close_account()
        await self._at(BillingActivities.freeze_charges, "billing_end")

    async def _cut_off(self) -> None:
        """Without notice: this is the first that the customer may hear of it. Source: DOMAIN modes.3, messages.5."""
        await self._close_account()
        generation = self._agreed().generation
        self._mail(MailKind.PLAN, generation)
        await self._at(BillingActivities.stop_renewal, "billing_end", generation)
        await self._at(BillingActivities.freeze_charges, "billing_end")
        await self._plant_probe()

    async def _terminate(self) -> None:
        await self._enter(Stage.TERMINATE, brief=True)
        await self._at(ContractActivities.terminate_contract, "effective_date")
        await self._open_statement()
        self._heed_undo()
        self._mail(MailKind.GOODBYE)
        try:
            await workflow.start_child_workflow(
                FollowUpWorkflow.run,
                FollowUpRequest(case=self.state.case, account=self.state.account),
                id=f"follow-up-{self.state.case}",
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the follow-ups were started by an earlier run")
        # The window lasts for weeks: it begins on a short history, with no open child of this run's.
        self._keep(stage=Stage.SETTLE)
        await self._continue()
