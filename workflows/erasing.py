"""The pivot: everything goes, and is counted again. Source: DOMAIN erasure, stages rows 9 and 10."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.erasure import ErasureActivities
    from models.closing import ClosingRequest
    from models.effects import PurgeRequest, RecountRequest
    from models.plan import made_by_us
    from models.vocabulary import Role, Stage, TaskKind
    from workflows.closing import ClosingWorkflow
    from workflows.deprovisioning import CaseDeprovisioning
    from workflows.retries import PURGE
    from workflows.words import kind_of

PURGES: dict[str, Callable[..., Any]] = {
    "count_retained": ErasureActivities.count_retained,
    "purge": ErasureActivities.purge,
    "purge_own": ErasureActivities.purge_own,
}


class CaseErasing(CaseDeprovisioning):
    """From here nothing is undone; the closing proves it."""

    async def _erase(self) -> None:
        """Everything of the plan, in order, then counted again; then the closing begins."""
        await self._enter(Stage.ERASE)
        plan_hash = self._agreed().hash
        while left := await self._purge(plan_hash):
            await self._find(left)
        await self._begin_closing(plan_hash)
        self._keep(stage=Stage.CERTIFY, waiting_for=None)
        self._show()

    async def _begin_closing(self, plan_hash: str) -> None:
        """Once a case: whoever resets a case to an earlier event finds its closing there."""
        try:
            await workflow.start_child_workflow(
                ClosingWorkflow.run,
                self._closing(plan_hash),
                id=f"closing-{self.state.case}",
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the closing was started before")

    def _closing(self, plan_hash: str) -> ClosingRequest:
        return ClosingRequest(
            case=self.state.case,
            account=self.state.account,
            mode=self.state.mode,
            plan_hash=plan_hash,
            opened_at=self.state.opened_at,
            workflows=(workflow.info().workflow_id, f"export-{self.state.case}-1"),
            billing_end=self._dates()["billing_end"],
            mail_from=self._agreed().openings.get("erasure"),
        )

    async def _purge(self, plan_hash: str) -> tuple[str, ...]:
        """Erases everything and counts it again; what was found all the same. Source: DOMAIN erasure.4.

        A second time everything too: who ended the finding's task has left a note. What a hold freezes waits for its
        release, and the rest goes on meanwhile. Source: DOMAIN erasure.3.
        """
        asked = self._portions(plan_hash)
        frozen = {request: error for request in asked if (error := await self._purge_or_frozen(request))}
        if frozen:
            await self._park("purge", next(iter(frozen.values())), PURGE)
        for request in frozen:
            await self._do(PURGES[request.step], request, PURGE)
        recount = self._ask(RecountRequest, "recount", plan_hash=plan_hash)
        counted = await self._do(ErasureActivities.recount, recount, PURGE)
        return tuple(counted.left)

    def _portions(self, plan_hash: str) -> list[PurgeRequest]:
        """Each data set by itself, in the order of the plan; what we made ourselves, which is little, in one.

        What is kept is counted before them in one step, while all that leads to it stands.
        """
        names, kept = self._agreed().data_sets, set(self._agreed().retained)
        going = [name for name in names if name not in kept and not made_by_us(name)]
        counted = [self._portion("count_retained", plan_hash)] if kept else []
        ours = [self._portion("purge_own", plan_hash)] if any(made_by_us(name) for name in names) else []
        return [*counted, *(self._portion("purge", plan_hash, name) for name in going), *ours]

    def _portion(self, step: str, plan_hash: str, subject: str = "-") -> PurgeRequest:
        return self._ask(PurgeRequest, step, subject=subject, plan_hash=plan_hash)

    async def _purge_or_frozen(self, request: PurgeRequest) -> ActivityError | None:
        """Erases one portion; or how the purge said that a hold freezes it, so that others can go on meanwhile."""
        try:
            await self._attempt(PURGES[request.step], request, PURGE)
        except ActivityError as error:
            if kind_of(error) is TaskKind.HOLD_REVIEW:
                return error
            await self._park(request.step, error, PURGE)
            await self._do(PURGES[request.step], request, PURGE)
        return None

    async def _find(self, left: tuple[str, ...]) -> None:
        """Somebody still writes what is being erased: nothing is certified until a count finds nothing."""
        cause = f"after the purge there is still something in {', '.join(left)}"
        fix = "find what writes there and stop it, then: farewell resolve ACCOUNT TASK --outcome done"
        task = self._open_task(TaskKind.FINDING, "recount", Role.ENGINEER, cause, fix, gate=True)
        await self._ended(task, cause)
