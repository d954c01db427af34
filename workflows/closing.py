"""After the case: histories, key, certificate, seal, and what is watched after it. Source: DESIGN, Workflows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from activities.evidence import EvidenceActivities
    from activities.keys import KeyActivities
    from activities.messaging import MessagingActivities
    from models.case import StageRecord
    from models.closing import ClosingRequest, ClosingState, EvidenceRequest
    from models.effects import MessageRequest, MessageResult
    from models.payload import EffectRequest
    from models.vocabulary import MailKind
    from workflows.closing_steps import next_try
    from workflows.follow_up import FollowUpWorkflow
    from workflows.retries import OUTSIDE
    from workflows.watching import Watching
    from workflows.words import cause_of

_MAIL_TRIES = 8
"""Over three days: the mail server may be down for as long."""
_NOT_OUT = "the customer was not sent the certificate, which farewell audit fetch ACCOUNT has"
_TO_CALL = "the customer has a phone number only: say it by farewell message script ACCOUNT certificate"


@workflow.defn(name="ClosingWorkflow")
class ClosingWorkflow(Watching):
    """Proves the exit and seals the proof; then watches for years, and seals beside it what comes of that.

    Started by the case as its last act, abandoned by it, under a key of its own. Every step is retried to the end. Once
    the state says `certified`, all is done that anybody waits for; the workflow ends with the last watch. Nobody sends
    it anything but the signal `processor_confirmed`, when a person has recorded a sub-processor's word.
    """

    @workflow.init
    def __init__(self, request: ClosingRequest) -> None:
        """Nothing is done yet, or what an earlier run carried over."""
        new = ClosingState(case=request.case, account=request.account, step="waits for the case to end")
        super().__init__(request, request.carried or new)

    @workflow.run
    async def run(self, _request: ClosingRequest) -> ClosingState:
        """Histories before the key, the key before the certificate, which says that it is gone. Then the watches."""
        await self._once(CaseActivities.record_stage, self._ask(StageRecord, "enter_certify", mode=self._request.mode))
        await self._prove(EvidenceActivities.collect_histories)
        await self._prove(KeyActivities.destroy_account_key)
        await self._prove(EvidenceActivities.sign_certificate)
        if sealed := await self._prove(EvidenceActivities.seal_pack):
            self._keep(sealed=sealed.location)
        await self._prove(EvidenceActivities.close_case)
        if not self._state.certified:
            self._keep(mail_at=await self._told_or_when())
            self._keep(certified=True)
        if plan := await self._prove(EvidenceActivities.plan_watches):
            self._begin_to_watch(plan)
        await self._tell_in_the_morning()
        await self._watch()
        await self._once(KeyActivities.release_key, self._ask(EffectRequest, "release_key"))
        self._tell("closed")
        return self._state

    @workflow.query(name="closing")
    def closing(self) -> ClosingState:
        """How far it is, and what is still watched."""
        return self._state

    async def _prove(self, method: Callable[..., Any]) -> Any:
        """A step on the evidence, once."""
        return await self._once(method, self._ask_evidence(EvidenceRequest, method.__name__))

    async def _told_or_when(self) -> datetime | None:
        """Writes to the customer that all is gone, and lets go of the contact; or from when on that may be written.

        A mail that can't be delivered holds up no proof; the ledger says so, attempt by attempt.
        """
        if self._request.mail_from is not None and self._request.mail_from > workflow.now():
            return self._request.mail_from
        mail = self._ask(MessageRequest, "send_message", subject="certificate", kind=MailKind.CERTIFICATE)
        try:
            result: MessageResult = await self._tried(MessagingActivities.send_message, mail, OUTSIDE)
        except ActivityError as error:
            tries = self._state.mail_tries + 1
            self._keep(mail_tries=tries)
            if error.retry_state is RetryState.MAXIMUM_ATTEMPTS_REACHED and tries < _MAIL_TRIES:
                return next_try(tries - 1)
            self._keep(findings=(*self._state.findings, f"{_NOT_OUT}: {cause_of(error)[0]}"))
        else:
            if result.not_before is not None:
                return result.not_before
            if result.state == "to_call":
                self._keep(findings=(*self._state.findings, _TO_CALL))
        await self._release_contact()
        return None

    async def _tell_in_the_morning(self) -> None:
        """The proof is done, and nobody is woken for it; what is watched next comes days later. ADR 0027."""
        while self._state.mail_at is not None:
            self._tell("the certificate's mail waits for an hour at which it may arrive, or for the mail server")
            await self._rest(self._state.mail_at)
            self._keep(mail_at=await self._told_or_when())

    async def _release_contact(self) -> None:
        """The follow-ups may forget the contact once they are done. Source: DOMAIN erasure.7."""
        follow_ups = workflow.get_external_workflow_handle_for(FollowUpWorkflow.run, f"follow-up-{self._state.case}")
        try:
            await follow_ups.signal(FollowUpWorkflow.release)
        except ApplicationError as gone:
            workflow.logger.info("the follow-ups have ended already: %s", gone.type)
