"""What a customer was promised who stays: kept before the case ends. Source: DOMAIN messages.4."""

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.offers import OfferActivities
    from models.case import CaseRequest, OpenedCase
    from models.payload import EffectRequest
    from models.vocabulary import OfferKind, Stage
    from workflows.retries import SHORT, TO_THE_END
    from workflows.retrieval import CaseRetrieval


class CasePromises(CaseRetrieval):
    """A person does what no system of ours can; a pause begins by itself, as a case of its own."""

    async def _keep_promise(self) -> None:
        """All has been taken back: the case waits until somebody says that what was promised is done."""
        if not self._is_for_people():
            return
        task = self._open_promise(self.state.promised or OfferKind.PERSON, blocking=True)
        await self._record()
        await self._ended(task, "the customer stays, and what we promised must be done")
        self._keep(promised=None)

    async def _begin_pause(self) -> None:
        """The pause that was accepted, with approvals of its own; the case that it ends has ended by now.

        Source: DOMAIN modes.1, stages.4.
        """
        if self.state.promised is not OfferKind.PAUSE:
            return
        opened = await self._opened_pause()
        if opened is None:
            return
        try:
            await workflow.start_child_workflow(
                "OffboardingWorkflow",
                opened,
                id=f"offboarding-{opened.case}",
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                search_attributes=_attributes(opened),
                static_summary=f"Pause of {opened.account}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the pause was started by an earlier run")

    async def _opened_pause(self) -> CaseRequest | None:
        """Its case; None where the customer has asked for something else since, or it can't be at all."""
        try:
            opened: OpenedCase = await workflow.execute_activity_method(
                OfferActivities.open_pause,
                self._ask(EffectRequest, "open_pause"),
                start_to_close_timeout=SHORT,
                retry_policy=TO_THE_END,
                summary="open the case of the pause",
            )
        except ActivityError as error:  # a case that has ended takes no task
            workflow.logger.error("the pause can't be opened: %s", error.cause)
            return None
        return opened.request


def _attributes(request: CaseRequest) -> TypedSearchAttributes:
    """Source: CONTRACTS, Temporal."""
    words = {
        "FarewellAccount": request.account,
        "FarewellStage": Stage.REQUESTED.value,
        "FarewellMode": request.mode.value,
        "FarewellManager": request.manager,
    }
    pairs = [SearchAttributePair(SearchAttributeKey.for_keyword(name), word) for name, word in words.items()]
    return TypedSearchAttributes(pairs)
