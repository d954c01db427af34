"""After the case: histories, certificate, seal. Source: DESIGN, Workflows; DOMAIN stages row 11."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from activities.evidence import EvidenceActivities
    from activities.messaging import MessagingActivities
    from models.case import StageRecord
    from models.effects import ClosingRequest, ClosingState, EvidenceRequest, MessageRequest
    from models.payload import EffectRequest
    from models.vocabulary import MailKind, Stage
    from workflows.follow_up import FollowUpWorkflow
    from workflows.retries import HEARTBEAT, LONG, OUTSIDE, SHORT, TO_THE_END
    from workflows.words import cause_of

AN_HOUR = timedelta(hours=1)
HEARTBEATING = frozenset({"await_end", "collect_histories", "seal_pack"})


@workflow.defn(name="ClosingWorkflow")
class ClosingWorkflow:
    """Proves the exit and seals the proof.

    Started by the case as its last act, abandoned by it; every step is retried to the end. Its key step (destroying
    the account's key) is empty until there is a key per account.
    """

    @workflow.init
    def __init__(self, request: ClosingRequest) -> None:
        """Nothing is done yet."""
        self._state = ClosingState(case=request.case, account=request.account, step="waits for the case to end")

    @workflow.run
    async def run(self, request: ClosingRequest) -> ClosingState:
        """Histories, certificate, seal, closed, and the mail that says so."""
        await self._do(EvidenceActivities.await_end, self._evidence(request, "await_end"))
        await self._do(CaseActivities.record_stage, self._stage(request))
        await self._do(EvidenceActivities.collect_histories, self._evidence(request, "collect_histories"))
        await self._do(EvidenceActivities.sign_certificate, self._evidence(request, "sign_certificate"))
        sealed = await self._do(EvidenceActivities.seal_pack, self._evidence(request, "seal_pack"))
        self._state = self._state.model_copy(update={"sealed": sealed.location})
        await self._do(EvidenceActivities.close_case, self._evidence(request, "close_case"))
        await self._mail_certificate(request)
        await self._release_contact(request)
        self._state = self._state.model_copy(update={"step": "closed"})
        return self._state

    async def _mail_certificate(self, request: ClosingRequest) -> None:
        """A mail that can't be delivered holds up nothing; the ledger says so, attempt by attempt."""
        try:
            await self._tried(MessagingActivities.send_message, self._certificate_mail(request), OUTSIDE)
        except ActivityError as error:
            workflow.logger.warning("the certificate's mail didn't go out: %s", cause_of(error)[0])

    async def _release_contact(self, request: ClosingRequest) -> None:
        """The follow-ups may forget the contact once they are done. Source: DOMAIN erasure.7."""
        follow_ups = workflow.get_external_workflow_handle_for(FollowUpWorkflow.run, f"follow-up-{request.case}")
        try:
            await follow_ups.signal(FollowUpWorkflow.release)
        except ApplicationError as gone:
            workflow.logger.info("the follow-ups have ended already: %s", gone.type)

    @workflow.query(name="closing")
    def closing(self) -> ClosingState:
        """How far it is."""
        return self._state

    def _evidence(self, request: ClosingRequest, step: str) -> EvidenceRequest:
        return EvidenceRequest(
            case=request.case,
            account=request.account,
            stage=Stage.CERTIFY,
            step=step,
            plan_hash=request.plan_hash,
            opened_at=request.opened_at,
            workflows=request.workflows,
        )

    def _stage(self, request: ClosingRequest) -> StageRecord:
        about = {"case": request.case, "account": request.account, "step": "enter_certify"}
        return StageRecord(**about, stage=Stage.CERTIFY, mode=request.mode)

    def _certificate_mail(self, request: ClosingRequest) -> MessageRequest:
        about = {"case": request.case, "account": request.account, "step": "send_message"}
        return MessageRequest(**about, stage=Stage.CERTIFY, subject="certificate", kind=MailKind.CERTIFICATE)

    async def _do(self, method: Callable[..., Any], request: EffectRequest) -> Any:
        """Does a step, to the end: what can't be done now is told on the server's page and tried again each hour."""
        while True:
            self._tell(request.step.replace("_", " "))
            try:
                return await self._tried(method, request)
            except ActivityError as error:
                cause, fix = cause_of(error)
                self._tell(f"{request.step.replace('_', ' ')} failed: {cause}; {fix}; tried again each hour")
                await workflow.sleep(AN_HOUR)

    async def _tried(
        self, method: Callable[..., Any], request: EffectRequest, retries: RetryPolicy = TO_THE_END
    ) -> Any:
        long = request.step in HEARTBEATING
        return await workflow.execute_activity_method(
            method,
            request,
            start_to_close_timeout=LONG if long else SHORT,
            heartbeat_timeout=HEARTBEAT if long else None,
            retry_policy=retries,
            summary=request.step.replace("_", " "),
        )

    def _tell(self, step: str) -> None:
        self._state = self._state.model_copy(update={"step": step})
        workflow.set_current_details(f"**{self._state.account}** is being certified: {step}.")
